// The facts of a Chat Completions request that routing and quota need, read off the client's own body.
import { asText } from '../lenient-json.ts'
import type { RequestFacts } from '../protocol.ts'
import {
  outputTokensMax,
  readCount,
  readModel,
  readStream,
  requireMessages,
  type RequestBody,
} from '../request-fields.ts'

/** "How many chat completion choices to generate": 1 to 128 (OpenAI API reference, `n`). */
export const choicesMax = 128

export function inspectRequest(body: RequestBody): RequestFacts {
  const model = readModel(body)
  requireMessages(body)
  const newer = readCount(body, 'max_completion_tokens', outputTokensMax)
  const older = readCount(body, 'max_tokens', outputTokensMax)
  return {
    model,
    stream: readStream(body),
    // Vendors differ in which of the two they honour, so the larger one bounds the answer.
    maxOutputTokens: newer === undefined || older === undefined ? (newer ?? older) : Math.max(newer, older),
    choices: readCount(body, 'n', choicesMax) ?? 1,
    serviceTier: asText(body['service_tier']),
  }
}
