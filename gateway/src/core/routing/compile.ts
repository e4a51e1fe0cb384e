// Rows of one enterprise → its EnterpriseView. Pure: the loader reads the rows, this decides what they mean. A row that
// does not make sense (an unknown account in a binding, a bad URL) leaves out that part and is reported, so that one bad
// row can never take a whole enterprise out of service.
import { assert, timeZoneName } from '@aicarpool/contract'
import type { AccountId, EnterpriseId, GroupId, KeyId, UserId } from '@aicarpool/contract'
import type { BindingConfig, BindingMode, DepartmentId, PriorityLevel, ServiceType } from '@aicarpool/contract'
import { findModel, modelsOf, unknownModelOutputTokensMax } from '../pricing/catalogue.ts'
import { flatPrice, type PriceView } from '../pricing/cost.ts'
import type { Catalogue, CatalogueModel } from '../pricing/parse-catalogue.ts'
import { traitsOfUnknown } from '../protocols/model-traits.ts'
import type { Provider } from '../providers/provider.ts'
import type { Providers } from '../providers/registry.ts'
import { cellIdOf, type LimitMetric, type LimitScope, type LimitView, type LimitWindowKind } from '../quota/limits.ts'
import { AccountModels, type ModelView } from './account-models.ts'
import type { AccountView, BindingView, EnterpriseView, GroupView, KeyView, Tier } from './snapshot.ts'

export interface LimitRow {
  scope: LimitScope
  scopeId: string
  metric: LimitMetric
  windowKind: LimitWindowKind
  amount: number | undefined
  warningThreshold: number
  alertThreshold: number
}

export interface AccountRow {
  id: AccountId
  name: string
  serviceType: ServiceType
  accountType: 'dedicated' | 'shared'
  isEnabled: boolean
  status: 'active' | 'inactive' | 'error'
  /** Undefined: the vendor's own. */
  endpoint: string | undefined
  credentialEnvelope: Uint8Array
  supportedModels: string[]
  currentModel: string | undefined
  costPerTokenPicoUsd: number | undefined
  /** Its own prices of models, which come before all others. */
  modelPrices: ReadonlyMap<string, PriceView>
  weight: number
  priority: number
  concurrentRequestsMax: number | undefined
  version: number
}

export interface GroupRow {
  id: GroupId
  name: string
  isActive: boolean
  departmentId: DepartmentId | undefined
  bindingMode: BindingMode | undefined
  bindingConfig: BindingConfig | undefined
  priorityLevel: PriorityLevel
  acceptsOverrun: boolean
}

export interface KeyRow {
  id: KeyId
  groupId: GroupId
  userId: UserId | undefined
  publicId: string
  secretHmac: Buffer
  name: string
  last4: string
  isRevoked: boolean
  expiresAtMs: number | undefined
  allowedModels: string[] | undefined
}

export interface EnterpriseRows {
  id: EnterpriseId
  name: string
  isActive: boolean
  version: number
  timeZone: string
  discountBasisPoints: number
  fixedCallCostNanoUsd: number
  accounts: AccountRow[]
  groups: GroupRow[]
  keys: KeyRow[]
  limits: LimitRow[]
}

/** Concurrency of an account that states none: far above what any vendor's first tier sustains. */
const concurrentRequestsDefault = 1000

/** What is known of vendors and their models. */
export interface Vendors {
  readonly providers: Providers
  readonly catalogue: Catalogue
}

/** Throws where the whole would be wrong: without its time zone no window of a limit can be told. */
export function compileEnterprise(
  rows: EnterpriseRows,
  vendors: Vendors,
  report: (problem: string) => void,
): EnterpriseView {
  assert(timeZoneName.safeParse(rows.timeZone).success, `"${rows.timeZone}" is the name of a time zone`)
  const limits = limitsByScope(rows)
  const accounts = rows.accounts.flatMap((row) => {
    const ofAccount = limits.get(`account:${row.id}`) ?? []
    const account = compileAccount(rows.id, row, ofAccount, vendors)
    if (typeof account !== 'string') return [account]
    report(`account ${row.id} ${account} and is left out`)
    return []
  })
  const types = new Map(rows.accounts.map((row) => [row.id, row.accountType]))
  const groups = new Map(rows.groups.map((row) => [row.id, compileGroup(row, accounts, types, report)]))
  const keys: KeyView[] = []
  const view: EnterpriseView = {
    id: rows.id,
    name: rows.name,
    isActive: rows.isActive,
    version: rows.version,
    timeZone: rows.timeZone,
    discountBasisPoints: rows.discountBasisPoints,
    fixedCallCostNanoUsd: rows.fixedCallCostNanoUsd,
    accounts,
    keys,
  }
  for (const row of rows.keys) {
    const group = groups.get(row.groupId)
    if (group) keys.push(compileKey(row, view, group, limits))
  }
  return view
}

function limitsByScope(rows: EnterpriseRows): Map<string, LimitView[]> {
  const byScope = new Map<string, LimitView[]>()
  for (const row of rows.limits) {
    const scopeKey = `${row.scope}:${row.scopeId}`
    const cellId = cellIdOf(row.scope, row.scopeId, row.metric, row.windowKind)
    const limit = { ...row, cellId, timeZone: rows.timeZone }
    const others = byScope.get(scopeKey) ?? []
    const twin = others.find((other) => other.cellId === cellId)
    // A group's quota and a limit of the same metric and window count in one cell, so only the tighter of them is kept:
    // a request that reserved in both would be counted twice.
    if (twin) twin.amount = tighter(twin.amount, limit.amount)
    else byScope.set(scopeKey, [...others, limit])
  }
  return byScope
}

function tighter(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Math.min(a, b)
}

function originOf(endpoint: string, { wires }: Provider): { origin: string; basePath: string } | undefined {
  if (!URL.canParse(endpoint)) return undefined
  const url = new URL(endpoint)
  // People paste base URLs as SDKs want them, with a wire's own prefix and the version ("…/compatible-mode/v1"): the paths of the
  // wires begin with both.
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1(beta)?$/, '')
  const prefix = wires.map(({ pathPrefix }) => pathPrefix).find((each) => each !== '' && path.endsWith(each))
  return { origin: url.origin, basePath: prefix === undefined ? path : path.slice(0, -prefix.length) }
}

/** A text says what is wrong with the account. */
function compileAccount(
  enterpriseId: EnterpriseId,
  row: AccountRow,
  limits: LimitView[],
  { providers, catalogue }: Vendors,
): AccountView | string {
  const provider = providers.get(row.serviceType)
  if (!provider) return `is of the unknown service type ${row.serviceType}`
  const address = originOf(row.endpoint ?? provider.defaultEndpoint, provider)
  if (!address) return 'has an endpoint that is not a URL'
  return {
    id: row.id,
    enterpriseId,
    name: row.name,
    serviceType: row.serviceType,
    provider,
    isEnabled: row.isEnabled,
    status: row.status,
    ...address,
    credentialEnvelope: row.credentialEnvelope,
    models: modelsOfAccount(row, catalogue),
    weight: row.weight,
    priority: row.priority,
    concurrentRequestsMax: row.concurrentRequestsMax ?? concurrentRequestsDefault,
    limits,
    version: row.version,
  }
}

/** Names the price with every row that it priced: it is another whenever the account changes. */
export function accountPriceVersion({ version }: { version: number }): string {
  return `account-${version}`
}

/** An account that names no models serves all that the catalogue knows of its vendor, by every name that they have. */
function modelsOfAccount(row: AccountRow, catalogue: Catalogue): AccountModels {
  const { serviceType, supportedModels, currentModel, costPerTokenPicoUsd } = row
  const flat = costPerTokenPicoUsd === undefined ? undefined : flatPrice(accountPriceVersion(row), costPerTokenPicoUsd)
  const ownPrice = (name: string) => row.modelPrices.get(name) ?? flat
  const find = (name: string) => findModel(catalogue, serviceType, name)
  const view = (name: string) => modelView(name, find(name), ownPrice(name))
  if (supportedModels.length === 0) {
    const listed = modelsOf(catalogue, serviceType).map((known) => modelView(known.model, known, ownPrice(known.model)))
    return new AccountModels(listed, currentModel, (name) =>
      name === currentModel || find(name) ? view(name) : undefined,
    )
  }
  const names = new Set([...supportedModels, ...(currentModel === undefined ? [] : [currentModel])])
  return new AccountModels([...names].map(view), currentModel)
}

function modelView(name: string, known: CatalogueModel | undefined, ownPrice: PriceView | undefined): ModelView {
  const view = {
    name,
    outputTokensMax: known?.outputTokensMax ?? unknownModelOutputTokensMax,
    stated: known && { contextTokens: known.contextTokens, outputTokensMax: known.outputTokensMax },
    traits: known?.traits ?? traitsOfUnknown,
    retiredAtMs: known?.retiredAtMs,
  }
  if (ownPrice || !known) return { ...view, price: ownPrice }
  let next: ModelView['next']
  for (const { fromMs, price } of known.laterPrices.toReversed()) next = { fromMs, view: { ...view, price, next } }
  return { ...view, price: known.price, next }
}

function compileGroup(
  row: GroupRow,
  accounts: readonly AccountView[],
  types: ReadonlyMap<AccountId, 'dedicated' | 'shared'>,
  report: (problem: string) => void,
): GroupView {
  const byId = new Map<string, AccountView>(accounts.map((account) => [account.id, account]))
  const own = (id: string): AccountView[] => {
    const account = byId.get(id)
    if (!account) report(`group ${row.id} is bound to account ${id}, which does not exist`)
    return account ? [account] : []
  }
  const pool = (serviceType: string): Tier =>
    accounts.filter((account) => account.serviceType === serviceType && types.get(account.id) === 'shared')
  const tiers = row.bindingConfig ? tiersOf(row.bindingConfig, own, pool) : []
  const binding: BindingView | undefined =
    row.bindingConfig && row.bindingMode
      ? {
          mode: row.bindingMode,
          priorityLevel: row.priorityLevel,
          acceptsOverrun: row.acceptsOverrun,
          tiers: tiers.filter((tier) => tier.length > 0),
        }
      : undefined
  return { id: row.id, name: row.name, isActive: row.isActive, departmentId: row.departmentId, binding }
}

function tiersOf(
  config: BindingConfig,
  own: (accountId: string) => AccountView[],
  pool: (serviceType: string) => Tier,
): Tier[] {
  switch (config.mode) {
    case 'dedicated':
      return tiersByPriority(config.accounts, (entry) => own(entry.accountId))
    case 'shared':
      return tiersByPriority(config.poolConfig, (entry) => pool(entry.serviceType))
    case 'hybrid':
      return [
        ...config.primaryAccounts.map(own),
        ...tiersByPriority(config.fallbackPools, (entry) => pool(entry.serviceType)),
      ]
  }
}

/** Entries of one priority share a tier; the smaller number goes first. */
function tiersByPriority<Entry extends { priority: number }>(
  entries: readonly Entry[],
  accountsOf: (entry: Entry) => Tier,
): Tier[] {
  const byPriority = Map.groupBy(entries, (entry) => entry.priority)
  return [...byPriority.keys()]
    .toSorted((a, b) => a - b)
    .map((priority) => (byPriority.get(priority) ?? []).flatMap((entry) => [...accountsOf(entry)]))
}

function compileKey(
  row: KeyRow,
  enterprise: EnterpriseView,
  group: GroupView,
  limits: Map<string, LimitView[]>,
): KeyView {
  const chain = [
    `key:${row.id}`,
    `member:${row.userId ?? ''}`,
    `group:${group.id}`,
    `department:${group.departmentId ?? ''}`,
    `enterprise:${enterprise.id}`,
  ]
  return {
    id: row.id,
    publicId: row.publicId,
    secretHmac: row.secretHmac,
    name: row.name,
    last4: row.last4,
    userId: row.userId,
    isRevoked: row.isRevoked,
    expiresAtMs: row.expiresAtMs ?? Number.POSITIVE_INFINITY,
    allowedModels: row.allowedModels ? new Set(row.allowedModels) : undefined,
    group,
    enterprise,
    limits: chain.flatMap((scopeKey) => limits.get(scopeKey) ?? []),
  }
}
