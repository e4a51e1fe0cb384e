// The rules of resource bindings (资源绑定): which accounts a group may take for its own and with what quota.
// Owns the check and the writing; what a binding means for a request is core/routing's.
import {
  AppError,
  bindingConfig,
  type BindingConfig,
  type EnterpriseId,
  type GroupId,
  parseDecimal,
  priorityLevels,
  type ServiceType,
} from '@aicarpool/contract'
import { z } from 'zod'
import { requireKnown, type Providers } from '../../core/providers/registry.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { type BoundAccount, findAccountsOfOtherGroups, groupExists, lockAccounts, upsertBinding } from './queries.ts'

const usdDecimals = 9
const percentMax = 100
const defaultDailyTokens = 10_000
const defaultWarningPercent = 80
const defaultAlertPercent = 95

export const newBinding = z.strictObject({
  bindingConfig,
  /** Null is unlimited, 0 blocks. The default is the PRD's. */
  dailyTokenLimit: z.int().min(0).nullable().default(defaultDailyTokens),
  /** USD a month as a decimal text; null is unlimited. */
  monthlyBudget: z
    .string()
    .refine((text) => parseDecimal(text, usdDecimals) !== undefined, 'must be a decimal number of USD')
    .nullable()
    .default(null),
  priorityLevel: z.enum(priorityLevels).default('medium'),
  warningThreshold: z.int().min(0).max(percentMax).default(defaultWarningPercent),
  alertThreshold: z.int().min(0).max(percentMax).default(defaultAlertPercent),
  /** Lets requests through whose size cannot be bounded beforehand, even under a hard limit. */
  acceptsOverrun: z.boolean().default(false),
})
export type NewBinding = z.input<typeof newBinding>

/** Sets the group's binding, replacing the one it had. Refusals name the field of the account or the pool at fault. */
export async function saveBinding(
  tx: Transaction,
  providers: Providers,
  enterpriseId: EnterpriseId,
  groupId: GroupId,
  input: NewBinding,
): Promise<void> {
  const { bindingConfig: config, ...quota } = newBinding.parse(input)
  if (!(await groupExists(tx, enterpriseId, groupId))) {
    throw new AppError('not_found', { detail: 'The enterprise has no such group.', field: 'groupId' })
  }
  for (const [field, serviceType] of serviceTypesOf(config)) requireKnown(providers, serviceType, field)
  await checkAccounts(tx, enterpriseId, groupId, ownAccounts(config))
  await upsertBinding(tx, { groupId, config, ...quota })
}

/** Those that the binding states, with their fields. */
function serviceTypesOf(config: BindingConfig): [string, ServiceType][] {
  const stated = (list: string, entries: readonly { serviceType: ServiceType }[]): [string, ServiceType][] =>
    entries.map(({ serviceType }, index) => [`bindingConfig.${list}.${index}.serviceType`, serviceType])
  switch (config.mode) {
    case 'dedicated':
      return stated('accounts', config.accounts)
    case 'shared':
      return stated('poolConfig', config.poolConfig)
    case 'hybrid':
      return stated('fallbackPools', config.fallbackPools)
  }
}

interface OwnAccount {
  id: string
  /** Undefined where the binding does not state it. */
  serviceType: ServiceType | undefined
  field: string
}

/** The accounts that the group takes for itself; pools name none. */
function ownAccounts(config: BindingConfig): OwnAccount[] {
  if (config.mode === 'shared') return []
  if (config.mode === 'hybrid') {
    return config.primaryAccounts.map((id, index) => ({
      id,
      serviceType: undefined,
      field: `bindingConfig.primaryAccounts.${index}`,
    }))
  }
  return config.accounts.map((entry, index) => ({
    id: entry.accountId,
    serviceType: entry.serviceType,
    field: `bindingConfig.accounts.${index}`,
  }))
}

async function checkAccounts(
  tx: Transaction,
  enterpriseId: EnterpriseId,
  groupId: GroupId,
  own: readonly OwnAccount[],
): Promise<void> {
  const ids = own.map((account) => account.id)
  const found = new Map((await lockAccounts(tx, enterpriseId, ids)).map((row) => [row.id as string, row]))
  const taken = new Set(await findAccountsOfOtherGroups(tx, enterpriseId, groupId, ids))
  const seen = new Set<string>()
  for (const account of own) {
    const fault = findFault(account, found.get(account.id), taken, seen)
    if (fault !== undefined) throw new AppError('invalid_request', { detail: fault, field: account.field })
    seen.add(account.id)
  }
}

function findFault(
  account: OwnAccount,
  row: BoundAccount | undefined,
  taken: ReadonlySet<string>,
  seen: ReadonlySet<string>,
): string | undefined {
  if (seen.has(account.id)) return 'The account is listed twice.'
  // An account of another enterprise is not told apart from one that does not exist.
  if (row === undefined) return 'The enterprise has no such account.'
  if (row.account_type !== 'dedicated') return 'The account is shared; only dedicated accounts can be a group’s own.'
  if (account.serviceType !== undefined && row.service_type !== account.serviceType)
    return `The account is of the service type ${row.service_type}.`
  return taken.has(account.id) ? 'The account already belongs to another group.' : undefined
}
