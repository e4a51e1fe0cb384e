// Who may serve a request, and why the others may not. A tier of the binding is used only when no account of an earlier
// tier can serve.
import type { AccountId, ServiceType } from '@aicarpool/contract'
import type { Provider } from '../providers/provider.ts'
import { availability, type AccountHealth } from './health.ts'
import type { ModelView } from './account-models.ts'
import type { AccountView, Tier } from './snapshot.ts'

export interface RouteRequest {
  /** Undefined: the account's current model. */
  model: string | undefined
  serviceType: ServiceType | undefined
  /** Whether an account of this vendor can serve the client's protocol, with this model where it has one. */
  speaks: (provider: Provider, model: ModelView | undefined) => boolean
  allowedModels: ReadonlySet<string> | undefined
}

export type Reason =
  | 'tried'
  | 'other-service'
  | 'protocol'
  | 'model'
  | 'model-not-allowed'
  | 'disabled'
  | 'out'
  | 'excluded'
  | 'ejected'
  | 'full'

export interface Candidate {
  account: AccountView
  model: ModelView
}

export interface AccountState {
  health: AccountHealth
  inFlight: number
}

export interface Eligible {
  /** Of the first tier that has any; empty when no account can serve. */
  candidates: Candidate[]
  /** One entry for each account looked at that cannot serve. */
  refused: { account: AccountView; reason: Reason }[]
}

/** The account's own view of the model that is asked for, as it is now. */
export function modelOf(
  { models }: AccountView,
  request: Pick<RouteRequest, 'model'>,
  nowMs: number,
): ModelView | undefined {
  return request.model === undefined ? models.current(nowMs) : models.find(request.model, nowMs)
}

export function eligible(
  tiers: readonly Tier[],
  request: RouteRequest,
  tried: ReadonlySet<AccountId>,
  stateOf: (account: AccountView) => AccountState,
  nowMs: number,
): Eligible {
  const refused: Eligible['refused'] = []
  const ejected: Candidate[] = []
  for (const tier of tiers) {
    const candidates: Candidate[] = []
    for (const account of tier) {
      const model = modelOf(account, request, nowMs)
      const reason = tried.has(account.id) ? 'tried' : refusal(account, model, request, stateOf(account), nowMs)
      if (model && reason === undefined) candidates.push({ account, model })
      if (model && reason === 'ejected') ejected.push({ account, model })
      if (reason !== undefined) refused.push({ account, reason })
    }
    if (candidates.length > 0) return { candidates, refused }
  }
  // The pool is never emptied by our own ejections: with nobody else left, the ejected ones are tried after all.
  return { candidates: ejected, refused }
}

function refusal(
  account: AccountView,
  model: ModelView | undefined,
  request: RouteRequest,
  state: AccountState,
  nowMs: number,
): Reason | undefined {
  if (request.serviceType !== undefined && account.serviceType !== request.serviceType) return 'other-service'
  if (!request.speaks(account.provider, model)) return 'protocol'
  if (!model) return 'model'
  if (request.allowedModels && !request.allowedModels.has(model.name)) return 'model-not-allowed'
  if (!account.isEnabled || account.status !== 'active') return 'disabled'
  // Before health: the ejected may be used when nobody else is left, the full never.
  if (state.inFlight >= account.concurrentRequestsMax) return 'full'
  const health = availability(state.health, nowMs)
  if (health === 'out' || health === 'excluded' || health === 'ejected') return health
  return undefined
}
