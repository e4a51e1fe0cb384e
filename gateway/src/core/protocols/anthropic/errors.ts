// Errors of the Messages wire: our refusals in its dialect, and `event: error` inside a 200 answer (Anthropic API, "Errors").
// The envelope is {type:"error", error:{type, message, details?:{error_code}}, request_id}.
import type { AppError } from '@aicarpool/contract'
import type { FailureKind, UpstreamFailure } from '../failure.ts'
import { failureMessage } from '../failure-message.ts'
import { asRecord, asText, type JsonRecord } from '../lenient-json.ts'

export function renderError(error: AppError, requestId: string): Buffer {
  return Buffer.from(JSON.stringify(errorBody(error, requestId)))
}

export function renderStreamError(error: AppError, requestId: string): Buffer {
  return Buffer.from(`event: error\ndata: ${JSON.stringify(errorBody(error, requestId))}\n\n`)
}

function errorBody(error: AppError, requestId: string): object {
  return {
    type: 'error',
    error: { type: errorType(error), message: errorMessage(error), details: { error_code: error.code } },
    request_id: requestId,
  }
}

/** Command-line clients of this wire shorten the conversation when they read these words, and give up at any others. */
function errorMessage(error: AppError): string {
  return error.code === 'context_too_long' ? `prompt is too long: ${error.message}` : error.message
}

/** Every answer and refusal of this wire names its request, in the body of the latter and in this header of both. */
export function answerHeaders(requestId: string): readonly string[] {
  return ['request-id', requestId]
}

const typeByStatus = new Map<number, string>([
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [503, 'overloaded_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
])

function errorType(error: AppError): string {
  // A used-up quota is no rate limit: clients of this wire stop at a billing error instead of trying again.
  if (error.code === 'quota_exceeded') return 'billing_error'
  return typeByStatus.get(error.status) ?? (error.status >= 500 ? 'api_error' : 'invalid_request_error')
}

const kindByName = new Map<unknown, FailureKind>(
  Object.entries({
    enforced_spend_limit_reached: 'quota-exhausted',
    contract_spend_limit_reached: 'quota-exhausted',
    billing_error: 'quota-exhausted',
    ramp_limit_exceeded: 'rate-limited',
    rate_limit_error: 'rate-limited',
    overloaded_error: 'overloaded',
    organization_on_hold: 'unauthorized',
    authentication_error: 'unauthorized',
    permission_error: 'unauthorized',
    not_found_error: 'model-not-found',
    invalid_request_error: 'invalid-request',
    request_too_large: 'invalid-request',
    timeout_error: 'timeout',
  } as const),
)

/** The `error` member of an error event; the detailed code says more than the type. */
export function readStreamError(error: JsonRecord): UpstreamFailure {
  const code = asText(asRecord(error['details'])?.['error_code'])
  const type = asText(error['type'])
  return {
    kind: kindByName.get(code) ?? kindByName.get(type) ?? 'server-error',
    status: undefined,
    code: code ?? type,
    message: failureMessage(error['message'], 'The provider reported an error inside its answer.'),
    retryAfterMs: undefined,
  }
}
