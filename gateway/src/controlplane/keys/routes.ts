// What the bearer of a key may know about it: whose it is, what it may use, and how much is left.
// Owns the shape of the answer; who the bearer is and what the ledger says come through two ports that app.ts fills.
import type { LimitWindowKind } from '../../core/quota/limits.ts'
import { AppError, type BindingMode } from '@aicarpool/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'
import { succeed } from '../../platform/http/control-server.ts'

export interface LimitDescription {
  scope: 'enterprise' | 'department' | 'group' | 'account' | 'member' | 'key'
  metric: 'tokens' | 'money' | 'requests'
  window: LimitWindowKind
  /** USD for money. Null is unlimited. */
  limit: number | null
  used: number
  /** ISO 8601; null for a window that never ends. */
  resetsAt: string | null
}

export interface KeyDescription {
  /** `timeZone` (IANA): in which the days of the limits begin. */
  enterprise: { id: string; name: string; timeZone: string }
  /** `mode` is null while nothing is bound. */
  group: { id: string; name: string; mode: BindingMode | null }
  key: { name: string; last4: string }
  models: readonly string[]
  limits: readonly LimitDescription[]
}

export interface KeyRoutesOptions<Principal> {
  /** The same check as for model requests. */
  authenticate: (headers: IncomingHttpHeaders) => Principal | AppError
  describeKey: (principal: Principal) => KeyDescription | Promise<KeyDescription>
}

export function registerKeyRoutes<Principal>(server: FastifyInstance, options: KeyRoutesOptions<Principal>): void {
  // Keyed by the request, so that a principal lives exactly as long as its request.
  const principals = new WeakMap<FastifyRequest, { principal: Principal }>()

  const authorise = (request: FastifyRequest) => {
    const found = options.authenticate(request.headers)
    if (found instanceof AppError) throw found
    principals.set(request, { principal: found })
  }

  const describe = async (request: FastifyRequest) => {
    const known = principals.get(request)
    if (known === undefined) throw new AppError('missing_key')
    return succeed(await options.describeKey(known.principal))
  }

  server.get('/api/keys/self', { config: { permission: 'key', authorise } }, (request) => describe(request))
}
