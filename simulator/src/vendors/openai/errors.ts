// OpenAI's error bodies: `{"error":{message,type,param,code}}` with the statuses of the API reference, "Error codes".
import type { Complaints } from '../../chat-wire/complaints.ts'
import { typeInWords } from '../../json.ts'
import type { AccountProblem, LimitDimension, Problem, RateLimited, RequestProblem } from '../../problem.ts'
import type { Reply, ReplyContext } from '../../vendor.ts'

interface OpenAiError {
  status: number
  message: string
  type: string
  param?: string | null
  code?: string | null
  headers?: Record<string, string>
}

const DECIMAL_FIELDS: readonly string[] = ['temperature', 'top_p']

const INVALID = 'invalid_request_error'

const LIMIT_WORDS: Record<LimitDimension, string> = {
  requests: 'requests per min (RPM)',
  tokens: 'tokens per min (TPM)',
  'input-tokens': 'tokens per min (TPM)',
  'output-tokens': 'tokens per min (TPM)',
}

export function refuseOpenAi(problem: Problem, context: ReplyContext): Reply {
  const { status, headers } = describe(problem, context)
  const body = JSON.stringify(openAiErrorBody(problem, context), null, 4)
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body }
}

export function openAiErrorBody(problem: Problem, context: ReplyContext): object {
  const { message, type, param, code } = describe(problem, context)
  return { error: { message, type, param: param ?? null, code: code ?? null } }
}

/** As it stands in the `error` of a failed response, which knows fewer fields. */
export function openAiFailure(problem: Problem, context: ReplyContext): { code: string; message: string } {
  const { message, code, type } = describe(problem, context)
  return { code: code ?? type, message }
}

function describe(problem: Problem, context: ReplyContext): OpenAiError {
  switch (problem.kind) {
    case 'rate-limited':
      return rateLimited(problem, context)
    case 'missing-key':
    case 'invalid-key':
    case 'unauthorised':
    case 'payment-required':
    case 'forbidden':
    case 'quota-exhausted':
      return accountError(problem)
    case 'overloaded':
      return {
        status: 503,
        message: 'The engine is currently overloaded, please try again later',
        type: 'server_error',
      }
    case 'server-error':
      return {
        status: 500,
        message: 'The server had an error while processing your request. Sorry about that!',
        type: 'server_error',
      }
    case 'unavailable':
      return { status: 503, message: 'Service temporarily unavailable', type: 'service_unavailable_error' }
    default:
      return requestError(problem, context.endpoint)
  }
}

function accountError(problem: AccountProblem): OpenAiError {
  const spent = 'You exceeded your current quota, please check your plan and billing details.'
  switch (problem.kind) {
    case 'missing-key':
      return { status: 401, message: "You didn't provide an API key.", type: INVALID }
    case 'invalid-key':
      return incorrectKey(`${problem.key.slice(0, 7)}***${problem.key.slice(-4)}`)
    case 'unauthorised':
      return incorrectKey('sk-***')
    case 'payment-required':
      return { status: 402, message: spent, type: 'insufficient_quota', code: 'insufficient_quota' }
    case 'quota-exhausted':
      return { status: 429, message: spent, type: 'insufficient_quota', code: 'insufficient_quota' }
    default:
      return {
        status: 403,
        message: 'Country, region, or territory not supported',
        type: 'request_forbidden',
        code: 'unsupported_country_region_territory',
      }
  }
}

function incorrectKey(shown: string): OpenAiError {
  const message =
    `Incorrect API key provided: ${shown}. ` +
    'You can find your API key at https://platform.openai.com/account/api-keys.'
  return { status: 401, message, type: INVALID, code: 'invalid_api_key' }
}

function rateLimited(problem: RateLimited, context: ReplyContext): OpenAiError {
  const { dimension, model, limit, used, requested, retryAfter } = problem
  const organisation = context.account?.organisation ?? 'org'
  const again = retryAfter === null ? '' : ` Please try again in ${retryAfter}s.`
  const seconds = Number(retryAfter)
  return {
    status: 429,
    type: dimension === 'requests' ? 'requests' : 'tokens',
    code: 'rate_limit_exceeded',
    message:
      `Rate limit reached for ${model} in organization ${organisation} on ${LIMIT_WORDS[dimension]}: ` +
      `Limit ${limit}, Used ${Math.min(used, limit)}, Requested ${requested}.${again} ` +
      'Visit https://platform.openai.com/account/rate-limits to learn more.',
    headers: {
      ...(retryAfter === null ? {} : { 'retry-after': retryAfter }),
      ...(retryAfter !== null && Number.isFinite(seconds) ? { 'retry-after-ms': String(seconds * 1000) } : {}),
    },
  }
}

function requestError(problem: RequestProblem, endpoint: string): OpenAiError {
  const isResponses = endpoint.startsWith('responses')
  switch (problem.kind) {
    case 'invalid-request':
      return {
        status: problem.status ?? 400,
        type: INVALID,
        message: problem.message,
        param: problem.param ?? null,
        code: problem.code ?? null,
      }
    case 'invalid-json':
      return { status: 400, type: INVALID, message: 'We could not parse the JSON body of your request.' }
    case 'body-too-large':
      return { status: 413, type: INVALID, message: 'Maximum content size limit exceeded.' }
    case 'unknown-path':
      return { status: 404, type: INVALID, message: `Invalid URL (${problem.method} ${problem.path})` }
    case 'unknown-model': {
      if (isResponses) {
        const message = `The requested model '${problem.model}' does not exist.`
        return { status: 400, type: INVALID, message, param: 'model', code: 'model_not_found' }
      }
      const message = `The model \`${problem.model}\` does not exist or you do not have access to it.`
      return { status: 404, type: INVALID, message, code: 'model_not_found' }
    }
    case 'prompt-too-long': {
      if (isResponses) {
        const message = 'Your input exceeds the context window of this model. Please adjust your input and try again.'
        return { status: 400, type: INVALID, message, param: 'input', code: 'context_length_exceeded' }
      }
      const message =
        `This model's maximum context length is ${problem.inputTokensMax} tokens. However, your messages resulted in ` +
        `${problem.inputTokens} tokens. Please reduce the length of the messages.`
      return { status: 400, type: INVALID, message, param: 'messages', code: 'context_length_exceeded' }
    }
    default: {
      if (isResponses) {
        const range = `Expected a value <= ${problem.outputTokensMax}, but got ${problem.requested} instead.`
        const message = `Invalid 'max_output_tokens': integer above maximum value. ${range}`
        return { status: 400, type: INVALID, message, param: 'max_output_tokens', code: 'integer_above_max_value' }
      }
      const message =
        `max_tokens is too large: ${problem.requested}. This model supports at most ${problem.outputTokensMax} ` +
        `completion tokens, whereas you provided ${problem.requested}.`
      return { status: 400, type: INVALID, message, param: 'max_tokens', code: 'invalid_value' }
    }
  }
}

export const OPENAI_COMPLAINTS: Complaints = {
  missing: (field) =>
    field === 'model'
      ? { kind: 'invalid-request', message: 'you must provide a model parameter' }
      : invalid(`Missing required parameter: '${field}'.`, field, 'missing_required_parameter'),
  wrongType: (field, expected, value) =>
    invalid(
      `Invalid type for '${field}': expected ${expected}, but got ${typeInWords(value)} instead.`,
      field,
      'invalid_type',
    ),
  wrongValue: (field, value, supported) => {
    const list = supported.map((name) => `'${name}'`)
    const words = `${list.slice(0, -1).join(', ')}, and ${list.at(-1)}`
    return invalid(`Invalid value: '${String(value)}'. Supported values are: ${words}.`, field, 'invalid_value')
  },
  emptyArray: (field) =>
    invalid(
      `Invalid '${field}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      field,
      'empty_array',
    ),
  tooManyItems: (field, itemsMax, items) =>
    invalid(
      `Invalid '${field}': array too long. ` +
        `Expected an array with maximum length ${itemsMax}, but got an array with length ${items} instead.`,
      field,
      'array_above_max_length',
    ),
  belowMinimum: (field, minimum, value) => outside(field, 'below minimum', `>= ${minimum}`, value),
  aboveMaximum: (field, maximum, value) => outside(field, 'above maximum', `<= ${maximum}`, value),
  streamOptionsWithoutStream: () =>
    invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options'),
  unfit: (field, message, code) => invalid(message, field, code),
}

/** Whole numbers are integers to OpenAI, and what may have a fraction a decimal. */
function outside(field: string, words: string, range: string, value: unknown): Problem {
  const type = DECIMAL_FIELDS.includes(field) ? 'decimal' : 'integer'
  const code = `${type}_${words.replace('minimum', 'min').replace('maximum', 'max').replace(' ', '_')}_value`
  const message = `Invalid '${field}': ${type} ${words} value. Expected a value ${range}, but got ${String(value)} instead.`
  return invalid(message, field, code)
}

function invalid(message: string, param: string, code?: string): Problem {
  return { kind: 'invalid-request', message, param, ...(code === undefined ? {} : { code }) }
}
