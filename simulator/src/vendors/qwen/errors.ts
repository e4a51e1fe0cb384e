// DashScope's errors: `{"error":{message,type,param,code},"request_id"}` in compatible mode, and Anthropic's envelope
// where it speaks the Messages wire. Codes from Model
// Studio's page "Error messages"; where it gives no sentence for the compatible mode, the wording is ours.
import type { Complaints } from '../../chat-wire/complaints.ts'
import type { Problem, RateLimited, RequestProblem } from '../../problem.ts'
import type { Reply, ReplyContext } from '../../vendor.ts'

/** As DashScope describes an error on any of its wires. */
export interface QwenError {
  status: number
  code: string
  message: string
  type?: string
  headers?: Record<string, string>
}

const INVALID = 'invalid_request_error'

/** What Anthropic's wire calls an error of that status (API reference, "Errors"). */
const MESSAGES_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
}

export function refuseQwen(problem: Problem, context: ReplyContext): Reply {
  return qwenReply(describe(problem), context)
}

export function qwenReply(error: QwenError, context: ReplyContext): Reply {
  const body = JSON.stringify(context.endpoint === 'messages' ? messagesBody(error, context) : chatBody(error, context))
  return { status: error.status, headers: { 'content-type': 'application/json', ...error.headers }, body }
}

export function qwenErrorBody(problem: Problem, context: ReplyContext): object {
  return chatBody(describe(problem), context)
}

export function qwenMessagesError(problem: Problem, context: ReplyContext): object {
  return messagesBody(describe(problem), context)
}

/** As it stands in the `error` of a failed response. */
export function qwenFailure(problem: Problem): { code: string; message: string } {
  const { code, message } = describe(problem)
  return { code, message }
}

function chatBody({ message, type, code }: QwenError, { requestId }: ReplyContext): object {
  return { error: { message, type: type ?? code, param: null, code }, request_id: requestId }
}

function messagesBody({ status, message }: QwenError, { requestId }: ReplyContext): object {
  const type = MESSAGES_TYPES[status] ?? 'api_error'
  return { type: 'error', error: { type, message }, request_id: requestId }
}

/** How the models' own servers begin what they refuse. */
export function algorithmRefusal(message: string): Problem {
  return { kind: 'invalid-request', message: `<400> InternalError.Algo.InvalidParameter: ${message}` }
}

/** Content that the inspection stops, before or behind the model. */
export function dataInspection(message: string): Problem {
  return {
    kind: 'invalid-request',
    message: `<400> InternalError.Algo.DataInspectionFailed: ${message}`,
    code: 'data_inspection_failed',
  }
}

function describe(problem: Problem): QwenError {
  switch (problem.kind) {
    case 'rate-limited':
      return rateLimited(problem)
    case 'quota-exhausted': {
      const message = 'You exceeded your current quota, please check your plan and billing details.'
      return { status: 429, code: 'insufficient_quota', message }
    }
    case 'overloaded':
      return {
        status: 503,
        code: 'ModelServingError',
        message: 'Too many requests. Your requests are being throttled.',
      }
    case 'unavailable':
      return { status: 503, code: 'ModelUnavailable', message: 'Model is unavailable, please try again later.' }
    case 'server-error': {
      const message = 'An internal error has occured, please try again later or contact service support.'
      return { status: 500, code: 'internal_error', message, type: 'internal_server_error' }
    }
    case 'missing-key': {
      const message = "You didn't provide an API key. You need to provide your API key in an Authorization header."
      return { status: 401, code: 'invalid_api_key', message, type: INVALID }
    }
    case 'invalid-key':
    case 'unauthorised':
      return { status: 401, code: 'invalid_api_key', message: 'Incorrect API key provided.', type: INVALID }
    case 'payment-required': {
      const message = 'Access denied, please make sure your account is in good standing.'
      return { status: 402, code: 'Arrearage', message }
    }
    case 'forbidden':
      return { status: 403, code: 'access_denied', message: 'Access denied.' }
    default:
      return requestError(problem)
  }
}

function rateLimited({ dimension, retryAfter }: RateLimited): QwenError {
  const headers = retryAfter === null ? {} : { 'retry-after': retryAfter }
  if (dimension === 'requests') {
    const message = 'You exceeded your current requests list.'
    return { status: 429, code: 'limit_requests', message, headers }
  }
  const message = 'Allocated quota exceeded, please increase your quota limit.'
  return { status: 429, code: 'Throttling.AllocationQuota', message, headers }
}

function requestError(problem: RequestProblem): QwenError {
  const parameter = (message: string) => ({ status: 400, code: 'invalid_parameter_error', message, type: INVALID })
  switch (problem.kind) {
    case 'invalid-request': {
      const { status = 400, message, code } = problem
      return code === undefined ? { ...parameter(message), status } : { status, code, message, type: code }
    }
    case 'invalid-json':
      return parameter('Required body invalid, please check the request body format.')
    case 'body-too-large':
      return { status: 413, code: 'request_too_large', message: 'Request body is too large.', type: INVALID }
    case 'unknown-path':
      return { status: 404, code: 'InvalidURL', message: 'Invalid URL provided in your request.', type: INVALID }
    case 'unknown-model': {
      const message = `The model \`${problem.model}\` does not exist or you do not have access to it.`
      return { status: 404, code: 'model_not_found', message, type: INVALID }
    }
    case 'prompt-too-long':
      return parameter(`Range of input length should be [1, ${problem.inputTokensMax}]`)
    default:
      return parameter(`Range of max_tokens should be [1, ${problem.outputTokensMax}]`)
  }
}

export const QWEN_COMPLAINTS: Complaints = {
  missing: (field) =>
    invalid(field === 'model' ? 'you must provide a model parameter' : `Required parameter '${field}' is missing.`),
  wrongType: (field, expected) => invalid(`Invalid type for '${field}': expected ${expected}.`),
  wrongValue: (field, value) => invalid(`'${String(value)}' is not one of the supported values of '${field}'.`),
  emptyArray: (field) => invalid(`[] is too short - '${field}'`),
  tooManyItems: (field, itemsMax) =>
    algorithmRefusal(`Value error, batch size is invalid, it should not be larger than ${itemsMax}.: ${field}`),
  belowMinimum: (field, minimum, value) =>
    invalid(`${String(value)} is less than the minimum of ${minimum} - '${field}'`),
  aboveMaximum: (field, maximum, value) =>
    invalid(`${String(value)} is greater than the maximum of ${maximum} - '${field}'`),
  unfit: (_field, message) => algorithmRefusal(message),
  streamOptionsWithoutStream: () => invalid("'stream_options' only set this when you set stream: true"),
}

function invalid(message: string): Problem {
  return { kind: 'invalid-request', message }
}
