// The error envelope `{error: {message, type, param, code}}` that several wires share: our refusals in it, and errors that a
// provider reports inside a 200 answer.
import type { AppError } from '@aicarpool/contract'
import type { FailureKind, UpstreamFailure } from './failure.ts'
import { failureMessage } from './failure-message.ts'
import type { JsonRecord } from './lenient-json.ts'

export function errorObject(error: AppError): { error: object } {
  // Clients shorten their input by themselves when they read this code.
  const code = error.code === 'context_too_long' ? 'context_length_exceeded' : error.code
  return { error: { message: error.message, type: errorType(error), param: error.field ?? null, code } }
}

function errorType(error: AppError): string {
  // Clients stop for good at `insufficient_quota` and try again at every other 429.
  if (error.code === 'quota_exceeded') return 'insufficient_quota'
  if (error.status === 401) return 'authentication_error'
  if (error.status === 403) return 'permission_error'
  if (error.status === 429) return 'rate_limit_error'
  return error.status >= 500 ? 'server_error' : 'invalid_request_error'
}

const kindByName = new Map<unknown, FailureKind>(
  Object.entries({
    insufficient_quota: 'quota-exhausted',
    billing_hard_limit_reached: 'quota-exhausted',
    rate_limit_exceeded: 'rate-limited',
    rate_limit_error: 'rate-limited',
    invalid_api_key: 'unauthorized',
    authentication_error: 'unauthorized',
    model_not_found: 'model-not-found',
    context_length_exceeded: 'invalid-request',
    invalid_request_error: 'invalid-request',
  } as const),
)

export function readErrorObject(error: JsonRecord): UpstreamFailure {
  const names = [error['code'], error['type']].filter((name) => typeof name === 'string')
  return {
    kind: names.map((name) => kindByName.get(name)).find((kind) => kind !== undefined) ?? 'server-error',
    status: undefined,
    code: names[0],
    message: failureMessage(error['message'], 'The provider reported an error inside its answer.'),
    retryAfterMs: undefined,
  }
}
