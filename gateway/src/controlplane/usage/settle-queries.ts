// The settler's statements. All of them run in one transaction: rows first, and only what was really inserted feeds the
// sums, so that settling the same journal twice changes nothing.
import type { Queryable, Transaction } from '../../platform/database/database.ts'
import type { FinalEntry } from '../../core/journal/entry.ts'
import type { Usage } from '../../core/protocols/usage.ts'
import type { Rollup, SettledRow, Totals } from './rollup.ts'

/** PostgreSQL's text has no NUL. Providers choose some of these words, and none of them may stop the settler. */
const storable = (text: string | undefined) => text?.replaceAll('\0', '') ?? null

/** Escapes that JSON allows and jsonb refuses: NUL, and halves of surrogate pairs (JSON.stringify escapes only those). */
const unstorableEscape = /\\u(?:0000|d[89a-f][0-9a-f]{2})/i

function storableJson(value: unknown): string | null {
  if (value === undefined || value === '') return null
  const json = JSON.stringify(value)
  return unstorableEscape.test(json) ? null : json
}

/** The rare classes that a row has; undefined, and no JSON at all, for nearly all rows. */
function detailsOf(usage: Usage): Record<string, unknown> | undefined {
  let details: Record<string, unknown> | undefined
  for (const name of rareClasses) if (usage[name]) details = { ...details, [name]: usage[name] }
  return details
}

const rareClasses = [
  'imageInputTokens',
  'imageOutputTokens',
  'toolInputTokens',
  'webSearches',
  'webFetches',
  'serviceTier',
] as const satisfies readonly (keyof Usage)[]

/** What many rows of a batch have in common is sent once, and each row points at it: half of the bytes and of the parsing. */
const dimensionColumns: [name: string, type: string, value: (entry: FinalEntry) => string | undefined][] = [
  ['enterprise_id', 'uuid', (entry) => entry.enterpriseId],
  ['department_id', 'uuid', (entry) => entry.departmentId],
  ['group_id', 'uuid', (entry) => entry.groupId],
  ['user_id', 'uuid', (entry) => entry.userId],
  ['account_id', 'uuid', (entry) => entry.accountId],
  ['key_id', 'uuid', (entry) => entry.keyId],
  ['service_type', 'text', (entry) => entry.serviceType],
  ['model_requested', 'text', (entry) => entry.modelRequested],
  ['model_used', 'text', (entry) => entry.modelUsed],
  ['request_type', 'text', (entry) => entry.requestType],
  ['price_version', 'text', (entry) => entry.priceVersion],
]

const rowColumns: [name: string, type: string, value: (row: SettledRow) => unknown][] = [
  ['request_id', 'uuid', (row) => row.requestId],
  ['attempt', 'int2', (row) => row.attempt],
  ['time_ms', 'int8', (row) => row.entry.time],
  ['is_final', 'bool', ({ entry }) => entry.isFinal],
  ['input_tokens', 'int8', ({ entry }) => entry.usage.inputTokens],
  ['cache_read_tokens', 'int8', ({ entry }) => entry.usage.cacheReadTokens],
  ['cache_write_5m_tokens', 'int8', ({ entry }) => entry.usage.cacheWrite5mTokens],
  ['cache_write_30m_tokens', 'int8', ({ entry }) => entry.usage.cacheWrite30mTokens],
  ['cache_write_1h_tokens', 'int8', ({ entry }) => entry.usage.cacheWrite1hTokens],
  ['cache_write_12h_tokens', 'int8', ({ entry }) => entry.usage.cacheWrite12hTokens],
  ['output_tokens', 'int8', ({ entry }) => entry.usage.outputTokens],
  ['reasoning_tokens', 'int8', ({ entry }) => entry.usage.reasoningTokens],
  ['audio_input_tokens', 'int8', ({ entry }) => entry.usage.audioInputTokens],
  ['audio_output_tokens', 'int8', ({ entry }) => entry.usage.audioOutputTokens],
  ['usage_details', 'text', ({ entry }) => storableJson(detailsOf(entry.usage))],
  ['cost', 'int8', ({ entry }) => entry.cost],
  ['usage_source', 'text', ({ entry }) => entry.usageSource],
  ['raw_usage', 'text', ({ entry }) => storableJson(entry.rawUsage)],
  ['response_time', 'int4', ({ entry }) => entry.responseTimeMs ?? null],
  ['first_token_ms', 'int4', ({ entry }) => entry.firstTokenMs ?? null],
  ['status', 'text', ({ entry }) => entry.status],
  ['error_code', 'text', ({ entry }) => storable(entry.errorCode)],
  ['upstream_request_id', 'text', ({ entry }) => storable(entry.upstreamRequestId)],
  ['metadata', 'text', ({ entry: { clientRequestId } }) => storableJson(clientRequestId && { clientRequestId })],
]

const usdOf = (nano: string) => `(${nano}::numeric / 1000000000)::numeric(24, 9)`
const inputSum =
  'input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_30m_tokens + cache_write_1h_tokens + cache_write_12h_tokens'
const expressions: Record<string, string> = {
  time_ms: "to_timestamp(0) + time_ms * interval '1 millisecond'",
  cost: usdOf('cost'),
  raw_usage: 'raw_usage::jsonb',
  usage_details: 'usage_details::jsonb',
  metadata: 'metadata::jsonb',
}
/** Columns that follow from others. */
const derived = {
  request_tokens: inputSum,
  response_tokens: 'output_tokens',
  total_tokens: `${inputSum} + output_tokens`,
  is_unpriced: 'price_version IS NULL',
}

const namesOf = (columns: readonly (readonly [string, ...unknown[]])[]) => columns.map(([name]) => name).join(', ')
const arraysOf = (columns: readonly (readonly [string, string, ...unknown[]])[], from: number) =>
  columns.map(([, type], index) => `$${from + index}::${type}[]`).join(', ')

const insertUsage = `
  INSERT INTO usage_stats (${namesOf(dimensionColumns)}, ${namesOf(rowColumns).replace('time_ms', 'request_time')},
    ${Object.keys(derived).join(', ')})
  SELECT ${namesOf(dimensionColumns)}, ${rowColumns.map(([name]) => expressions[name] ?? name).join(', ')},
    ${Object.values(derived).join(', ')}
  FROM unnest($1::int4[], ${arraysOf(rowColumns, 2)}) AS incoming (dimension, ${namesOf(rowColumns)})
  JOIN unnest(${arraysOf(dimensionColumns, 2 + rowColumns.length)}) WITH ORDINALITY
    AS dimensions (${namesOf(dimensionColumns)}, ordinal) ON ordinal = dimension
  ON CONFLICT (request_time, request_id, attempt) DO NOTHING`

/** Inserts rows that are new, and says how many they were. */
export async function insertNewRows(transaction: Transaction, rows: readonly SettledRow[]): Promise<number> {
  return (await transaction.query(insertUsage, insertParameters(rows))).rowCount
}

/** Inserts rows of which some may be there already, and returns those that were not. Slower: every row comes back. */
export async function insertMissingRows(transaction: Transaction, rows: readonly SettledRow[]): Promise<SettledRow[]> {
  const { rows: inserted } = await transaction.query<{ request_id: string; attempt: number }>(
    `${insertUsage} RETURNING request_id, attempt`,
    insertParameters(rows),
  )
  const fresh = new Set(inserted.map((row) => `${row.request_id}-${row.attempt}`))
  // Deleted when found: a record that stands twice in one batch was inserted once and counts once.
  return rows.filter((row) => fresh.delete(`${row.requestId}-${row.attempt}`))
}

function insertParameters(rows: readonly SettledRow[]): unknown[] {
  const ordinals = new Map<string, number>()
  const distinct: FinalEntry[] = []
  const pointers = rows.map(({ entry }) => {
    const dimension = `${entry.keyId} ${entry.accountId} ${entry.modelUsed} ${entry.modelRequested} ${entry.priceVersion} ${entry.departmentId} ${entry.userId} ${entry.requestType}`
    const present = ordinals.get(dimension)
    if (present !== undefined) return present
    ordinals.set(dimension, distinct.push(entry))
    return distinct.length
  })
  return [
    pointers,
    ...rowColumns.map(([, , value]) => rows.map(value)),
    ...dimensionColumns.map(([, , value]) => distinct.map((entry) => storable(value(entry)))),
  ]
}

/** Until the end of the transaction its updates are counters, which no routing snapshot needs to hear of. */
export async function announceCounters(transaction: Transaction): Promise<void> {
  await transaction.query("SELECT set_config('app.posts_counters', 'on', true)")
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
  ['cache_write_30m_tokens', 'int8', (rollup) => rollup.usage.cacheWrite30mTokens],
  ['cache_write_1h_tokens', 'int8', (rollup) => rollup.usage.cacheWrite1hTokens],
  ['cache_write_12h_tokens', 'int8', (rollup) => rollup.usage.cacheWrite12hTokens],
  ['output_tokens', 'int8', (rollup) => rollup.usage.outputTokens],
  ['reasoning_tokens', 'int8', (rollup) => rollup.usage.reasoningTokens],
  ['audio_input_tokens', 'int8', (rollup) => rollup.usage.audioInputTokens],
  ['audio_output_tokens', 'int8', (rollup) => rollup.usage.audioOutputTokens],
  ['image_input_tokens', 'int8', (rollup) => rollup.usage.imageInputTokens],
  ['image_output_tokens', 'int8', (rollup) => rollup.usage.imageOutputTokens],
  ['tool_input_tokens', 'int8', (rollup) => rollup.usage.toolInputTokens],
  ['web_searches', 'int8', (rollup) => rollup.usage.webSearches],
  ['web_fetches', 'int8', (rollup) => rollup.usage.webFetches],
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
