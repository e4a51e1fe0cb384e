// Gemini's error answers → failures (google.rpc.Status with ErrorInfo, RetryInfo and QuotaFailure details). A bad key is a 400;
// there is no Retry-After header.
import type { FailureKind, UpstreamFailure } from '../../protocols/failure.ts'
import { asRecords, asText, type JsonRecord } from '../../protocols/lenient-json.ts'
import { decodeFailureBody, errorOf, type FailureTable } from '../decode-failure.ts'
import type { HeaderView } from '../provider.ts'
import { longest, parseDuration, readRetryAfter } from '../retry-after.ts'

/** A daily quota is reported with the same short RetryInfo as one by the minute: asking once an hour is soon enough. */
const dailyQuotaWaitMs = 3_600_000

const table: FailureTable = {
  read: (error, status) => {
    const reason = detailsOf(error, 'ErrorInfo')
      .map((detail) => asText(detail['reason']))
      .find(Boolean)
    return {
      codes: [reason, asText(error['status'])],
      message: error['message'],
      kind: status === 429 && violationsOf(error).some(isNeverGranted) ? 'quota-exhausted' : undefined,
    }
  },
  kindByCode: new Map<string | undefined, FailureKind>([
    ['API_KEY_INVALID', 'unauthorized'],
    ['API_KEY_EXPIRED', 'unauthorized'],
    ['API_KEY_SERVICE_BLOCKED', 'unauthorized'],
    ['SERVICE_DISABLED', 'unauthorized'],
    ['BILLING_DISABLED', 'quota-exhausted'],
    // The account's billing or its region is at fault, not the request.
    ['FAILED_PRECONDITION', 'unauthorized'],
    ['UNAUTHENTICATED', 'unauthorized'],
    ['PERMISSION_DENIED', 'unauthorized'],
    ['RESOURCE_EXHAUSTED', 'rate-limited'],
    // Nothing but the model is named in the path.
    ['NOT_FOUND', 'model-not-found'],
    ['INVALID_ARGUMENT', 'invalid-request'],
  ]),
}

export function decodeFailure(status: number, headers: HeaderView, body: string, nowMs: number): UpstreamFailure {
  return decodeFailureBody(status, body, table, readRetryAfter(headers, nowMs) ?? readWait(body))
}

function readWait(body: string): number | undefined {
  const error = errorOf(body)
  if (error === undefined) return undefined
  const waitsMs = detailsOf(error, 'RetryInfo').map((detail) => parseDuration(asText(detail['retryDelay'])))
  const isDaily = violationsOf(error).some((violation) => asText(violation['quotaId'])?.includes('PerDay') === true)
  return longest(isDaily ? [...waitsMs, dailyQuotaWaitMs] : waitsMs)
}

/** A limit of 0: the plan does not include the model, and waiting does not help. */
function isNeverGranted(violation: JsonRecord): boolean {
  const limit = violation['quotaValue']
  return limit === '0' || limit === 0
}

function violationsOf(error: JsonRecord): JsonRecord[] {
  return detailsOf(error, 'QuotaFailure').flatMap((detail) => asRecords(detail['violations']))
}

/** Details of one kind; their `@type` is "type.googleapis.com/google.rpc." and the kind. */
function detailsOf(error: JsonRecord, kind: string): JsonRecord[] {
  return asRecords(error['details']).filter((detail) => asText(detail['@type'])?.endsWith(`.${kind}`) === true)
}
