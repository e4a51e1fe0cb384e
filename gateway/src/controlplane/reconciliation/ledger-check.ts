// The running gateway's own counts against the database: what the limits of a day have counted in memory must be what the roll-ups
// say was consumed, and what is held must belong to requests that run. Both books go on meanwhile, so what is in only one of them yet
// is left out by its name.
import { assert, parseDecimal } from '@aicarpool/contract'
import type { Ledger, Watch } from '../../core/quota/ledger.ts'
import type { LimitScope, LimitView } from '../../core/quota/limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
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

/** Columns of the roll-ups by which usage belongs to a scope. */
const columns: Record<LimitScope, string> = {
  enterprise: 'enterprise_id',
  department: 'department_id',
  group: 'group_id',
  account: 'account_id',
  member: 'user_id',
  key: 'key_id',
}

/** Days are cheap to sum up. Longer windows are fed by the same postings; the roll-ups do not count what a limit calls a request. */
const isCompared = ({ windowKind, metric, scope }: LimitView) =>
  windowKind === 'day' && metric !== 'requests' && scope !== 'department'

export async function checkLedger(books: LedgerBooks): Promise<Finding[]> {
  const findings: Finding[] = []
  if (!books.ledger.isBalanced()) {
    const found = `${books.ledger.pendingTotal()} held`
    findings.push({ check: 'held', subject: 'this gateway', expected: 'what running requests hold', found })
  }
  for (const [enterpriseId, limits] of books.limits()) {
    const compared = limits.filter(isCompared)
    if (compared.length > 0) findings.push(...(await compare(books, enterpriseId, compared)))
  }
  return findings
}

async function compare(
  { database, ledger, clock, settled }: LedgerBooks,
  enterpriseId: string,
  limits: readonly LimitView[],
): Promise<Finding[]> {
  const watch = ledger.watch(limits, clock.now())
  try {
    await settled()
    return await database.transaction(async (transaction) => {
      await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
      await transaction.query('SELECT 1')
      const byScope = Map.groupBy(watch.limits, ({ limit, windowStartMs }) => `${limit.scope} ${windowStartMs}`)
      const findings: Finding[] = []
      for (const watched of byScope.values()) {
        findings.push(...(await differences(transaction, enterpriseId, watched, watch.attempts)))
      }
      return findings
    })
  } finally {
    ledger.endWatch(watch)
  }
}

async function differences(
  transaction: Transaction,
  enterpriseId: string,
  watched: Watch['limits'],
  attempts: Watch['attempts'],
): Promise<Finding[]> {
  const [first] = watched
  if (!first) return []
  const column = columns[first.limit.scope]
  const { rows } = await transaction.query<{ owner: string; tokens: bigint; cost: string }>(
    `SELECT owner::text, sum(tokens)::int8 AS tokens, sum(cost)::text AS cost FROM (
       SELECT ${column} AS owner, total_tokens AS tokens, cost FROM usage_rollups WHERE enterprise_id = $1 AND slot_start >= $2
       UNION ALL
       SELECT ${column}, -total_tokens, -cost FROM usage_stats WHERE enterprise_id = $1 AND request_time >= $2
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
    const row = consumed.get(limit.scopeId)
    const expected = row === undefined ? 0 : limit.metric === 'tokens' ? Number(row.tokens) : nanoUsd(row.cost)
    if (used === expected) return []
    const unit = limit.metric === 'tokens' ? 'tokens' : 'nano-USD'
    const subject = `limit ${limit.cellId} since ${new Date(windowStartMs).toISOString()}`
    return [{ check: 'ledger', subject, expected: `${expected} ${unit}`, found: `${used} ${unit}` }]
  })
}

function nanoUsd(decimal: string): number {
  const nano = parseDecimal(decimal, 9)
  assert(nano !== undefined, 'costs are decimals of nano-USD')
  return nano
}
