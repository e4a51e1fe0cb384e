// What follows from a provider's failure: another account, or the end. Pure; `handle.ts` acts on it.
import type { FailureKind, UpstreamFailure } from '../protocols/failure.ts'

export type Disposition = 'next-account' | 'give-up'

/** Walking a pool is bounded: an outage of a vendor must not turn one request into hundreds. */
const attemptsMax = 4

/** The request's own fault, or nobody waits for an answer any more. */
const final: ReadonlySet<FailureKind> = new Set(['invalid-request', 'abandoned'])

/** Of a failure before the commit point; `attempt` counts from 1. Behind that point nothing can be tried again. */
export function disposition(failure: UpstreamFailure, attempt: number): Disposition {
  return attempt >= attemptsMax || final.has(failure.kind) ? 'give-up' : 'next-account'
}
