// The facts of a Messages request that routing and quota need, read off the client's own body.
import type { RequestFacts } from '../protocol.ts'
import {
  invalidField,
  outputTokensMax,
  readCount,
  readModel,
  readStream,
  requireMessages,
  type RequestBody,
} from '../request-fields.ts'
import { billedTier } from './usage.ts'

export function inspectRequest(body: RequestBody): RequestFacts {
  const model = readModel(body)
  requireMessages(body)
  const stream = readStream(body)
  const serviceTier = billedTier(body)
  return { model, stream, maxOutputTokens: readMaxTokens(body, stream), choices: 1, serviceTier }
}

/** Required. 0 is for a plain answer without any text, which only warms the vendor's prompt cache. */
function readMaxTokens(body: RequestBody, stream: boolean): number {
  if (body['max_tokens'] === 0 && !stream) return 0
  const maxTokens = readCount(body, 'max_tokens', outputTokensMax)
  if (maxTokens === undefined) throw invalidField('max_tokens', 'is required')
  return maxTokens
}
