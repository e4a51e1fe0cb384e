// Reads the configuration of one enterprise for the routing snapshot: five statements, each bound to the enterprise.
import type { LimitWindowKind } from '../../core/quota/limits.ts'
import type { ServiceType } from '@aicarpool/contract'
import type { Database } from '../../platform/database/database.ts'

export interface EnterpriseRow {
  id: string
  name: string
  time_zone: string
  discount_basis_points: number
  fixed_call_cost: string
  is_active: boolean
}

export interface AccountRowData {
  id: string
  name: string
  service_type: ServiceType
  account_type: 'dedicated' | 'shared'
  is_enabled: boolean
  status: 'active' | 'inactive' | 'error'
  api_endpoint: string | null
  api_key_envelope: Buffer | null
  supported_models: unknown
  current_model: string | null
  cost_per_token: string | null
  daily_limit: bigint | null
  weight: number
  priority: number
  max_concurrency: number | null
  version: bigint
}

export interface GroupRowData {
  id: string
  name: string
  status: string
  department_id: string | null
  binding_mode: 'dedicated' | 'shared' | 'hybrid' | null
  binding_config: unknown
  priority_level: 'high' | 'medium' | 'low' | null
  daily_token_limit: bigint | null
  monthly_budget: string | null
  warning_threshold: number | null
  alert_threshold: number | null
  accepts_overrun: boolean | null
}

export interface KeyRowData {
  id: string
  group_id: string
  user_id: string | null
  public_id: string
  secret_hmac: Buffer
  name: string
  last4: string
  status: string
  expires_at: Date | null
  allowed_models: unknown
  owner_is_active: boolean
}

export interface LimitRowData {
  scope: 'enterprise' | 'department' | 'group' | 'account' | 'member' | 'key'
  scope_id: string
  metric: 'tokens' | 'money' | 'requests'
  window_kind: LimitWindowKind
  amount: string | null
  warning_threshold: number
  alert_threshold: number
}

export async function routingVersions(database: Database): Promise<Map<string, bigint>> {
  const { rows } = await database.query<{ enterprise_id: string; version: bigint }>(
    'SELECT enterprise_id::text AS enterprise_id, version FROM routing_versions',
  )
  return new Map(rows.map((row) => [row.enterprise_id, row.version]))
}

export async function readEnterprise(database: Database, id: string) {
  const parameters = [id]
  const enterprises = await database.query<EnterpriseRow>(
    `SELECT id::text AS id, name, time_zone, discount_basis_points, fixed_call_cost::text AS fixed_call_cost,
       archived_at IS NULL AS is_active FROM enterprises WHERE id = $1`,
    parameters,
  )
  const enterprise = enterprises.rows[0]
  if (!enterprise) return undefined
  const accounts = await database.query<AccountRowData>(
    `SELECT id::text AS id, name, service_type, account_type, is_enabled, status, api_endpoint, api_key_envelope,
       supported_models, current_model, cost_per_token::text AS cost_per_token, daily_limit, weight, priority,
       max_concurrency, version
     FROM ai_service_accounts WHERE enterprise_id = $1 AND archived_at IS NULL ORDER BY priority, created_at, id`,
    parameters,
  )
  const groups = await database.query<GroupRowData>(
    `SELECT g.id::text AS id, g.name, g.status, g.department_id::text AS department_id, b.binding_mode, b.binding_config,
       b.priority_level, b.daily_token_limit, b.monthly_budget::text AS monthly_budget, b.warning_threshold, b.alert_threshold,
       b.accepts_overrun
     FROM groups g LEFT JOIN group_resource_bindings b ON b.group_id = g.id
     WHERE g.enterprise_id = $1 AND g.archived_at IS NULL`,
    parameters,
  )
  const keys = await database.query<KeyRowData>(
    `SELECT k.id::text AS id, k.group_id::text AS group_id, k.user_id::text AS user_id, k.public_id, k.secret_hmac, k.name,
       k.last4, k.status, k.expires_at, k.allowed_models,
       k.user_id IS NULL OR (u.status = 'active' AND m.status = 'active') IS TRUE AS owner_is_active
     FROM api_keys k LEFT JOIN users u ON u.id = k.user_id
       LEFT JOIN group_members m ON m.user_id = k.user_id AND m.group_id = k.group_id
     WHERE k.enterprise_id = $1`,
    parameters,
  )
  const limits = await database.query<LimitRowData>(
    `SELECT scope, scope_id::text AS scope_id, metric, window_kind, amount::text AS amount, warning_threshold, alert_threshold
     FROM limits WHERE enterprise_id = $1`,
    parameters,
  )
  return { enterprise, accounts: accounts.rows, groups: groups.rows, keys: keys.rows, limits: limits.rows }
}
