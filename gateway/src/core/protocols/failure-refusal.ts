// What a caller is told about a provider's failure, when no other account can answer: before an answer has begun, and inside one
// that has.
import { AppError } from '@aicarpool/contract'
import type { UpstreamFailure } from './failure.ts'

/** What a caller is told to wait when the provider names no time. */
export const retryAfterDefaultMs = 1000

/** The names by which vendors say that a conversation no longer fits the model. */
const contextCodes: ReadonlySet<string | undefined> = new Set(['context_length_exceeded', 'context_window_exceeded'])

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
      if (contextCodes.has(failure.code)) return new AppError('context_too_long', { detail: failure.message })
      return new AppError('upstream_rejected', { detail: failure.message })
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
