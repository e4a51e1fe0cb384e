// Kysely's types of every table, column for column as the migrations make them. Owns no SQL; a test compares these
// names with the catalogue. Read by everything that queries.
import type { ServiceType } from '@aicarpool/contract'
import type { ColumnType } from 'kysely'

/** int8: exact on the way out, anything whole on the way in. */
export type Int8 = ColumnType<bigint, bigint | number | string, bigint | number | string>
/** numeric: a decimal text, never a float. Money in USD with nine decimals unless the column says otherwise. */
export type Numeric = ColumnType<string, string | bigint, string | bigint>
/** jsonb: written as JSON text (`JSON.stringify`), because a bare array would become a PostgreSQL array. */
export type Json<Value = unknown> = ColumnType<Value, string, string>
export type Time = ColumnType<Date, Date | string, Date | string>

/** A column with a default: may be left out of an INSERT. (Kysely's own Generated does not look into a ColumnType.) */
type Generated<Column> =
  Column extends ColumnType<infer Select, infer Insert, infer Update>
    ? ColumnType<Select, Insert | undefined, Update>
    : ColumnType<Column, Column | undefined, Column>
type Nullable<Column> =
  Column extends ColumnType<infer Select, infer Insert, infer Update>
    ? ColumnType<Select | null, Insert | null | undefined, Update | null>
    : Column | null

interface Stamps {
  created_at: Generated<Time>
  updated_at: Generated<Time>
}

interface Totals {
  total_requests: Generated<Int8>
  total_tokens: Generated<Int8>
  total_cost: Generated<Numeric>
}

export interface EnterprisesTable extends Stamps, Totals {
  id: Generated<string>
  name: string
  plan_type: Generated<'basic' | 'professional' | 'enterprise'>
  settings: Generated<Json<Record<string, unknown>>>
  time_zone: Generated<string>
  currency: Generated<string>
  discount_basis_points: Generated<number>
  fixed_call_cost: Generated<Numeric>
  version: Generated<Int8>
  archived_at: Nullable<Time>
}

export interface DepartmentsTable extends Stamps {
  id: Generated<string>
  enterprise_id: string
  name: string
  description: string | null
  version: Generated<Int8>
  archived_at: Nullable<Time>
}

export interface UsersTable extends Stamps {
  id: Generated<string>
  email: string
  name: string
  password_hash: string | null
  is_system_admin: Generated<boolean>
  status: Generated<'active' | 'invited' | 'disabled'>
  locale: 'zh-CN' | 'en' | null
  last_login_at: Nullable<Time>
  archived_at: Nullable<Time>
}

export interface EnterpriseMembersTable {
  enterprise_id: string
  user_id: string
  role: 'enterprise_owner' | 'enterprise_admin'
  created_at: Generated<Time>
}

export interface GroupsTable extends Stamps, Totals {
  id: Generated<string>
  enterprise_id: string
  department_id: string | null
  name: string
  description: string | null
  max_members: Generated<number>
  status: Generated<'active' | 'inactive'>
  balancing_policy: 'round_robin' | 'least_connections' | 'weighted' | 'least_response_time' | 'affinity' | null
  version: Generated<Int8>
  archived_at: Nullable<Time>
}

export interface GroupMembersTable extends Stamps {
  id: Generated<string>
  group_id: string
  user_id: string
  role: Generated<'group_owner' | 'group_member'>
  status: Generated<'active' | 'suspended' | 'removed'>
}

export interface ApiKeysTable extends Stamps {
  id: Generated<string>
  enterprise_id: string
  group_id: string
  user_id: string | null
  name: string
  public_id: string
  secret_hmac: Uint8Array
  last4: string
  status: Generated<'active' | 'revoked'>
  expires_at: Nullable<Time>
  revoked_at: Nullable<Time>
  allowed_models: Nullable<Json<string[]>>
  created_by: string | null
  last_used_at: Nullable<Time>
}

export interface LimitsTable extends Stamps {
  id: Generated<string>
  enterprise_id: string
  scope: 'enterprise' | 'department' | 'group' | 'account' | 'member' | 'key'
  scope_id: string
  metric: 'tokens' | 'money' | 'requests'
  window_kind: 'minute' | '5h' | 'day' | 'week' | 'month' | 'total'
  amount: Nullable<Numeric>
  warning_threshold: Generated<number>
  alert_threshold: Generated<number>
  version: Generated<Int8>
}

export interface AiServiceAccountsTable extends Stamps, Totals {
  id: Generated<string>
  enterprise_id: string
  name: string
  service_type: ServiceType
  account_type: Generated<'dedicated' | 'shared'>
  api_key_envelope: Uint8Array | null
  api_key_last4: string | null
  api_endpoint: string | null
  is_enabled: Generated<boolean>
  status: Generated<'active' | 'inactive' | 'error'>
  status_reason: string | null
  current_load: Generated<number>
  supported_models: Generated<Json<string[]>>
  model_prices: Generated<Json<Record<string, unknown>>>
  current_model: string | null
  daily_limit: Nullable<Int8>
  cost_per_token: Nullable<Numeric>
  organisation: string | null
  cache_domain: string | null
  weight: Generated<number>
  priority: Generated<number>
  max_concurrency: number | null
  requests_per_minute: number | null
  input_tokens_per_minute: Nullable<Int8>
  output_tokens_per_minute: Nullable<Int8>
  last_used_at: Nullable<Time>
  version: Generated<Int8>
  archived_at: Nullable<Time>
}

export interface GroupResourceBindingsTable extends Stamps {
  id: Generated<string>
  group_id: string
  binding_mode: 'dedicated' | 'shared' | 'hybrid'
  binding_config: Json<Record<string, unknown>>
  daily_token_limit: Nullable<Int8>
  monthly_budget: Nullable<Numeric>
  priority_level: Generated<'high' | 'medium' | 'low'>
  warning_threshold: Generated<number>
  alert_threshold: Generated<number>
  accepts_overrun: Generated<boolean>
  version: Generated<Int8>
}

export interface AccountHealthChecksTable {
  id: Generated<string>
  account_id: string
  is_healthy: boolean
  response_time: number | null
  error_code: string | null
  error_message: string | null
  checked_at: Generated<Time>
}

export interface PriceFilesTable {
  id: ColumnType<bigint, never, never>
  version: string
  file: Nullable<Json<Record<string, unknown>>>
  imported_by: string
  imported_at: Generated<Time>
}

export interface ModelAliasesTable {
  enterprise_id: string
  alias: string
  service_type: ServiceType
  model: string
  created_at: Generated<Time>
}

interface TokenClasses {
  input_tokens: Generated<Int8>
  cache_read_tokens: Generated<Int8>
  cache_write_5m_tokens: Generated<Int8>
  cache_write_30m_tokens: Generated<Int8>
  cache_write_1h_tokens: Generated<Int8>
  cache_write_12h_tokens: Generated<Int8>
  output_tokens: Generated<Int8>
  reasoning_tokens: Generated<Int8>
  audio_input_tokens: Generated<Int8>
  audio_output_tokens: Generated<Int8>
}

export interface UsageStatsTable extends TokenClasses {
  /** Made by the database from request_id and attempt. */
  id: ColumnType<string, never, never>
  request_id: string
  attempt: number
  is_final: boolean
  enterprise_id: string
  department_id: string | null
  group_id: string
  user_id: string | null
  account_id: string
  key_id: string
  service_type: ServiceType
  model_requested: string | null
  model_used: string
  request_type: 'chat' | 'completion' | 'embedding' | 'count_tokens'
  request_tokens: Generated<Int8>
  response_tokens: Generated<Int8>
  total_tokens: Generated<Int8>
  cost: Generated<Numeric>
  price_version: string | null
  is_unpriced: Generated<boolean>
  usage_source: 'reported' | 'partial' | 'estimated' | 'recovered' | 'none'
  usage_details: Nullable<Json<Record<string, unknown>>>
  raw_usage: Nullable<Json>
  response_time: number | null
  first_token_ms: number | null
  status: 'success' | 'error' | 'timeout' | 'cancelled'
  error_code: string | null
  upstream_request_id: string | null
  request_time: Generated<Time>
  metadata: Nullable<Json<Record<string, unknown>>>
}

export interface UsageRollupsTable extends TokenClasses {
  slot_start: Time
  enterprise_id: string
  group_id: string
  account_id: string
  user_id: Generated<string>
  key_id: string
  model: string
  service_type: ServiceType
  requests: Generated<Int8>
  attempts: Generated<Int8>
  successes: Generated<Int8>
  errors: Generated<Int8>
  image_input_tokens: Generated<Int8>
  image_output_tokens: Generated<Int8>
  tool_input_tokens: Generated<Int8>
  web_searches: Generated<Int8>
  web_fetches: Generated<Int8>
  total_tokens: Generated<Int8>
  cost: Generated<Numeric>
  response_time_sum_ms: Generated<Int8>
  first_token_sum_ms: Generated<Int8>
  latency_histogram: Generated<ColumnType<bigint[], readonly bigint[], readonly bigint[]>>
}

export interface UsageOverrunsTable {
  request_id: string
  attempt: number
  request_time: Time
  enterprise_id: string
  group_id: string
  account_id: string
  tokens: Int8
  cost: Numeric
}

export interface IdempotencyKeysTable {
  key_hash: Uint8Array
  enterprise_id: string
  key_id: string
  body_hash: Uint8Array
  request_id: string
  outcome: 'success' | 'cut' | 'recovered'
  tokens: Int8
  cost: Numeric
  requested_at: Time
}

export interface ReconciliationRunsTable {
  id: ColumnType<bigint, never, never>
  since: Nullable<Time>
  started_at: Time
  ended_at: Time
  rows_checked: Int8
  findings: Json<Record<string, unknown>[]>
}

export interface JournalWatermarksTable {
  node_id: string
  epoch: Int8
  segment: Int8
  byte_offset: Int8
  sequence: Int8
  settled_at: Generated<Time>
}

export interface AuditLogTable {
  seq: ColumnType<bigint, never, never>
  enterprise_id: string | null
  actor_kind: 'user' | 'system' | 'command'
  actor_id: string | null
  actor_name: string
  address: string | null
  action: string
  target_kind: string
  target_id: string | null
  detail: Generated<Json<Record<string, unknown>>>
  previous_hash: Uint8Array
  hash: Uint8Array
  at: Generated<Time>
}

export interface EventsTable {
  id: ColumnType<bigint, never, never>
  enterprise_id: string | null
  group_id: string | null
  kind: string
  severity: 'info' | 'warning' | 'alert' | 'critical'
  subject: string
  detail: Generated<Json<Record<string, unknown>>>
  dedupe_key: string | null
  at: Generated<Time>
}

export interface SessionsTable {
  id: Generated<string>
  user_id: string
  token_hash: Uint8Array
  created_at: Generated<Time>
  last_seen_at: Generated<Time>
  expires_at: Time
  revoked_at: Nullable<Time>
  address: string | null
  user_agent: string | null
}

export interface SetupTokensTable {
  token_hash: Uint8Array
  created_at: Generated<Time>
  used_at: Nullable<Time>
}

export interface SystemSettingsTable {
  name: string
  value: Json
  updated_at: Generated<Time>
}

export interface RoutingVersionsTable {
  enterprise_id: string
  version: Generated<Int8>
}

export interface SchemaMigrationsTable {
  name: string
  checksum: string
  applied_at: Generated<Time>
}

export interface Tables {
  enterprises: EnterprisesTable
  departments: DepartmentsTable
  users: UsersTable
  enterprise_members: EnterpriseMembersTable
  groups: GroupsTable
  group_members: GroupMembersTable
  api_keys: ApiKeysTable
  limits: LimitsTable
  ai_service_accounts: AiServiceAccountsTable
  group_resource_bindings: GroupResourceBindingsTable
  account_health_checks: AccountHealthChecksTable
  price_files: PriceFilesTable
  model_aliases: ModelAliasesTable
  usage_stats: UsageStatsTable
  usage_rollups: UsageRollupsTable
  usage_overruns: UsageOverrunsTable
  idempotency_keys: IdempotencyKeysTable
  reconciliation_runs: ReconciliationRunsTable
  journal_watermarks: JournalWatermarksTable
  audit_log: AuditLogTable
  events: EventsTable
  sessions: SessionsTable
  setup_tokens: SetupTokensTable
  system_settings: SystemSettingsTable
  routing_versions: RoutingVersionsTable
  schema_migrations: SchemaMigrationsTable
}
