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

export function inspectRequest(body: RequestBody): RequestFacts {
  const model = readModel(body)
  requireMessages(body)
  const maxOutputTokens = readCount(body, 'max_tokens', outputTokensMax)
  if (maxOutputTokens === undefined) throw invalidField('max_tokens', 'is required')
  return { model, stream: readStream(body), maxOutputTokens, choices: 1 }
}
