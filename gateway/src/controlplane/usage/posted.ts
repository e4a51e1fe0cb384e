// What the database says was consumed in the present window of each limit: the ledger starts from it, and a limit that is
// made while the gateway runs counts what its window has seen before.
import { assert, parseDecimal } from '@aicarpool/contract'
import type { LimitMetric, LimitScope, LimitView, Spender } from '../../core/quota/limits.ts'
import { windowAt } from '../../core/quota/window.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { inFixedState } from '../../platform/database/fixed-state.ts'

/** Columns by which usage belongs to a scope; constants, never a caller's words. */
const scopeColumns: Record<LimitScope, string> = {
  enterprise: 'enterprise_id',
  department: 'department_id',
  group: 'group_id',
  account: 'account_id',
  member: 'user_id',
  key: 'key_id',
}

interface Consumed {
  owner: string
  tokens: bigint
  cost: string
  requests: bigint
}

/**
 * What each limit has counted in its window of `atMs`, without the attempts that `counted` names: those that the ledger counts
 * itself. It is called when the database's state is fixed, so that no attempt is both in that state and not yet named.
 * One query for each scope and window, whatever the number of limits.
 */
export async function postedOf(
  database: Database,
  enterpriseId: string,
  limits: readonly LimitView[],
  atMs: number,
  counted: () => Iterable<Spender>,
): Promise<Map<LimitView, number>> {
  const posted = new Map<LimitView, number>()
  const bySource = Map.groupBy(limits, (limit) => `${limit.scope} ${limit.windowKind} ${limit.timeZone}`)
  await inFixedState(database, async (transaction) => {
    const left = [...counted()]
    for (const group of bySource.values()) {
      const [first] = group
      if (!first) continue
      const { startMs, endMs } = windowAt(first.windowKind, first.timeZone, atMs)
      // A 5-hour window begins with its first use; after a restart the last five hours stand in for it.
      const sinceMs = first.windowKind === '5h' ? atMs - (endMs - startMs) : startMs
      const consumed = await consumedSince(transaction, enterpriseId, first.scope, sinceMs, left)
      for (const limit of group) posted.set(limit, amountIn(consumed.get(limit.scopeId), limit.metric))
    }
  })
  return posted
}

async function consumedSince(
  transaction: Transaction,
  enterpriseId: string,
  scope: LimitScope,
  sinceMs: number,
  left: readonly Spender[],
): Promise<Map<string, Consumed>> {
  const column = scopeColumns[scope]
  const { rows } = await transaction.query<Consumed>(
    `SELECT ${column}::text AS owner, sum(total_tokens)::int8 AS tokens, sum(cost)::text AS cost,
       count(*) FILTER (WHERE is_final AND usage_source <> 'none') AS requests
     FROM usage_stats WHERE enterprise_id = $1 AND request_time >= $2 AND ${column} IS NOT NULL
       AND (request_id, attempt) NOT IN (SELECT * FROM unnest($3::uuid[], $4::int[]))
     GROUP BY ${column}`,
    [
      enterpriseId,
      new Date(sinceMs).toISOString(),
      left.map((spender) => spender.requestId),
      left.map((spender) => spender.attempt),
    ],
  )
  return new Map(rows.map((row) => [row.owner, row]))
}

function amountIn(consumed: Consumed | undefined, metric: LimitMetric): number {
  if (!consumed) return 0
  switch (metric) {
    case 'tokens':
      return Number(consumed.tokens)
    case 'requests':
      return Number(consumed.requests)
    case 'money': {
      const nano = parseDecimal(consumed.cost, 9)
      assert(nano !== undefined, 'costs are decimals of nano-USD')
      return nano
    }
  }
}
