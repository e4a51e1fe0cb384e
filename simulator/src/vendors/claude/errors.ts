// Anthropic's errors: `{"type":"error","error":{type,message,details?},"request_id"}`, statuses of the API's errors
// page.
import type { LimitDimension, Problem, RateLimited, RequestProblem } from '../../problem.ts'
import type { Reply, ReplyContext } from '../../vendor.ts'

interface ClaudeError {
  status: number
  type: string
  message: string
  errorCode?: string
  headers?: Record<string, string>
}

const INVALID = 'invalid_request_error'

const LIMIT_WORDS: Record<LimitDimension, string> = {
  requests: 'requests per minute',
  tokens: 'tokens per minute',
  'input-tokens': 'input tokens per minute',
  'output-tokens': 'output tokens per minute',
}

export function refuseClaude(problem: Problem, context: ReplyContext): Reply {
  const { status, headers } = describe(problem, context)
  const body = JSON.stringify(claudeErrorBody(problem, context))
  return { status, headers: { 'content-type': 'application/json', ...headers }, body }
}

export function claudeErrorBody(problem: Problem, context: ReplyContext): object {
  const { type, message, errorCode } = describe(problem, context)
  const details = errorCode === undefined ? {} : { details: { error_code: errorCode } }
  return { type: 'error', error: { type, message, ...details }, request_id: context.requestId }
}

function describe(problem: Problem, context: ReplyContext): ClaudeError {
  switch (problem.kind) {
    case 'rate-limited':
      return rateLimited(problem, context)
    case 'overloaded':
      return { status: 529, type: 'overloaded_error', message: 'Overloaded', headers: { 'x-should-retry': 'true' } }
    case 'server-error':
      return { status: 500, type: 'api_error', message: 'Internal server error', headers: { 'x-should-retry': 'true' } }
    case 'unavailable':
      return { status: 503, type: 'api_error', message: 'Service unavailable' }
    case 'missing-key':
      return { status: 401, type: 'authentication_error', message: 'x-api-key header is required' }
    case 'invalid-key':
    case 'unauthorised':
      return { status: 401, type: 'authentication_error', message: 'invalid x-api-key' }
    case 'forbidden': {
      const message = 'Your API key does not have permission to use the specified resource.'
      return { status: 403, type: 'permission_error', message }
    }
    case 'payment-required': {
      const message = 'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.'
      return { status: 402, type: 'billing_error', message }
    }
    case 'quota-exhausted': {
      // No retry-after: the account is out until its spend limit starts anew with the month.
      const message = 'You have reached your specified API usage limits.'
      return { status: 429, type: 'rate_limit_error', message, errorCode: 'enforced_spend_limit_reached' }
    }
    default:
      return requestError(problem)
  }
}

function rateLimited(problem: RateLimited, context: ReplyContext): ClaudeError {
  const { dimension, limit, model, retryAfter } = problem
  const organisation = context.account?.organisation ?? ''
  return {
    status: 429,
    type: 'rate_limit_error',
    message:
      `This request would exceed your organization's rate limit of ${limit.toLocaleString('en-US')} ` +
      `${LIMIT_WORDS[dimension]} (org: ${organisation}, model: ${model}). ` +
      'For details, refer to: https://docs.claude.com/en/api/rate-limits.',
    headers: { 'x-should-retry': 'true', ...(retryAfter === null ? {} : { 'retry-after': retryAfter }) },
  }
}

function requestError(problem: RequestProblem): ClaudeError {
  switch (problem.kind) {
    case 'invalid-request':
      return { status: 400, type: INVALID, message: problem.message }
    case 'invalid-json':
      return { status: 400, type: INVALID, message: 'The request body is not valid JSON' }
    case 'body-too-large':
      return { status: 413, type: 'request_too_large', message: 'Request exceeds the maximum size' }
    case 'unknown-path':
      return { status: 404, type: 'not_found_error', message: 'Not found' }
    case 'unknown-model':
      return { status: 404, type: 'not_found_error', message: `model: ${problem.model}` }
    case 'prompt-too-long': {
      const message = `prompt is too long: ${problem.inputTokens} tokens > ${problem.inputTokensMax} maximum`
      return { status: 400, type: INVALID, message }
    }
    default: {
      const { requested, outputTokensMax, model } = problem
      const message =
        `max_tokens: ${requested} > ${outputTokensMax}, ` +
        `which is the maximum allowed number of output tokens for ${model}`
      return { status: 400, type: INVALID, message }
    }
  }
}
