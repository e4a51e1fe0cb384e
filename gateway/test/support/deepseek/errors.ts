// DeepSeek's error answers → failures (DeepSeek API documentation, "Error Codes"). Every refusal of its Chat Completions has the
// code "invalid_request_error", an empty balance's too, so the status alone decides.
import type { UpstreamFailure } from '../../../src/core/protocols/failure.ts'
import { asText } from '../../../src/core/protocols/lenient-json.ts'
import { decodeFailureBody, type FailureTable } from '../../../src/core/providers/decode-failure.ts'
import type { HeaderView } from '../../../src/core/providers/provider.ts'
import { readRetryAfter } from '../../../src/core/providers/retry-after.ts'

const table: FailureTable = {
  read: (error) => ({ codes: [asText(error['type']), asText(error['code'])], message: error['message'] }),
  kindByCode: new Map(),
}

export function decodeFailure(status: number, headers: HeaderView, body: string, nowMs: number): UpstreamFailure {
  return decodeFailureBody(status, body, table, readRetryAfter(headers, nowMs))
}
