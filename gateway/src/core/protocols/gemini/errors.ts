// Errors inside a 200 answer of the generateContent wire: `data: {"error":{code,message,status}}`, where `code` is an HTTP
// status and `status` its canonical name (google.rpc.Code).
import type { FailureKind, UpstreamFailure } from '../failure.ts'
import { failureMessage } from '../failure-message.ts'
import { asText, type JsonRecord } from '../lenient-json.ts'

const kindByStatus = new Map<string | undefined, FailureKind>([
  ['INVALID_ARGUMENT', 'invalid-request'],
  ['FAILED_PRECONDITION', 'unauthorized'],
  ['UNAUTHENTICATED', 'unauthorized'],
  ['PERMISSION_DENIED', 'unauthorized'],
  ['NOT_FOUND', 'model-not-found'],
  ['RESOURCE_EXHAUSTED', 'rate-limited'],
])

export function readStreamError(error: JsonRecord): UpstreamFailure {
  const status = asText(error['status'])
  return {
    kind: kindByStatus.get(status) ?? 'server-error',
    status: undefined,
    code: status ?? (typeof error['code'] === 'number' ? String(error['code']) : undefined),
    message: failureMessage(error['message'], 'The provider reported an error inside its answer.'),
    retryAfterMs: undefined,
  }
}
