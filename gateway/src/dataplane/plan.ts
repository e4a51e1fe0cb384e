// Which account the next attempt goes to: the eligible ones of the group's binding, then the balancing policy. When nobody
// can serve, the reasons become the refusal that tells the caller most.
import { AppError, type ErrorCode } from '@aicarpool/contract'
import type { UpstreamFailure } from '../core/protocols/failure.ts'
import { leastConnections } from '../core/routing/choose.ts'
import { eligible, type Candidate, type Eligible, type Reason } from '../core/routing/eligible.ts'
import type { AccountView } from '../core/routing/snapshot.ts'
import type { DecodedCall } from './call.ts'
import type { Live } from './live.ts'

/** What a caller is told to wait when no account names a time. */
const retryAfterDefaultMs = 1000

export function plan(call: DecodedCall, tried: ReadonlySet<AccountView>, live: Live, nowMs: number): Candidate {
  const { binding } = call.key.group
  if (!binding || binding.tiers.length === 0) throw new AppError('no_account_bound')
  const found = eligible(binding.tiers, call.route, tried, live.stateOf, nowMs)
  const chosen = leastConnections(found.candidates, live.stateOf, live.nextTurn())
  if (chosen) return chosen
  throw refusalOf(call, found, live, nowMs)
}

/** The first of these that any account was left out for explains the whole: from "not now" to "never here". */
const explanations: [Reason, ErrorCode][] = [
  ['excluded', 'accounts_rate_limited'],
  ['full', 'accounts_rate_limited'],
  ['ejected', 'accounts_unavailable'],
  ['out', 'accounts_unavailable'],
  ['disabled', 'accounts_unavailable'],
  ['model-not-allowed', 'model_not_allowed'],
  ['model', 'model_not_supported'],
  ['protocol', 'protocol_not_served'],
]

function refusalOf(call: DecodedCall, found: Eligible, live: Live, nowMs: number): AppError {
  const reasons = new Set(found.refused.map((entry) => entry.reason))
  const code = explanations.find(([reason]) => reasons.has(reason))?.[1] ?? 'no_account_bound'
  if (code === 'model_not_supported' || code === 'model_not_allowed') {
    return new AppError(code, { detail: `The model was "${(call.facts.model ?? '').slice(0, 200)}".`, field: 'model' })
  }
  if (code !== 'accounts_rate_limited' && code !== 'accounts_unavailable') return new AppError(code)
  const deadlines = found.refused
    .map(({ account }) => live.stateOf(account).health)
    .map((health) => Math.max(health.excludedUntilMs, health.ejectedUntilMs) - nowMs)
    .filter((waitMs) => waitMs > 0)
  return new AppError(code, { retryAfterMs: deadlines.length > 0 ? Math.min(...deadlines) : retryAfterDefaultMs })
}

/** What the caller is told when every account that could be tried has failed. */
export function failureRefusal(failure: UpstreamFailure): AppError {
  const detail = failure.status === undefined ? undefined : `The last one answered ${failure.status}.`
  const options = detail === undefined ? {} : { detail }
  switch (failure.kind) {
    case 'rate-limited':
      return new AppError('accounts_rate_limited', {
        ...options,
        retryAfterMs: failure.retryAfterMs ?? retryAfterDefaultMs,
      })
    case 'overloaded':
    case 'quota-exhausted':
    case 'unauthorized':
      return new AppError('accounts_unavailable', {
        ...options,
        retryAfterMs: failure.retryAfterMs ?? retryAfterDefaultMs,
      })
    case 'timeout':
      return new AppError('upstream_timeout', options)
    case 'invalid-request':
    case 'model-not-found':
      return new AppError('upstream_rejected', { detail: failure.message })
    case 'cut':
    case 'abandoned':
      return new AppError('upstream_cut', options)
    case 'server-error':
    case 'connection':
      return new AppError('upstream_failed', options)
  }
}
