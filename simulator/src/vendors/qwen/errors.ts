// DashScope's errors in compatible mode: `{"error":{message,type,param,code},"request_id"}`. Codes from Model
// Studio's page "Error messages"; where it gives no sentence for the compatible mode, the wording is ours.
import type { ChatComplaints } from '../../chat-completions.ts'
import type { Problem, RateLimited, RequestProblem } from '../../problem.ts'
import type { Reply, ReplyContext } from '../../vendor.ts'

interface QwenError {
  status: number
  code: string
  message: string
  type?: string
  headers?: Record<string, string>
}

const INVALID = 'invalid_request_error'

export function refuseQwen(problem: Problem, context: ReplyContext): Reply {
  const { status, headers } = describe(problem)
  const body = JSON.stringify(qwenErrorBody(problem, context))
  return { status, headers: { 'content-type': 'application/json', ...headers }, body }
}

export function qwenErrorBody(problem: Problem, context: ReplyContext): object {
  const { message, type, code } = describe(problem)
  return { error: { message, type: type ?? code, param: null, code }, request_id: context.requestId }
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
    case 'invalid-request':
      return parameter(problem.message)
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

export const QWEN_COMPLAINTS: ChatComplaints = {
  missing: (field) =>
    invalid(field === 'model' ? 'you must provide a model parameter' : `Required parameter '${field}' is missing.`),
  wrongType: (field, expected) => invalid(`Invalid type for '${field}': expected ${expected}.`),
  wrongValue: (field, value) => invalid(`'${String(value)}' is not one of the supported values of '${field}'.`),
  emptyArray: (field) => invalid(`[] is too short - '${field}'`),
  belowMinimum: (field, minimum, value) =>
    invalid(`${String(value)} is less than the minimum of ${minimum} - '${field}'`),
  streamOptionsWithoutStream: () => invalid("'stream_options' only set this when you set stream: true"),
}

function invalid(message: string): Problem {
  return { kind: 'invalid-request', message }
}
