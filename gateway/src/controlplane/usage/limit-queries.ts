// What attempts have said of limits, written in the transaction that inserts their rows: what a provider billed beyond the
// reservation, and thresholds that were crossed, each once for its window.
import { toUsd } from '@aicarpool/contract'
import type { CrossedThreshold } from '../../core/journal/entry.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { SettledRow } from './rollup.ts'

export async function insertOverruns(transaction: Transaction, rows: readonly SettledRow[]): Promise<void> {
  const over = rows.flatMap((row) => (row.entry.overrun ? [{ ...row, overrun: row.entry.overrun }] : []))
  if (over.length === 0) return
  await transaction.query(
    `INSERT INTO usage_overruns (request_id, attempt, request_time, enterprise_id, group_id, account_id, tokens, cost)
     SELECT request_id, attempt, to_timestamp(0) + time_ms * interval '1 millisecond', enterprise_id, group_id, account_id,
       tokens, (cost::numeric / 1000000000)::numeric(20, 9)
     FROM unnest($1::uuid[], $2::int2[], $3::int8[], $4::uuid[], $5::uuid[], $6::uuid[], $7::int8[], $8::int8[])
       AS incoming (request_id, attempt, time_ms, enterprise_id, group_id, account_id, tokens, cost)
     ON CONFLICT DO NOTHING`,
    [
      over.map(({ requestId }) => requestId),
      over.map(({ attempt }) => attempt),
      over.map(({ entry }) => entry.time),
      over.map(({ entry }) => entry.enterpriseId),
      over.map(({ entry }) => entry.groupId),
      over.map(({ entry }) => entry.accountId),
      over.map(({ overrun }) => overrun.tokens),
      over.map(({ overrun }) => overrun.cost),
    ],
  )
}

export async function insertCrossings(transaction: Transaction, rows: readonly SettledRow[]): Promise<void> {
  const crossed = rows.flatMap(({ entry }) => (entry.crossings ?? []).map((crossing) => ({ entry, crossing })))
  if (crossed.length === 0) return
  await transaction.query(
    `INSERT INTO events (enterprise_id, group_id, kind, severity, subject, detail, dedupe_key)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[])
     ON CONFLICT (dedupe_key) DO NOTHING`,
    [
      crossed.map(({ entry }) => entry.enterpriseId),
      // What concerns the whole enterprise, or an account, is not one group's.
      crossed.map(({ entry, crossing }) => (isOfGroup(crossing) ? entry.groupId : null)),
      crossed.map(({ crossing }) => `limit_${crossing.level}`),
      crossed.map(({ crossing }) => crossing.level),
      crossed.map(({ crossing }) => `${crossing.scope}:${crossing.scopeId}`),
      crossed.map(({ crossing }) => JSON.stringify(detailOf(crossing))),
      crossed.map(({ crossing }) => `${crossing.level}:${crossing.cellId}:${crossing.windowStartMs}`),
    ],
  )
}

const isOfGroup = ({ scope }: CrossedThreshold): boolean => scope === 'group' || scope === 'member' || scope === 'key'

/** USD for money. */
function detailOf({ scope, scopeId, metric, window, windowStartMs, amount, used }: CrossedThreshold) {
  const inUnits = (value: number) => (metric === 'money' ? toUsd(value) : value)
  const windowStart = new Date(windowStartMs).toISOString()
  return { scope, scopeId, metric, window, windowStart, amount: inUnits(amount), used: inUnits(used) }
}
