// Errors of the Responses wire: our refusals in its dialect, and errors inside a 200 answer (OpenAI API reference, "error",
// "response.failed"). Inside a stream an error is two events: the error itself, with its members both nested, as the vendor's
// servers send them, and flat, as its reference has them; then the response that failed, which command-line clients read.
import type { AppError } from '@aicarpool/contract'
import type { FailureKind, UpstreamFailure } from '../failure.ts'
import { failureMessage } from '../failure-message.ts'
import { asRecord, type JsonRecord } from '../lenient-json.ts'
import { sseText } from '../sse-text.ts'

export function renderError(error: AppError): Buffer {
  return Buffer.from(JSON.stringify({ error: errorObject(error, error.code) }))
}

/** The end of a stream of which no more is known than that it has begun. */
export function renderStreamError(error: AppError, requestId: string): Buffer {
  return Buffer.from(failureText(error, 0, bareResponse(requestId)))
}

/** `response` as far as it has come; `sequence` is the number of events before. */
export function failureText(error: AppError, sequence: number, response: object): string {
  const code = failureCode(error)
  const { message, param, type } = errorObject(error, code)
  const said = { type: 'error', sequence_number: sequence, code, message, param, error: { type, code, message, param } }
  const failed = { ...response, status: 'failed', error: { code, message }, incomplete_details: null }
  return (
    sseText(said, 'error') +
    sseText({ type: 'response.failed', sequence_number: sequence + 1, response: failed }, 'response.failed')
  )
}

/** The members that a response must have, for one whose request is not at hand. */
function bareResponse(requestId: string): object {
  return {
    id: `resp_${requestId}`,
    object: 'response',
    access_programs: null,
    created_at: 0,
    instructions: null,
    metadata: {},
    model: '',
    output: [],
    parallel_tool_calls: true,
    temperature: null,
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    usage: null,
  }
}

function errorObject(error: AppError, code: string) {
  return { message: error.message, type: errorType(error), param: error.field ?? null, code }
}

function errorType(error: AppError): string {
  // Clients of this wire stop for good at `insufficient_quota` and try again at every other 429.
  if (error.code === 'quota_exceeded') return 'insufficient_quota'
  if (error.status === 401) return 'authentication_error'
  if (error.status === 403) return 'permission_error'
  if (error.status === 429) return 'rate_limit_error'
  return error.status >= 500 ? 'server_error' : 'invalid_request_error'
}

/** Inside a stream there is no status: clients know these names and try again at any other. */
function failureCode(error: AppError): string {
  if (error.code === 'quota_exceeded') return 'insufficient_quota'
  if (error.code === 'context_too_long') return 'context_length_exceeded'
  if (error.status === 429) return 'rate_limit_exceeded'
  return error.status >= 500 ? 'server_error' : 'invalid_prompt'
}

const kindByName = new Map<unknown, FailureKind>(
  Object.entries({
    insufficient_quota: 'quota-exhausted',
    billing_hard_limit_reached: 'quota-exhausted',
    Arrearage: 'quota-exhausted',
    rate_limit_exceeded: 'rate-limited',
    rate_limit_error: 'rate-limited',
    limit_requests: 'rate-limited',
    server_is_overloaded: 'overloaded',
    slow_down: 'overloaded',
    overloaded_error: 'overloaded',
    invalid_api_key: 'unauthorized',
    authentication_error: 'unauthorized',
    permission_error: 'unauthorized',
    access_denied: 'unauthorized',
    model_not_found: 'model-not-found',
    context_length_exceeded: 'invalid-request',
    content_filter: 'invalid-request',
    data_inspection_failed: 'invalid-request',
    DataInspectionFailed: 'invalid-request',
    invalid_prompt: 'invalid-request',
    bio_policy: 'invalid-request',
    invalid_image: 'invalid-request',
    invalid_image_format: 'invalid-request',
    invalid_base64_image: 'invalid-request',
    invalid_image_url: 'invalid-request',
    image_too_large: 'invalid-request',
    image_too_small: 'invalid-request',
    image_parse_error: 'invalid-request',
    image_content_policy_violation: 'invalid-request',
    invalid_image_mode: 'invalid-request',
    image_file_too_large: 'invalid-request',
    unsupported_image_media_type: 'invalid-request',
    empty_image_file: 'invalid-request',
    failed_to_download_image: 'invalid-request',
    image_file_not_found: 'invalid-request',
    invalid_request_error: 'invalid-request',
  }),
)

/** The members of an error event, nested or flat, or of a failed response's error. */
export function readStreamError(json: JsonRecord): UpstreamFailure {
  const error = asRecord(json['error']) ?? json
  const names = [error['code'], error === json && json['type'] === 'error' ? undefined : error['type']]
  const said = names.filter((name) => typeof name === 'string')
  return {
    kind: said.map((name) => kindByName.get(name)).find((kind) => kind !== undefined) ?? 'server-error',
    status: undefined,
    code: said[0],
    message: failureMessage(error['message'], 'The provider reported an error inside its answer.'),
    retryAfterMs: undefined,
  }
}
