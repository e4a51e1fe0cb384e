// The running gateway's own counts against the database: what the limits of a day have counted in memory must be what the roll-ups
// say was consumed, and what is held must belong to requests that run. Both books go on meanwhile, so what is in only one of them yet
// is left out by its name.
import type { Ledger, Watch } from '../../core/quota/ledger.ts'
import type { LimitScope, LimitView } from '../../core/quota/limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { inFixedState } from '../../platform/database/fixed-state.ts'
import type { Finding } from './costs.ts'

export interface LedgerBooks {
  database: Database
  ledger: Ledger
  clock: Clock
  /** By enterprise, the limits that are in force. */
  limits: () => ReadonlyMap<string, readonly LimitView[]>
  /** Resolves when the database has all that was consumed before the call. */
  settled: () => Promise<void>
}

/** Columns of the roll-ups by which usage belongs to a scope; they have none for departments. */
const columns: Partial<Record<LimitScope, string>> = {
  enterprise: 'enterprise_id',
  group: 'group_id',
  account: 'account_id',
  member: 'user_id',
  key: 'key_id',
}

/** Days are cheap to sum up. Longer windows are fed by the same postings; the roll-ups do not count what a limit calls a request. */
const isCompared = ({ windowKind, metric, scope }: LimitView) =>
  windowKind === 'day' && metric !== 'requests' && columns[scope] !== undefined

export async function checkLedger({ database, ledger, clock, limits, settled }: LedgerBooks): Promise<Finding[]> {
  const findings: Finding[] = []
  if (!ledger.isBalanced()) {
    const found = `${ledger.pendingTotal()} held`
    findings.push({ check: 'held', subject: 'this gateway', expected: 'what running requests hold', found })
  }
  const enterpriseOf = new Map<LimitView, string>()
  for (const [enterpriseId, inForce] of limits()) {
    for (const limit of inForce) if (isCompared(limit)) enterpriseOf.set(limit, enterpriseId)
  }
  const watch = ledger.watch([...enterpriseOf.keys()], clock.now())
  try {
    await settled()
    for (const [enterpriseId, watched] of Map.groupBy(watch.limits, ({ limit }) => enterpriseOf.get(limit) ?? '')) {
      findings.push(...(await compare(database, enterpriseId, watched, watch.attempts)))
    }
  } finally {
    ledger.endWatch(watch)
  }
  return findings
}

/** `attempts` grows meanwhile: it is read when the database's state is fixed. */
function compare(
  database: Database,
  enterpriseId: string,
  limits: Watch['limits'],
  attempts: Watch['attempts'],
): Promise<Finding[]> {
  return inFixedState(database, async (transaction) => {
    const own = attempts.filter(({ payer }) => payer.enterprise.id === enterpriseId)
    const findings: Finding[] = []
    for (const watched of Map.groupBy(
      limits,
      ({ limit, windowStartMs }) => `${limit.scope} ${windowStartMs}`,
    ).values()) {
      findings.push(...(await differences(transaction, enterpriseId, watched, own)))
    }
    return findings
  })
}

async function differences(
  transaction: Transaction,
  enterpriseId: string,
  watched: Watch['limits'],
  attempts: Watch['attempts'],
): Promise<Finding[]> {
  const [first] = watched
  if (!first) return []
  const owner = columns[first.limit.scope]
  const { rows } = await transaction.query<{ owner: string; tokens: bigint; money: bigint }>(
    `SELECT owner::text, sum(tokens)::int8 AS tokens, (sum(cost) * 1000000000)::int8 AS money FROM (
       SELECT ${owner} AS owner, total_tokens AS tokens, cost FROM usage_rollups WHERE enterprise_id = $1 AND slot_start >= $2
       UNION ALL
       SELECT ${owner}, -total_tokens, -cost FROM usage_stats WHERE enterprise_id = $1 AND request_time >= $2
         AND (request_id, attempt) IN (SELECT * FROM unnest($3::uuid[], $4::int[]))
     ) AS both_books GROUP BY owner`,
    [
      enterpriseId,
      new Date(first.windowStartMs).toISOString(),
      attempts.map(({ requestId }) => requestId),
      attempts.map(({ attempt }) => attempt),
    ],
  )
  const consumed = new Map(rows.map((row) => [row.owner, row]))
  return watched.flatMap(({ limit, windowStartMs, used }) => {
    const [column, unit] =
      limit.metric === 'tokens' ? (['tokens', 'tokens'] as const) : (['money', 'nano-USD'] as const)
    const expected = Number(consumed.get(limit.scopeId)?.[column] ?? 0)
    if (used === expected) return []
    const subject = `limit ${limit.cellId} since ${new Date(windowStartMs).toISOString()}`
    return [{ check: 'ledger', subject, expected: `${expected} ${unit}`, found: `${used} ${unit}` }]
  })
}
