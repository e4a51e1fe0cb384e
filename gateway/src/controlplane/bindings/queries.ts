// SQL of resource bindings.
import type { AccountId, BindingConfig, EnterpriseId, GroupId, PriorityLevel, ServiceType } from '@aicarpool/contract'
import type { Transaction } from '../../platform/database/database.ts'

export interface BoundAccount {
  id: AccountId
  service_type: ServiceType
  account_type: 'dedicated' | 'shared'
}

export async function groupExists(tx: Transaction, enterpriseId: EnterpriseId, groupId: GroupId): Promise<boolean> {
  const { rowCount } = await tx.query(
    'SELECT 1 FROM groups WHERE id = $1::uuid AND enterprise_id = $2::uuid AND archived_at IS NULL',
    [groupId, enterpriseId],
  )
  return rowCount === 1
}

/**
 * The accounts among `ids` that the enterprise has, locked until the transaction ends: two groups that bind the same
 * account at once come one after the other, and the second sees the first. Locked in one order, so they cannot deadlock.
 */
export async function lockAccounts(
  tx: Transaction,
  enterpriseId: EnterpriseId,
  ids: readonly string[],
): Promise<BoundAccount[]> {
  const { rows } = await tx.query<BoundAccount>(
    `SELECT id, service_type, account_type FROM ai_service_accounts
     WHERE enterprise_id = $1::uuid AND id = ANY($2::uuid[]) AND archived_at IS NULL
     ORDER BY id
     FOR UPDATE`,
    [enterpriseId, ids],
  )
  return rows
}

/** Which of the accounts another living group already has for its own. */
export async function findAccountsOfOtherGroups(
  tx: Transaction,
  enterpriseId: EnterpriseId,
  groupId: GroupId,
  ids: readonly string[],
): Promise<string[]> {
  const { rows } = await tx.query<{ account_id: string }>(
    `SELECT DISTINCT own.account_id
     FROM group_resource_bindings b
     JOIN groups g ON g.id = b.group_id
     CROSS JOIN LATERAL (
       SELECT entry ->> 'accountId' AS account_id
       FROM jsonb_array_elements(coalesce(b.binding_config -> 'accounts', '[]'::jsonb)) AS entry
       UNION ALL
       SELECT jsonb_array_elements_text(coalesce(b.binding_config -> 'primaryAccounts', '[]'::jsonb))
     ) AS own
     WHERE g.enterprise_id = $1::uuid AND g.archived_at IS NULL AND b.group_id <> $2::uuid
       AND own.account_id = ANY($3::text[])`,
    [enterpriseId, groupId, ids],
  )
  return rows.map((row) => row.account_id)
}

export interface BindingRow {
  groupId: GroupId
  config: BindingConfig
  dailyTokenLimit: number | null
  /** USD as a decimal text. */
  monthlyBudget: string | null
  priorityLevel: PriorityLevel
  warningThreshold: number
  alertThreshold: number
  acceptsOverrun: boolean
}

/** One binding for each group. The trigger on the table tells the routing snapshot. */
export async function upsertBinding(tx: Transaction, row: BindingRow): Promise<void> {
  await tx.query(
    `INSERT INTO group_resource_bindings
       (group_id, binding_mode, binding_config, daily_token_limit, monthly_budget, priority_level, warning_threshold,
        alert_threshold, accepts_overrun)
     VALUES ($1::uuid, $2, $3::jsonb, $4, $5::numeric, $6, $7, $8, $9)
     ON CONFLICT (group_id) DO UPDATE SET
       binding_mode = excluded.binding_mode, binding_config = excluded.binding_config,
       daily_token_limit = excluded.daily_token_limit, monthly_budget = excluded.monthly_budget,
       priority_level = excluded.priority_level, warning_threshold = excluded.warning_threshold,
       alert_threshold = excluded.alert_threshold, accepts_overrun = excluded.accepts_overrun,
       version = group_resource_bindings.version + 1`,
    [
      row.groupId,
      row.config.mode,
      JSON.stringify(row.config),
      row.dailyTokenLimit,
      row.monthlyBudget,
      row.priorityLevel,
      row.warningThreshold,
      row.alertThreshold,
      row.acceptsOverrun,
    ],
  )
}
