// What follows from a provider's failure: another account, or the end. Pure; `handle.ts` acts on it.
import type { FailureKind, UpstreamFailure } from '../protocols/failure.ts'

export type Disposition = 'next-account' | 'give-up'

/** Walking a pool is bounded: an outage of a vendor must not turn one request into hundreds. */
const attemptsMax = 4

const ownFault: ReadonlySet<FailureKind> = new Set(['invalid-request'])

/** `attempt` counts from 1. After the commit point there is no failover: the client has seen content of this answer. */
export function disposition(failure: UpstreamFailure, attempt: number, isCommitted: boolean): Disposition {
  if (isCommitted || attempt >= attemptsMax || ownFault.has(failure.kind)) return 'give-up'
  return 'next-account'
}
