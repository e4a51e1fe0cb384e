// Google's errors that no request provokes here, for fault scripts to ask for by name (`vendor-error`). Statuses, reasons
// and details as the Gemini API gives them (troubleshooting guide; AIP-193).
import type { ReplyContext, Reply } from '../../vendor.ts'
import { RPC, SERVICE } from './errors.ts'

interface NamedError {
  code: number
  status: string
  message: string
  details?: readonly object[]
}

const EXCEEDED = 'You exceeded your current quota, please check your plan and billing details.'

function reason(name: string): object {
  return {
    '@type': `${RPC}.ErrorInfo`,
    reason: name,
    domain: 'googleapis.com',
    metadata: { service: SERVICE, consumer: 'projects/1' },
  }
}

function quota(quotaId: string, value?: string): object {
  const quotaValue = value === undefined ? {} : { quotaValue: value }
  const quotaDimensions = { location: 'global', model: 'gemini-2.5-flash' }
  const violation = { quotaMetric: `${SERVICE}/generate_requests`, quotaId, quotaDimensions, ...quotaValue }
  return { '@type': `${RPC}.QuotaFailure`, violations: [violation] }
}

function retry(retryDelay: string): object {
  return { '@type': `${RPC}.RetryInfo`, retryDelay }
}

function exhausted(details: readonly object[]): NamedError {
  return { code: 429, status: 'RESOURCE_EXHAUSTED', message: EXCEEDED, details }
}

function denied(message: string, name: string): NamedError {
  return { code: 403, status: 'PERMISSION_DENIED', message, details: [reason(name)] }
}

const ERRORS: Record<string, NamedError> = {
  'api-key-expired': {
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: 'API key expired. Please renew the API key.',
    details: [reason('API_KEY_INVALID')],
  },
  'location-unsupported': {
    code: 400,
    status: 'FAILED_PRECONDITION',
    message: 'User location is not supported for the API use.',
  },
  'billing-disabled': {
    code: 400,
    status: 'FAILED_PRECONDITION',
    message: 'Gemini API free tier is not available in your country. Please enable billing on your project.',
  },
  unauthenticated: {
    code: 401,
    status: 'UNAUTHENTICATED',
    message: 'Request had invalid authentication credentials.',
    details: [reason('ACCESS_TOKEN_TYPE_UNSUPPORTED')],
  },
  'key-leaked': {
    code: 403,
    status: 'PERMISSION_DENIED',
    message: 'Your API key was reported as leaked. Please use another API key.',
  },
  'consumer-suspended': denied("Permission denied: Consumer 'projects/1' has been suspended.", 'CONSUMER_SUSPENDED'),
  'service-disabled': denied(
    'Generative Language API has not been used in project 1 before or it is disabled.',
    'SERVICE_DISABLED',
  ),
  'quota-per-minute': exhausted([quota('GenerateRequestsPerMinutePerProjectPerModel', '10'), retry('48s')]),
  'quota-per-minute-fraction': exhausted([
    quota('GenerateContentPaidTierInputTokensPerModelPerMinute', '1000000'),
    retry('34.4s'),
  ]),
  'quota-per-day': exhausted([quota('GenerateRequestsPerDayPerProjectPerModel', '250'), retry('21600s')]),
  // A limit of zero never comes back: the model is not part of the plan. Google leaves the value out.
  'quota-zero': exhausted([quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier'), retry('12s')]),
  'quota-without-details': { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Resource has been exhausted.' },
  cancelled: { code: 499, status: 'CANCELLED', message: 'The operation was cancelled.' },
  internal: { code: 500, status: 'INTERNAL', message: 'An internal error has occurred. Please retry.' },
  overloaded: {
    code: 503,
    status: 'UNAVAILABLE',
    message: 'The model is overloaded. Please try again later.',
  },
  'deadline-exceeded': {
    code: 504,
    status: 'DEADLINE_EXCEEDED',
    message: 'Deadline expired before operation could complete.',
  },
}

export const GEMINI_NAMED_ERRORS: Readonly<Record<string, (context: ReplyContext) => Reply>> = Object.fromEntries(
  Object.entries(ERRORS).map(([name, error]) => [name, () => reply(error)]),
)

function reply(error: NamedError): Reply {
  const headers = { 'content-type': 'application/json; charset=UTF-8' }
  return { status: error.code, headers, body: `${JSON.stringify({ error }, null, 2)}\n` }
}
