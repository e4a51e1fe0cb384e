// An account's health as a reducer over outcomes. A 429 is a timed exclusion, not ill health; refused credentials and used-up
// money take the account out until an administrator acts (its version grows); consecutive failures of the server open a
// circuit that ejects for a growing time and lets a single probe through when it half-opens.
import type { UpstreamFailure } from '../protocols/failure.ts'

export interface AccountHealth {
  /** The account's version that this state belongs to. */
  version: number
  /** A rate limit was named until then (epoch ms). The later deadline wins. */
  excludedUntilMs: number
  /** Set while the account is out until someone acts. */
  outReason: 'unauthorized' | 'quota-exhausted' | undefined
  consecutiveFailures: number
  ejections: number
  ejectedUntilMs: number
  /** Half-open: the one probe is under way. */
  isProbing: boolean
}

export type Availability = 'available' | 'probe' | 'excluded' | 'ejected' | 'out'

/** Envoy's outlier detection defaults: five in a row eject for 30 s times the number of ejections, 300 s at most. */
const consecutiveFailuresMax = 5
const ejectionBaseMs = 30_000
const ejectionMaxMs = 300_000
/** A 429 that names no time excludes for this long: the refill of a token bucket that is metered by the minute, in part. */
const exclusionDefaultMs = 5_000
/** No provider's deadline is believed beyond a day; a real monthly limit simply excludes again. */
const exclusionMaxMs = 86_400_000

export function newHealth(version: number): AccountHealth {
  return {
    version,
    excludedUntilMs: 0,
    outReason: undefined,
    consecutiveFailures: 0,
    ejections: 0,
    ejectedUntilMs: 0,
    isProbing: false,
  }
}

export function availability(health: AccountHealth, nowMs: number): Availability {
  if (health.outReason) return 'out'
  if (nowMs < health.excludedUntilMs) return 'excluded'
  if (health.ejectedUntilMs === 0) return 'available'
  if (nowMs < health.ejectedUntilMs || health.isProbing) return 'ejected'
  return 'probe'
}

export function onSuccess(health: AccountHealth): void {
  health.consecutiveFailures = 0
  health.ejectedUntilMs = 0
  health.isProbing = false
  if (health.ejections > 0) health.ejections -= 1
}

export function onFailure(health: AccountHealth, failure: UpstreamFailure, nowMs: number): void {
  health.isProbing = false
  switch (failure.kind) {
    case 'rate-limited': {
      const waitMs = Math.min(failure.retryAfterMs ?? exclusionDefaultMs, exclusionMaxMs)
      health.excludedUntilMs = Math.max(health.excludedUntilMs, nowMs + waitMs)
      return
    }
    case 'unauthorized':
    case 'quota-exhausted':
      health.outReason = failure.kind
      return
    case 'overloaded':
    case 'server-error':
    case 'timeout':
    case 'connection':
    case 'cut':
      countFailure(health, nowMs)
      return
    case 'invalid-request':
    case 'model-not-found':
      // The request's fault: it says nothing about the account, and a half-open probe that got an answer has succeeded.
      if (health.ejectedUntilMs !== 0) onSuccess(health)
      return
    case 'abandoned':
    // Nobody waited for the answer: neither a success nor a failure.
  }
}

function countFailure(health: AccountHealth, nowMs: number): void {
  health.consecutiveFailures += 1
  const wasProbe = health.ejectedUntilMs !== 0 && nowMs >= health.ejectedUntilMs
  if (!wasProbe && health.consecutiveFailures < consecutiveFailuresMax) return
  health.ejections += 1
  health.consecutiveFailures = 0
  health.ejectedUntilMs = nowMs + Math.min(ejectionBaseMs * health.ejections, ejectionMaxMs)
}
