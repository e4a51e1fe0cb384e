// Errors as google.rpc.Status with the standard details of google.rpc (AIP-193): our refusals in that dialect, and errors that a
// provider reports inside a 200 answer. Several wires speak it.
import type { AppError } from '@aicarpool/contract'
import type { FailureKind, UpstreamFailure } from './failure.ts'
import { failureMessage } from './failure-message.ts'
import { retryAfterDefaultMs } from './failure-refusal.ts'
import { asRecords, asText, type JsonRecord } from './lenient-json.ts'

const detailType = 'type.googleapis.com/google.rpc.'

/** google.rpc.Code by HTTP status, for the statuses of our own refusals. */
const codeNames = new Map<number, string>([
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [408, 'DEADLINE_EXCEEDED'],
  [409, 'ABORTED'],
  [429, 'RESOURCE_EXHAUSTED'],
  [501, 'UNIMPLEMENTED'],
  [502, 'UNAVAILABLE'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
])

export function statusBody(error: AppError, requestId: string): { error: object } {
  return {
    error: {
      code: error.status,
      message: messageOf(error),
      status: codeNames.get(error.status) ?? (error.status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT'),
      details: detailsOf(error, requestId),
    },
  }
}

/** The words by which clients of these wires know that they must shorten the conversation. */
const tooLongText = 'The input token count exceeds the maximum number of tokens allowed.'

function messageOf(error: AppError): string {
  return error.code === 'context_too_long' ? `${tooLongText} ${error.message}` : error.message
}

function detailsOf(error: AppError, requestId: string): object[] {
  const details: object[] = [
    detail('ErrorInfo', { reason: error.code.toUpperCase(), domain: 'aicarpool', metadata: { requestId } }),
  ]
  if (error.field !== undefined) {
    details.push(detail('BadRequest', { fieldViolations: [{ field: error.field, description: error.message }] }))
  }
  // Command-line clients take a quota by the day for final; every other 429 they send again.
  if (error.code === 'quota_exceeded') {
    details.push(
      detail('QuotaFailure', { violations: [{ quotaId: 'GatewayLimitPerDay', description: error.message }] }),
    )
  }
  const waitMs = error.retryAfterMs ?? (error.retryable && error.status === 429 ? retryAfterDefaultMs : undefined)
  if (waitMs !== undefined) details.push(detail('RetryInfo', { retryDelay: `${Math.ceil(waitMs / 1000)}s` }))
  return details
}

function detail(name: string, members: object): object {
  return { '@type': `${detailType}${name}`, ...members }
}

const kindByName = new Map<string | undefined, FailureKind>([
  ['API_KEY_INVALID', 'unauthorized'],
  ['API_KEY_EXPIRED', 'unauthorized'],
  ['BILLING_DISABLED', 'quota-exhausted'],
  ['INVALID_ARGUMENT', 'invalid-request'],
  ['OUT_OF_RANGE', 'invalid-request'],
  ['FAILED_PRECONDITION', 'unauthorized'],
  ['UNAUTHENTICATED', 'unauthorized'],
  ['PERMISSION_DENIED', 'unauthorized'],
  ['NOT_FOUND', 'model-not-found'],
  ['RESOURCE_EXHAUSTED', 'rate-limited'],
  ['DEADLINE_EXCEEDED', 'timeout'],
])

/** The `error` member of an answer: `{code, message, status, details}`. What the details say is more exact than the status. */
export function readStatusError(error: JsonRecord): UpstreamFailure {
  const status = asText(error['status'])
  const reasons = asRecords(error['details']).map((entry) => asText(entry['reason']))
  const reason = reasons.find((name) => kindByName.has(name))
  return {
    kind: kindByName.get(reason) ?? kindByName.get(status) ?? 'server-error',
    status: undefined,
    code: reason ?? status ?? (typeof error['code'] === 'number' ? String(error['code']) : undefined),
    message: failureMessage(error['message'], 'The provider reported an error inside its answer.'),
    retryAfterMs: readRetryDelay(error),
  }
}

/** RetryInfo's delay is a google.protobuf.Duration: seconds with up to nine decimals and an `s`. */
function readRetryDelay(error: JsonRecord): number | undefined {
  for (const entry of asRecords(error['details'])) {
    const seconds = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(asText(entry['retryDelay']) ?? '')?.[1]
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1000)
  }
  return undefined
}
