// Anthropic's errors that no request provokes here, for fault scripts to ask for by name (`vendor-error`). Statuses,
// types and codes are those of the API's errors page and of SDK 1.12's error classes; wording can change at any time.
import type { Reply, ReplyContext } from '../../vendor.ts'

interface NamedError {
  status: number
  type: string
  message: string
  errorCode?: string
  headers?: Record<string, string>
}

const INVALID = 'invalid_request_error'
const BILLING = 'billing_error'
const LIMITED = 'rate_limit_error'
const RETRY = { 'x-should-retry': 'true' }

const ERRORS: Record<string, NamedError> = {
  'credit-balance-too-low': {
    status: 400,
    type: INVALID,
    message:
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or ' +
      'purchase credits.',
  },
  'usage-limits-reached': {
    status: 400,
    type: INVALID,
    message: 'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.',
  },
  'organization-on-hold': {
    status: 400,
    type: INVALID,
    message: 'This organization has been disabled.',
    errorCode: 'organization_on_hold',
  },
  'claude-code-version-too-old': {
    status: 400,
    type: INVALID,
    message: 'Your version of Claude Code is too old for this model. Run `claude update` and try again.',
    errorCode: 'claude_code_version_too_old',
  },
  'cmek-key-disabled': {
    status: 400,
    type: INVALID,
    message: "The workspace's customer-managed encryption key is disabled.",
    errorCode: 'cmek_key_disabled',
  },
  'prompt-too-long': { status: 400, type: INVALID, message: 'prompt is too long: 204801 tokens > 200000 maximum' },
  'context-and-output-too-long': {
    status: 400,
    type: INVALID,
    message:
      'input length and `max_tokens` exceed context limit: 190001 + 32000 > 200000, decrease input length or ' +
      '`max_tokens` and try again',
  },
  'key-revoked': {
    status: 401,
    type: 'authentication_error',
    message: 'This API key has been revoked.',
    headers: { 'x-should-retry': 'false' },
  },
  billing: {
    status: 402,
    type: BILLING,
    message: 'There is a problem with your payment. Please update your billing details in the Console.',
  },
  'linked-organization-spend-limit': {
    status: 402,
    type: BILLING,
    message: 'The linked organization cannot be billed for this request.',
    errorCode: 'linked_organization_spend_limit_reached',
  },
  'request-timeout': { status: 408, type: 'timeout_error', message: 'Request timed out', headers: RETRY },
  conflict: { status: 409, type: 'conflict_error', message: 'The resource is being changed by another request.' },
  'request-too-large': { status: 413, type: 'request_too_large', message: 'Request exceeds the maximum size' },
  'enforced-spend-limit': {
    // No retry-after: the account is out until the month is over.
    status: 429,
    type: LIMITED,
    message: 'You have reached the monthly usage threshold of your API tier.',
    errorCode: 'enforced_spend_limit_reached',
  },
  'contract-spend-limit': {
    status: 429,
    type: LIMITED,
    message: 'Your organization has reached the spend limit of its contract.',
    errorCode: 'contract_spend_limit_reached',
  },
  'ramp-limit': {
    status: 429,
    type: LIMITED,
    message: 'This request would exceed the rate at which your usage may grow. Please slow down.',
    errorCode: 'ramp_limit_exceeded',
    headers: { 'retry-after': '12', ...RETRY },
  },
  'headers-too-large': { status: 431, type: INVALID, message: 'Request header fields too large' },
  'client-closed': { status: 499, type: 'api_error', message: 'Client closed request' },
  'not-implemented': { status: 501, type: 'api_error', message: 'Not implemented' },
  'cmek-key-unreachable': {
    status: 503,
    type: 'api_error',
    message: "The workspace's customer-managed encryption key could not be reached.",
    errorCode: 'cmek_key_unreachable',
    headers: RETRY,
  },
  'gateway-timeout': { status: 504, type: 'timeout_error', message: 'The request timed out', headers: RETRY },
  overloaded: { status: 529, type: 'overloaded_error', message: 'Overloaded', headers: RETRY },
}

export const CLAUDE_NAMED_ERRORS: Readonly<Record<string, (context: ReplyContext) => Reply>> = Object.fromEntries(
  Object.entries(ERRORS).map(([name, error]) => [name, (context: ReplyContext) => reply(error, context)]),
)

function reply({ status, type, message, errorCode, headers }: NamedError, context: ReplyContext): Reply {
  const details = errorCode === undefined ? {} : { details: { error_code: errorCode } }
  const body = { type: 'error', error: { type, message, ...details }, request_id: context.requestId }
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}
