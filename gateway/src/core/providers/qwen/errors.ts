// DashScope's error answers → failures (Alibaba Cloud Model Studio, "Error codes"), in the shape of its OpenAI-compatible mode:
// {"error":{message,type,code,param},"request_id"}; its own services send the code at the top level.
import type { FailureKind, UpstreamFailure } from '../../protocols/failure.ts'
import { asText } from '../../protocols/lenient-json.ts'
import { decodeFailureBody, type FailureTable } from '../decode-failure.ts'
import type { HeaderView } from '../provider.ts'
import { readRetryAfter } from '../retry-after.ts'

const kinds = new Map<string | undefined, FailureKind>([
  ['Arrearage', 'quota-exhausted'],
  ['AllocationQuota.FreeTierOnly', 'quota-exhausted'],
  // The same code stands for a used-up free quota and for tokens per minute; the text alone tells. Taken for the limit
  // that refills: an account that is really out is tried again now and then, instead of being lost by a busy minute.
  ['insufficient_quota', 'rate-limited'],
  ['limit_requests', 'rate-limited'],
  ['limit_burst_rate', 'rate-limited'],
  ['invalid_api_key', 'unauthorized'],
  ['InvalidApiKey', 'unauthorized'],
  ['access_denied', 'unauthorized'],
  ['AccessDenied', 'unauthorized'],
  ['model_not_found', 'model-not-found'],
  ['ModelNotFound', 'model-not-found'],
  ['Model.AccessDenied', 'model-not-found'],
  ['data_inspection_failed', 'invalid-request'],
  ['DataInspectionFailed', 'invalid-request'],
])

const isPace = (code: string | undefined) => code?.startsWith('Throttling') === true

const table: FailureTable = {
  read: (error, status) => {
    const code = asText(error['code'])
    return {
      codes: [code, asText(error['type'])],
      message: error['message'],
      kind: status === 429 && isPace(code) ? 'rate-limited' : undefined,
    }
  },
  kindByCode: kinds,
}

/** The same codes inside a 200 answer: there a wire's own table knows those of its first vendor alone. */
export function refineFailure(failure: UpstreamFailure): UpstreamFailure | undefined {
  const { code } = failure
  const kind = kinds.get(code) ?? (isPace(code) ? 'rate-limited' : undefined)
  return kind && { ...failure, kind }
}

export function decodeFailure(status: number, headers: HeaderView, body: string, nowMs: number): UpstreamFailure {
  return decodeFailureBody(status, body, table, readRetryAfter(headers, nowMs))
}
