// Who may serve: the order of the reasons, and what our own ejections may not do.
import { describe, expect, it } from 'vitest'
import type { AccountId } from '@aicarpool/contract'
import { traitsOfUnknown } from '../protocols/model-traits.ts'
import { providers } from '../providers/index.ts'
import { eligible, type AccountState, type RouteRequest } from './eligible.ts'
import { newHealth } from './health.ts'
import { AccountModels, type ModelView } from './account-models.ts'
import type { AccountView } from './snapshot.ts'

const model: ModelView = { name: 'm', outputTokensMax: 1, traits: traitsOfUnknown, price: undefined }
const account = (id: string): AccountView => ({
  id: id as AccountId,
  enterpriseId: 'e' as AccountView['enterpriseId'],
  name: id,
  serviceType: 'claude',
  provider: providers.claude,
  isEnabled: true,
  status: 'active',
  origin: 'https://x',
  basePath: '',
  credentialEnvelope: new Uint8Array(),
  models: new AccountModels([model], 'm'),
  weight: 1,
  priority: 1,
  concurrentRequestsMax: 2,
  limits: [],
  version: 1,
})
const request: RouteRequest = { model: 'm', serviceType: undefined, speaks: () => true, allowedModels: undefined }
const nowMs = 1000

function look(states: Record<string, Partial<AccountState['health']> & { inFlight?: number }>) {
  const accounts = Object.keys(states).map(account)
  return eligible(
    [accounts],
    request,
    new Set(),
    ({ id }) => {
      const { inFlight = 0, ...health } = states[id] ?? {}
      return { health: { ...newHealth(1), ...health }, inFlight }
    },
    nowMs,
  )
}
const ids = (found: ReturnType<typeof look>) => found.candidates.map((candidate) => candidate.account.id)

describe('RT9 the pool is never emptied by our own ejections', () => {
  it('with nobody else left, an ejected account is tried after all', () => {
    expect(ids(look({ a: { ejectedUntilMs: 5000 }, b: { ejectedUntilMs: 9000 } }))).toEqual(['a', 'b'])
    expect(ids(look({ a: { ejectedUntilMs: 5000 }, b: {} }))).toEqual(['b'])
  })

  it('but never beyond its concurrency', () => {
    const found = look({ a: { ejectedUntilMs: 5000, inFlight: 2 } })
    expect(ids(found)).toEqual([])
    expect(found.refused.map(({ reason }) => reason)).toEqual(['full'])
  })

  it('and not while it is rate limited or out', () => {
    expect(ids(look({ a: { excludedUntilMs: 5000 }, b: { outReason: 'unauthorized' } }))).toEqual([])
  })
})
