// Google's errors: `{"error":{code,message,status,details?}}` with google.rpc details (Google AIP-193). A wrong key
// is a 400, and a rate limit hides its delay in RetryInfo: there is no Retry-After header.
import type { LimitDimension, Problem, RateLimited, RequestProblem } from '../../problem.ts'
import type { Reply } from '../../vendor.ts'

interface GeminiError {
  code: number
  status: string
  message: string
  details?: object[]
}

export const RPC = 'type.googleapis.com/google.rpc'
export const SERVICE = 'generativelanguage.googleapis.com'

/** Metric and id of the quota that a limit stands for. */
const QUOTAS: Record<LimitDimension, [metric: string, id: string]> = {
  requests: ['generate_requests_per_model', 'GenerateRequestsPerMinutePerProjectPerModel'],
  tokens: ['generate_content_paid_tier_input_token_count', 'GenerateContentPaidTierInputTokensPerModelPerMinute'],
  'input-tokens': [
    'generate_content_paid_tier_input_token_count',
    'GenerateContentPaidTierInputTokensPerModelPerMinute',
  ],
  'output-tokens': [
    'generate_content_paid_tier_input_token_count',
    'GenerateContentPaidTierInputTokensPerModelPerMinute',
  ],
}

export function refuseGemini(problem: Problem): Reply {
  const headers = { 'content-type': 'application/json; charset=UTF-8' }
  return { status: describe(problem).code, headers, body: `${JSON.stringify(geminiErrorBody(problem), null, 2)}\n` }
}

export function geminiErrorBody(problem: Problem): object {
  return { error: describe(problem) }
}

function describe(problem: Problem): GeminiError {
  switch (problem.kind) {
    case 'rate-limited':
      return rateLimited(problem)
    case 'quota-exhausted':
      return quotaExhausted(problem.model)
    case 'overloaded': {
      const message = 'The model is overloaded. Please try again later.'
      return { code: 503, message, status: 'UNAVAILABLE' }
    }
    case 'unavailable':
      return { code: 503, message: 'The service is currently unavailable.', status: 'UNAVAILABLE' }
    case 'server-error':
      return { code: 500, message: 'An internal error has occurred. Please retry.', status: 'INTERNAL' }
    case 'missing-key': {
      const message = "Method doesn't allow unregistered callers (callers without established identity)."
      return { code: 403, message, status: 'PERMISSION_DENIED' }
    }
    case 'invalid-key':
      return { ...invalidArgument('API key not valid. Please pass a valid API key.'), details: [keyInvalid()] }
    case 'unauthorised': {
      const message = 'Request had invalid authentication credentials.'
      return { code: 401, message, status: 'UNAUTHENTICATED' }
    }
    case 'payment-required': {
      const message = 'Billing is not enabled for this project.'
      return { code: 402, message, status: 'FAILED_PRECONDITION' }
    }
    case 'forbidden': {
      const message = 'Permission denied: Consumer has been suspended.'
      return { code: 403, message, status: 'PERMISSION_DENIED' }
    }
    default:
      return requestError(problem)
  }
}

function invalidArgument(message: string): GeminiError {
  return { code: 400, message, status: 'INVALID_ARGUMENT' }
}

/** Fields that do not exist are listed one by one besides. */
function fieldViolations(message: string): { details?: object[] } {
  const lines = message.split('\n').filter((line) => line.startsWith('Invalid JSON payload received. Unknown name'))
  if (lines.length === 0) return {}
  const violations = lines.map((description) => {
    const field = / at '([^']+)': /.exec(description)?.[1]
    return { ...(field === undefined ? {} : { field }), description }
  })
  return { details: [{ '@type': `${RPC}.BadRequest`, fieldViolations: violations }] }
}

function keyInvalid(): object {
  const metadata = { service: SERVICE }
  return { '@type': `${RPC}.ErrorInfo`, reason: 'API_KEY_INVALID', domain: 'googleapis.com', metadata }
}

function quotaFailure(metric: string, quotaId: string, model: string, limit: number): object {
  const violation = {
    quotaMetric: `${SERVICE}/${metric}`,
    quotaId,
    quotaDimensions: { location: 'global', model },
    quotaValue: String(limit),
  }
  return { '@type': `${RPC}.QuotaFailure`, violations: [violation] }
}

const EXCEEDED = 'You exceeded your current quota, please check your plan and billing details.'

function rateLimited({ dimension, model, limit, retryAfter }: RateLimited): GeminiError {
  const [metric, quotaId] = QUOTAS[dimension]
  const retryDelay = retryAfter === null ? null : /^[\d.]+$/.test(retryAfter) ? `${retryAfter}s` : retryAfter
  const again = retryDelay === null ? '' : `\nPlease retry in ${retryDelay}.`
  return {
    code: 429,
    message: `${EXCEEDED}\n* Quota exceeded for metric: ${SERVICE}/${metric}, limit: ${limit}, model: ${model}${again}`,
    status: 'RESOURCE_EXHAUSTED',
    details: [
      quotaFailure(metric, quotaId, model, limit),
      ...(retryDelay === null ? [] : [{ '@type': `${RPC}.RetryInfo`, retryDelay }]),
    ],
  }
}

function quotaExhausted(model: string): GeminiError {
  const details = [
    quotaFailure('generate_requests_per_model_per_day', 'GenerateRequestsPerDayPerProjectPerModel', model, 0),
  ]
  return { code: 429, message: EXCEEDED, status: 'RESOURCE_EXHAUSTED', details }
}

function requestError(problem: RequestProblem): GeminiError {
  switch (problem.kind) {
    case 'invalid-request':
      if (problem.status === 403) return { code: 403, message: problem.message, status: 'PERMISSION_DENIED' }
      return { ...invalidArgument(problem.message), ...fieldViolations(problem.message) }
    case 'invalid-json':
      return invalidArgument('Invalid JSON payload received. Unexpected token.')
    case 'body-too-large':
      return invalidArgument('Request payload size exceeds the limit: 20971520 bytes.')
    case 'unknown-path':
      return { code: 404, message: `Requested entity was not found: ${problem.path}`, status: 'NOT_FOUND' }
    case 'unknown-model': {
      const method = problem.method === '' ? 'generateContent' : problem.method
      const message =
        `models/${problem.model} is not found for API version v1beta, or is not supported for ${method}. ` +
        'Call ListModels to see the list of available models and their supported methods.'
      return { code: 404, message, status: 'NOT_FOUND' }
    }
    case 'prompt-too-long': {
      const { inputTokens, inputTokensMax } = problem
      const counts = `The input token count (${inputTokens}) exceeds the maximum number of tokens allowed`
      return invalidArgument(`${counts} (${inputTokensMax}).`)
    }
    default:
      return invalidArgument(
        `Unable to submit request because it has a maxOutputTokens value of ${problem.requested} but the supported ` +
          `range is from 1 (inclusive) to ${problem.outputTokensMax + 1} (exclusive).`,
      )
  }
}
