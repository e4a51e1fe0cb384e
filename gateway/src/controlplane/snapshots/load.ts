// Database rows → the rows that `compileEnterprise` takes: decimals become integers, the binding's JSON is checked, and the
// quotas of bindings and accounts become limits like any other.
import {
  assert,
  bindingConfig,
  parseDecimal,
  type AccountId,
  type DepartmentId,
  type EnterpriseId,
  type GroupId,
  type KeyId,
  type UserId,
} from '@aicarpool/contract'
import type { AccountRow, EnterpriseRows, GroupRow, KeyRow, LimitRow } from '../../core/routing/compile.ts'
import type { Database } from '../../platform/database/database.ts'
import {
  readEnterprise,
  type AccountRowData,
  type GroupRowData,
  type KeyRowData,
  type LimitRowData,
} from './queries.ts'

const nanoScale = 9
const picoScale = 12
const thresholdDefaults = { warningThreshold: 80, alertThreshold: 95 }

export async function loadEnterprise(
  database: Database,
  id: string,
  version: bigint,
  report: (problem: string) => void,
): Promise<EnterpriseRows | undefined> {
  const read = await readEnterprise(database, id)
  if (!read) return undefined
  const { enterprise } = read
  return {
    id: enterprise.id as EnterpriseId,
    name: enterprise.name,
    isActive: enterprise.is_active,
    version: Number(version),
    timeZone: enterprise.time_zone,
    discountBasisPoints: enterprise.discount_basis_points,
    fixedCallCostNanoUsd: decimal(enterprise.fixed_call_cost, nanoScale),
    accounts: read.accounts.map(accountRow),
    groups: read.groups.map((group) => groupRow(group, report)),
    keys: read.keys.map(keyRow),
    limits: [
      ...read.limits.map(limitRow),
      ...read.groups.flatMap(bindingLimits),
      ...read.accounts.flatMap(accountLimits),
    ],
  }
}

function decimal(text: string, scale: number): number {
  const units = parseDecimal(text, scale)
  assert(units !== undefined, `the database's amount ${text} fits ${scale} decimals`)
  return units
}

function accountRow(row: AccountRowData): AccountRow {
  return {
    id: row.id as AccountId,
    name: row.name,
    serviceType: row.service_type,
    accountType: row.account_type,
    // An account without a credential cannot serve, whatever its switch says.
    isEnabled: row.is_enabled && row.api_key_envelope !== null,
    status: row.status,
    endpoint: row.api_endpoint ?? undefined,
    credentialEnvelope: row.api_key_envelope ?? Buffer.alloc(0),
    supportedModels: strings(row.supported_models) ?? [],
    currentModel: row.current_model ?? undefined,
    costPerTokenPicoUsd: row.cost_per_token === null ? undefined : decimal(row.cost_per_token, picoScale),
    weight: row.weight,
    priority: row.priority,
    concurrentRequestsMax: row.max_concurrency ?? undefined,
    version: Number(row.version),
  }
}

function groupRow(row: GroupRowData, report: (problem: string) => void): GroupRow {
  const config = row.binding_mode === null ? undefined : bindingConfig.safeParse(row.binding_config)
  if (config && !config.success) report(`the binding of group ${row.id} is not valid and is left out`)
  return {
    id: row.id as GroupId,
    name: row.name,
    isActive: row.status === 'active',
    departmentId: (row.department_id ?? undefined) as DepartmentId | undefined,
    bindingMode: row.binding_mode ?? undefined,
    bindingConfig: config?.data,
    priorityLevel: row.priority_level ?? 'medium',
    acceptsOverrun: row.accepts_overrun ?? false,
  }
}

function keyRow(row: KeyRowData): KeyRow {
  return {
    id: row.id as KeyId,
    groupId: row.group_id as GroupId,
    userId: (row.user_id ?? undefined) as UserId | undefined,
    publicId: row.public_id,
    secretHmac: row.secret_hmac,
    name: row.name,
    last4: row.last4,
    isRevoked: row.status !== 'active' || !row.owner_is_active,
    expiresAtMs: row.expires_at?.getTime(),
    allowedModels: strings(row.allowed_models),
  }
}

function limitRow(row: LimitRowData): LimitRow {
  return {
    scope: row.scope,
    scopeId: row.scope_id,
    metric: row.metric,
    windowKind: row.window_kind,
    amount:
      row.amount === null
        ? undefined
        : row.metric === 'money'
          ? decimal(row.amount, nanoScale)
          : decimal(row.amount, 0),
    warningThreshold: row.warning_threshold,
    alertThreshold: row.alert_threshold,
  }
}

/** The PRD's UsageQuota of a group: tokens per day and money per month. */
function bindingLimits(row: GroupRowData): LimitRow[] {
  if (row.binding_mode === null) return []
  const base = {
    scope: 'group' as const,
    scopeId: row.id,
    warningThreshold: row.warning_threshold ?? thresholdDefaults.warningThreshold,
    alertThreshold: row.alert_threshold ?? thresholdDefaults.alertThreshold,
  }
  const tokens = row.daily_token_limit === null ? undefined : Number(row.daily_token_limit)
  const budget = row.monthly_budget === null ? undefined : decimal(row.monthly_budget, nanoScale)
  return [
    { ...base, metric: 'tokens', windowKind: 'day', amount: tokens },
    { ...base, metric: 'money', windowKind: 'month', amount: budget },
  ]
}

/** An account's `dailyLimit` is tokens per day. */
function accountLimits(row: AccountRowData): LimitRow[] {
  if (row.daily_limit === null) return []
  const amount = Number(row.daily_limit)
  return [{ scope: 'account', scopeId: row.id, metric: 'tokens', windowKind: 'day', amount, ...thresholdDefaults }]
}

function strings(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : undefined
}
