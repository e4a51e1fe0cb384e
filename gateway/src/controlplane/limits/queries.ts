// SQL of limits.
import type { LimitWindowKind } from '../../core/quota/limits.ts'
import type { EnterpriseId, LimitId } from '@aicarpool/contract'
import type { Transaction } from '../../platform/database/database.ts'

export interface LimitRow {
  scope: 'enterprise' | 'department' | 'group' | 'account' | 'member' | 'key'
  scopeId: string
  metric: 'tokens' | 'money' | 'requests'
  window: LimitWindowKind
  /** Decimal text, USD for money; null is unlimited. */
  amount: string | null
}

/**
 * Answers the limit's id: the new one, or the one that was there for the same scope, metric and window; undefined when that
 * one is another enterprise's.
 */
export async function upsertLimit(
  tx: Transaction,
  id: LimitId,
  enterpriseId: EnterpriseId,
  limit: LimitRow,
): Promise<LimitId | undefined> {
  const { rows } = await tx.query<{ id: LimitId }>(
    `INSERT INTO limits (id, enterprise_id, scope, scope_id, metric, window_kind, amount)
     VALUES ($1::uuid, $2::uuid, $3, $4::uuid, $5, $6, $7::numeric)
     ON CONFLICT (scope, scope_id, metric, window_kind) DO UPDATE SET amount = excluded.amount, version = limits.version + 1
     WHERE limits.enterprise_id = excluded.enterprise_id
     RETURNING id`,
    [id, enterpriseId, limit.scope, limit.scopeId, limit.metric, limit.window, limit.amount],
  )
  return rows[0]?.id
}
