// Errors of the Chat Completions wire: our refusals in its dialect, and errors that a provider sends inside a 200 answer
// (`data: {"error":{message,type,param,code}}`).
import type { AppError } from '@aicarpool/contract'
import type { FailureKind, UpstreamFailure } from '../failure.ts'
import { failureMessage } from '../failure-message.ts'
import type { JsonRecord } from '../lenient-json.ts'

export function renderError(error: AppError): Buffer {
  return Buffer.from(JSON.stringify(errorBody(error)))
}

/** No `[DONE]` follows: clients take that for a complete answer. */
export function renderStreamError(error: AppError): Buffer {
  return Buffer.from(`data: ${JSON.stringify(errorBody(error))}\n\n`)
}

function errorBody(error: AppError): object {
  return {
    error: { message: error.message, type: errorType(error), param: error.field ?? null, code: error.code },
  }
}

function errorType(error: AppError): string {
  // Clients of this wire stop for good at `insufficient_quota` and try again at every other 429.
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
    Arrearage: 'quota-exhausted',
    rate_limit_exceeded: 'rate-limited',
    rate_limit_error: 'rate-limited',
    limit_requests: 'rate-limited',
    overloaded_error: 'overloaded',
    engine_overloaded_error: 'overloaded',
    invalid_api_key: 'unauthorized',
    authentication_error: 'unauthorized',
    permission_error: 'unauthorized',
    access_denied: 'unauthorized',
    model_not_found: 'model-not-found',
    context_length_exceeded: 'invalid-request',
    content_policy_violation: 'invalid-request',
    content_filter: 'invalid-request',
    data_inspection_failed: 'invalid-request',
    DataInspectionFailed: 'invalid-request',
    invalid_parameter_error: 'invalid-request',
    invalid_request_error: 'invalid-request',
  }),
)
const kindByStatus = new Map<number, FailureKind>([
  [400, 'invalid-request'],
  [401, 'unauthorized'],
  [402, 'quota-exhausted'],
  [403, 'unauthorized'],
  [413, 'invalid-request'],
  [422, 'invalid-request'],
  [429, 'rate-limited'],
  [529, 'overloaded'],
])

/** An error object inside an answer. Some servers put an HTTP status where the code belongs. */
export function readStreamError(error: JsonRecord): UpstreamFailure {
  const { code, type } = error
  const names = [code, type].filter((name) => typeof name === 'string')
  const byName = names.map((name) => kindByName.get(name)).find((kind) => kind !== undefined)
  const status = typeof code === 'number' ? code : Number(code)
  return {
    kind: byName ?? kindByStatus.get(status) ?? 'server-error',
    status: undefined,
    code: names[0] ?? (typeof code === 'number' ? String(code) : undefined),
    message: failureMessage(error['message'], 'The provider reported an error inside its answer.'),
    retryAfterMs: undefined,
  }
}
