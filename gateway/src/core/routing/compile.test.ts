// Bindings as tiers, and who may serve.
import { expect, test } from 'vitest'
import type { AccountId, BindingConfig, EnterpriseId, GroupId, KeyId } from '@aicarpool/contract'
import { shippedCatalogue } from '../pricing/catalogue.ts'
import { shippedProviders } from '../providers/index.ts'
import { leastConnections } from './choose.ts'
import { compileEnterprise, type AccountRow, type EnterpriseRows, type LimitRow } from './compile.ts'
import { eligible, type AccountState, type RouteRequest } from './eligible.ts'
import { newHealth } from './health.ts'
import type { AccountView } from './snapshot.ts'

const account = (id: string, over: Partial<AccountRow> = {}): AccountRow => ({
  id: id as AccountId,
  name: id,
  serviceType: 'claude',
  accountType: 'shared',
  isEnabled: true,
  status: 'active',
  endpoint: 'https://api.example.com/base/v1/',
  credentialEnvelope: Buffer.alloc(0),
  supportedModels: ['m1'],
  currentModel: undefined,
  costPerTokenPicoUsd: undefined,
  weight: 100,
  priority: 100,
  version: 1,
  concurrentRequestsMax: undefined,
  ...over,
})

function rows(config: BindingConfig, accounts: AccountRow[], limits: LimitRow[] = []): EnterpriseRows {
  return {
    id: 'e' as EnterpriseId,
    name: 'E',
    isActive: true,
    version: 1,
    timeZone: 'Asia/Shanghai',
    discountBasisPoints: 0,
    fixedCallCostNanoUsd: 0,
    accounts,
    limits,
    groups: [
      {
        id: 'g' as GroupId,
        name: 'G',
        isActive: true,
        departmentId: undefined,
        priorityLevel: 'medium',
        acceptsOverrun: false,
        bindingMode: config.mode,
        bindingConfig: config,
      },
    ],
    keys: [
      {
        id: 'k' as KeyId,
        groupId: 'g' as GroupId,
        userId: undefined,
        publicId: 'pub',
        secretHmac: Buffer.alloc(32),
        name: 'key',
        last4: '0000',
        isRevoked: false,
        expiresAtMs: undefined,
        allowedModels: undefined,
      },
    ],
  }
}

function tiersOf(config: BindingConfig, accounts: AccountRow[], problems: string[] = []): string[][] {
  const view = compileEnterprise(rows(config, accounts), shipped, (problem) => problems.push(problem))
  return (view.keys[0]?.group.binding?.tiers ?? []).map((tier) => tier.map(({ id }) => id))
}

const shipped = { providers: shippedProviders, catalogue: shippedCatalogue }
const dedicated = { accountType: 'dedicated' } as const
const anything: RouteRequest = { model: 'm1', serviceType: undefined, speaks: () => true, allowedModels: undefined }

function statesOf() {
  const states = new Map<string, AccountState>()
  return (view: AccountView): AccountState => {
    const state = states.get(view.id) ?? { health: newHealth(view.version), inFlight: 0 }
    states.set(view.id, state)
    return state
  }
}

test('RT1 a dedicated group has its own accounts in the order of their priority', () => {
  const config: BindingConfig = {
    mode: 'dedicated',
    accounts: [
      { accountId: 'b', serviceType: 'claude', priority: 2 },
      { accountId: 'a', serviceType: 'claude', priority: 1 },
      { accountId: 'c', serviceType: 'claude', priority: 2 },
    ],
  }
  expect(
    tiersOf(config, [account('a', dedicated), account('b', dedicated), account('c', dedicated), account('d')]),
  ).toEqual([['a'], ['b', 'c']])
})

test('RT2 a pool holds the shared accounts of its service type and never a dedicated one', () => {
  const config: BindingConfig = {
    mode: 'shared',
    poolConfig: [
      { serviceType: 'qwen', maxUsagePercent: 100, priority: 2 },
      { serviceType: 'claude', maxUsagePercent: 100, priority: 1 },
    ],
  }
  const accounts = [
    account('a'),
    account('own', dedicated),
    account('q', { serviceType: 'qwen' }),
    account('g', { serviceType: 'gemini' }),
  ]
  expect(tiersOf(config, accounts)).toEqual([['a'], ['q']])
})

test('RT3 a hybrid group has its primary accounts first, one after the other, then the pools', () => {
  const config: BindingConfig = {
    mode: 'hybrid',
    primaryAccounts: ['p2', 'p1'],
    fallbackPools: [{ serviceType: 'claude', priority: 5 }],
  }
  expect(tiersOf(config, [account('a'), account('p1', dedicated), account('p2', dedicated)])).toEqual([
    ['p2'],
    ['p1'],
    ['a'],
  ])
})

test('RT3 a later tier serves only when no account of an earlier one can', () => {
  const config: BindingConfig = {
    mode: 'hybrid',
    primaryAccounts: ['p'],
    fallbackPools: [{ serviceType: 'claude', priority: 1 }],
  }
  const view = compileEnterprise(
    rows(config, [account('a'), account('p', { ...dedicated, concurrentRequestsMax: 1 })]),
    shipped,
    () => undefined,
  )
  const tiers = view.keys[0]?.group.binding?.tiers ?? []
  const stateOf = statesOf()
  const serving = () =>
    eligible(tiers, anything, new Set(), stateOf, 0).candidates.map((candidate) => candidate.account.id)
  expect(serving()).toEqual(['p'])
  const [primary] = tiers[0] ?? []
  if (primary) stateOf(primary).inFlight = 1
  expect(serving()).toEqual(['a'])
  if (primary) stateOf(primary).inFlight = 0
  expect(serving()).toEqual(['p'])
})

test('RT4 every account that cannot serve is named with its reason', () => {
  const config: BindingConfig = {
    mode: 'shared',
    poolConfig: [{ serviceType: 'claude', maxUsagePercent: 100, priority: 1 }],
  }
  const accounts = [
    account('disabled', { isEnabled: false }),
    account('broken', { status: 'error' }),
    account('other-model', { supportedModels: ['m2'] }),
    account('excluded'),
    account('out'),
    account('full', { concurrentRequestsMax: 1 }),
    account('good'),
  ]
  const view = compileEnterprise(rows(config, accounts), shipped, () => undefined)
  const stateOf = statesOf()
  for (const each of view.accounts) {
    if (each.id === 'excluded') stateOf(each).health.excludedUntilMs = 10
    if (each.id === 'out') stateOf(each).health.outReason = 'unauthorized'
    if (each.id === 'full') stateOf(each).inFlight = 1
  }
  const found = eligible(view.keys[0]?.group.binding?.tiers ?? [], anything, new Set(), stateOf, 5)
  expect(found.candidates.map((candidate) => candidate.account.id)).toEqual(['good'])
  expect(Object.fromEntries(found.refused.map((entry) => [entry.account.id, entry.reason]))).toEqual({
    disabled: 'disabled',
    broken: 'disabled',
    'other-model': 'model',
    excluded: 'excluded',
    out: 'out',
    full: 'full',
  })
})

test('VE2 an account of an unknown service type is left out and reported, and the others serve', () => {
  const config: BindingConfig = {
    mode: 'shared',
    poolConfig: ['gone', 'claude'].map((serviceType) => ({ serviceType, maxUsagePercent: 100, priority: 1 })),
  }
  const problems: string[] = []
  expect(tiersOf(config, [account('a', { serviceType: 'gone' }), account('b')], problems)).toEqual([['b']])
  expect(problems).toEqual(['account a is of the unknown service type gone and is left out'])
})

test('RT9 a pool whose every account is ejected is used all the same (T58)', () => {
  const config: BindingConfig = {
    mode: 'shared',
    poolConfig: [{ serviceType: 'claude', maxUsagePercent: 100, priority: 1 }],
  }
  const view = compileEnterprise(rows(config, [account('a'), account('b')]), shipped, () => undefined)
  const stateOf = statesOf()
  for (const each of view.accounts) stateOf(each).health.ejectedUntilMs = 1000
  const found = eligible(view.keys[0]?.group.binding?.tiers ?? [], anything, new Set(), stateOf, 5)
  expect(found.candidates).toHaveLength(2)
})

test('RT5 equals take turns and a busy account is passed over', () => {
  const config: BindingConfig = {
    mode: 'shared',
    poolConfig: [{ serviceType: 'claude', maxUsagePercent: 100, priority: 1 }],
  }
  const view = compileEnterprise(
    rows(config, [account('a'), account('b'), account('c', { weight: 300 })]),
    shipped,
    () => undefined,
  )
  const stateOf = statesOf()
  const { candidates } = eligible(view.keys[0]?.group.binding?.tiers ?? [], anything, new Set(), stateOf, 0)
  const [a, b, c] = view.accounts
  if (!a || !b || !c) throw new RangeError('three accounts')
  expect(leastConnections(candidates, stateOf, 0)?.account.id).toBe('c')
  stateOf(c).inFlight = 3
  const chosen = [0, 1, 2, 3].map((turn) => leastConnections(candidates.slice(0, 2), stateOf, turn)?.account.id)
  expect(chosen).toEqual(['a', 'b', 'a', 'b'])
  stateOf(a).inFlight = 5
  expect(leastConnections(candidates, stateOf, 0)?.account.id).toBe('b')
})

test('MO2 the account’s own price comes before the catalogue, and without both a model is unpriced', () => {
  const config: BindingConfig = {
    mode: 'shared',
    poolConfig: [{ serviceType: 'claude', maxUsagePercent: 100, priority: 1 }],
  }
  const supportedModels = ['claude-sonnet-4-5', 'home-made']
  const accounts = [
    account('own', { supportedModels, costPerTokenPicoUsd: 7 }),
    account('catalogue', { supportedModels }),
  ]
  const view = compileEnterprise(rows(config, accounts), shipped, () => undefined)
  expect(view.accounts[0]?.models.find('home-made', 0)?.price?.input).toBe(7)
  expect(view.accounts[1]?.models.find('claude-sonnet-4-5', 0)?.price?.input).toBe(3_000_000)
  expect(view.accounts[1]?.models.find('home-made', 0)?.price).toBeUndefined()
})

test('a base URL with the version that SDKs want is understood', () => {
  const config: BindingConfig = {
    mode: 'shared',
    poolConfig: [{ serviceType: 'claude', maxUsagePercent: 100, priority: 1 }],
  }
  const view = compileEnterprise(rows(config, [account('a')]), shipped, () => undefined)
  expect(view.accounts[0]).toMatchObject({ origin: 'https://api.example.com', basePath: '/base' })
})

test('one bad row is left out and reported, the rest stays in service', () => {
  const problems: string[] = []
  const config: BindingConfig = { mode: 'hybrid', primaryAccounts: ['ghost', 'a'], fallbackPools: [] }
  expect(tiersOf(config, [account('a'), account('bad', { endpoint: 'not a url' })], problems)).toEqual([['a']])
  expect(problems).toHaveLength(2)
})

test('a quota and a limit of the same metric and window count once, the tighter one', () => {
  const config: BindingConfig = {
    mode: 'shared',
    poolConfig: [{ serviceType: 'claude', maxUsagePercent: 100, priority: 1 }],
  }
  const limit = (amount: number | undefined): LimitRow => ({
    scope: 'group',
    scopeId: 'g',
    metric: 'tokens',
    windowKind: 'day',
    amount,
    warningThreshold: 80,
    alertThreshold: 95,
  })
  const view = compileEnterprise(
    rows(config, [account('a')], [limit(undefined), limit(50), limit(70)]),
    shipped,
    () => undefined,
  )
  expect(view.keys[0]?.limits.map((each) => each.amount)).toEqual([50])
})
