// The settler's statements. All of them run in one transaction: rows first, and only what was really inserted feeds the
// sums, so that settling the same journal twice changes nothing.
import type { Queryable, Transaction } from '../../platform/database/database.ts'
import { totalInputTokens, totalTokens } from '../../core/protocols/usage.ts'
import type { FinalEntry } from '../../core/journal/entry.ts'
import type { Rollup, SettledRow, Totals } from './rollup.ts'

type Column = [name: string, type: string, value: (row: SettledRow) => unknown]

// PostgreSQL's text has no NUL. Providers choose some of these words, and none of them may stop the settler.
const text = (name: string, value: (entry: FinalEntry) => string | undefined): Column => [
  name,
  'text',
  ({ entry }) => value(entry)?.replaceAll('\0', '') ?? null,
]
const uuid = (name: string, value: (entry: FinalEntry) => unknown): Column => [
  name,
  'uuid',
  ({ entry }) => value(entry) ?? null,
]
const int8 = (name: string, value: (entry: FinalEntry) => unknown): Column => [
  name,
  'int8',
  ({ entry }) => value(entry) ?? null,
]
const flag = (name: string, value: (entry: FinalEntry) => boolean): Column => [
  name,
  'bool',
  ({ entry }) => value(entry),
]

/** One array parameter for each column: a batch is one statement, whatever its size. */
const usageColumns: Column[] = [
  ['request_id', 'uuid', (row) => row.requestId],
  ['attempt', 'int2', (row) => row.attempt],
  ['request_time', 'timestamptz', (row) => new Date(row.entry.time).toISOString()],
  flag('is_final', (entry) => entry.isFinal),
  uuid('enterprise_id', (entry) => entry.enterpriseId),
  uuid('department_id', (entry) => entry.departmentId),
  uuid('group_id', (entry) => entry.groupId),
  uuid('user_id', (entry) => entry.userId),
  uuid('account_id', (entry) => entry.accountId),
  uuid('key_id', (entry) => entry.keyId),
  text('service_type', (entry) => entry.serviceType),
  text('model_requested', (entry) => entry.modelRequested),
  text('model_used', (entry) => entry.modelUsed),
  text('request_type', (entry) => entry.requestType),
  int8('request_tokens', (entry) => totalInputTokens(entry.usage)),
  int8('response_tokens', (entry) => entry.usage.outputTokens),
  int8('total_tokens', (entry) => totalTokens(entry.usage)),
  int8('input_tokens', (entry) => entry.usage.inputTokens),
  int8('cache_read_tokens', (entry) => entry.usage.cacheReadTokens),
  int8('cache_write_5m_tokens', (entry) => entry.usage.cacheWrite5mTokens),
  int8('cache_write_1h_tokens', (entry) => entry.usage.cacheWrite1hTokens),
  int8('output_tokens', (entry) => entry.usage.outputTokens),
  int8('reasoning_tokens', (entry) => entry.usage.reasoningTokens),
  int8('audio_input_tokens', (entry) => entry.usage.audioInputTokens),
  int8('audio_output_tokens', (entry) => entry.usage.audioOutputTokens),
  // Nano-USD here; the statement turns it into exact decimal USD.
  int8('cost', (entry) => entry.cost),
  text('price_version', (entry) => entry.priceVersion),
  flag('is_unpriced', (entry) => entry.isUnpriced),
  text('usage_source', (entry) => entry.usageSource),
  ['raw_usage', 'text', ({ entry }) => storableJson(entry.rawUsage)],
  int8('response_time', (entry) => entry.responseTimeMs),
  int8('first_token_ms', (entry) => entry.firstTokenMs),
  text('status', (entry) => entry.status),
  text('error_code', (entry) => entry.errorCode),
  text('upstream_request_id', (entry) => entry.upstreamRequestId),
  ['metadata', 'text', ({ entry: { clientRequestId } }) => storableJson(clientRequestId && { clientRequestId })],
]

/** Escapes that JSON allows and jsonb refuses: NUL, and halves of surrogate pairs (JSON.stringify escapes only those). */
const unstorableEscape = /\\u(?:0000|d[89a-f][0-9a-f]{2})/i

function storableJson(value: unknown): string | null {
  if (value === undefined || value === '') return null
  const json = JSON.stringify(value)
  return unstorableEscape.test(json) ? null : json
}

const usdOf = (nano: string) => `(${nano}::numeric / 1000000000)::numeric(24, 9)`
const casts: Record<string, string> = {
  cost: usdOf('cost'),
  raw_usage: 'raw_usage::jsonb',
  metadata: 'metadata::jsonb',
}

const insertUsage = `
  INSERT INTO usage_stats (${usageColumns.map(([name]) => name).join(', ')})
  SELECT ${usageColumns.map(([name]) => casts[name] ?? name).join(', ')}
  FROM unnest(${usageColumns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')})
    AS incoming (${usageColumns.map(([name]) => name).join(', ')})
  ON CONFLICT (request_time, request_id, attempt) DO NOTHING
  RETURNING request_id, attempt`

/** Inserts rows and returns those that were not there before. */
export async function insertUsageRows(transaction: Transaction, rows: readonly SettledRow[]): Promise<SettledRow[]> {
  const parameters = usageColumns.map(([, , value]) => rows.map(value))
  const { rows: inserted } = await transaction.query<{ request_id: string; attempt: number }>(insertUsage, parameters)
  if (inserted.length === rows.length) return [...rows]
  const fresh = new Set(inserted.map((row) => `${row.request_id}-${row.attempt}`))
  return rows.filter((row) => fresh.has(`${row.requestId}-${row.attempt}`))
}

const nobody = '00000000-0000-0000-0000-000000000000'
const rollupKeys: [string, string, (rollup: Rollup) => unknown][] = [
  ['slot_start', 'timestamptz', (rollup) => new Date(rollup.slotStartMs).toISOString()],
  ['enterprise_id', 'uuid', ({ entry }) => entry.enterpriseId],
  ['group_id', 'uuid', ({ entry }) => entry.groupId],
  ['account_id', 'uuid', ({ entry }) => entry.accountId],
  ['user_id', 'uuid', ({ entry }) => entry.userId ?? nobody],
  ['key_id', 'uuid', ({ entry }) => entry.keyId],
  ['model', 'text', ({ entry }) => entry.modelUsed],
  ['service_type', 'text', ({ entry }) => entry.serviceType],
]
const rollupSums: [string, string, (rollup: Rollup) => unknown][] = [
  ['requests', 'int8', (rollup) => rollup.requests],
  ['attempts', 'int8', (rollup) => rollup.attempts],
  ['successes', 'int8', (rollup) => rollup.successes],
  ['errors', 'int8', (rollup) => rollup.errors],
  ['input_tokens', 'int8', (rollup) => rollup.usage.inputTokens],
  ['cache_read_tokens', 'int8', (rollup) => rollup.usage.cacheReadTokens],
  ['cache_write_5m_tokens', 'int8', (rollup) => rollup.usage.cacheWrite5mTokens],
  ['cache_write_1h_tokens', 'int8', (rollup) => rollup.usage.cacheWrite1hTokens],
  ['output_tokens', 'int8', (rollup) => rollup.usage.outputTokens],
  ['reasoning_tokens', 'int8', (rollup) => rollup.usage.reasoningTokens],
  ['audio_input_tokens', 'int8', (rollup) => rollup.usage.audioInputTokens],
  ['audio_output_tokens', 'int8', (rollup) => rollup.usage.audioOutputTokens],
  ['total_tokens', 'int8', (rollup) => rollup.totalTokens],
  ['response_time_sum_ms', 'int8', (rollup) => rollup.responseTimeSumMs],
  ['first_token_sum_ms', 'int8', (rollup) => rollup.firstTokenSumMs],
  ['cost', 'int8', (rollup) => rollup.cost],
  ['latency_histogram', 'text', (rollup) => `{${rollup.latencyHistogram.join(',')}}`],
]
const rollupCasts: Record<string, string> = { cost: usdOf('cost'), latency_histogram: 'latency_histogram::int8[]' }
const rollupColumns = [...rollupKeys, ...rollupSums]
const rollupNames = rollupColumns.map(([name]) => name).join(', ')

const upsertRollups = `
  INSERT INTO usage_rollups AS present (${rollupNames})
  SELECT ${rollupColumns.map(([name]) => rollupCasts[name] ?? name).join(', ')}
  FROM unnest(${rollupColumns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')}) AS incoming (${rollupNames})
  ON CONFLICT (${rollupKeys.map(([name]) => name).join(', ')}) DO UPDATE SET
  ${rollupSums
    .map(([name]) =>
      name === 'latency_histogram'
        ? `${name} = add_histograms(present.${name}, excluded.${name})`
        : `${name} = present.${name} + excluded.${name}`,
    )
    .join(', ')}`

export async function addRollups(transaction: Transaction, rollups: readonly Rollup[]): Promise<void> {
  await transaction.query(
    upsertRollups,
    rollupColumns.map(([, , value]) => rollups.map(value)),
  )
}

/** Locks rows in the order of their ids, so that settlers of several nodes cannot lock each other out. */
function addTotalsTo(table: string, extra: string): string {
  return `
    UPDATE ${table} AS owner SET
      total_requests = owner.total_requests + added.requests,
      total_tokens = owner.total_tokens + added.tokens,
      total_cost = owner.total_cost + ${usdOf('added.cost')}${extra}
    FROM (
      SELECT added.* FROM unnest($1::uuid[], $2::int8[], $3::int8[], $4::int8[], $5::timestamptz[])
        AS added (id, requests, tokens, cost, last_used) JOIN ${table} AS locked USING (id) ORDER BY id FOR UPDATE OF locked
    ) AS added WHERE owner.id = added.id`
}

const addTotalsStatements = {
  accounts: addTotalsTo('ai_service_accounts', ', last_used_at = greatest(owner.last_used_at, added.last_used)'),
  groups: addTotalsTo('groups', ''),
  enterprises: addTotalsTo('enterprises', ''),
}

export async function addTotals(
  transaction: Transaction,
  owners: keyof typeof addTotalsStatements,
  totals: readonly Totals[],
): Promise<void> {
  await transaction.query(addTotalsStatements[owners], [
    totals.map((total) => total.id),
    totals.map((total) => total.requests),
    totals.map((total) => total.tokens),
    totals.map((total) => total.cost),
    totals.map((total) => new Date(total.lastUsedMs).toISOString()),
  ])
}

export async function touchKeys(transaction: Transaction, totals: readonly Totals[]): Promise<void> {
  await transaction.query(
    `UPDATE api_keys SET last_used_at = greatest(last_used_at, used.at)
     FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at) WHERE api_keys.id = used.id`,
    [totals.map((total) => total.id), totals.map((total) => new Date(total.lastUsedMs).toISOString())],
  )
}

export interface Watermark {
  epoch: number
  segment: number
  byteOffset: number
  sequence: number
}

export async function moveWatermark(transaction: Transaction, nodeId: string, mark: Watermark): Promise<void> {
  await transaction.query(
    `INSERT INTO journal_watermarks (node_id, epoch, segment, byte_offset, sequence) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (node_id) DO UPDATE SET epoch = excluded.epoch, segment = excluded.segment,
       byte_offset = excluded.byte_offset, sequence = excluded.sequence, settled_at = now()`,
    [nodeId, mark.epoch, mark.segment, mark.byteOffset, mark.sequence],
  )
}

export async function readWatermark(database: Queryable, nodeId: string): Promise<Watermark | undefined> {
  const { rows } = await database.query<{ epoch: bigint; segment: bigint; byte_offset: bigint; sequence: bigint }>(
    'SELECT epoch, segment, byte_offset, sequence FROM journal_watermarks WHERE node_id = $1',
    [nodeId],
  )
  const row = rows[0]
  if (!row) return undefined
  return {
    epoch: Number(row.epoch),
    segment: Number(row.segment),
    byteOffset: Number(row.byte_offset),
    sequence: Number(row.sequence),
  }
}
