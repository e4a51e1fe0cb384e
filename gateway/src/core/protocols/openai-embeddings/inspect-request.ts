// The facts of an embeddings request that routing and quota need (OpenAI API reference, "Create embeddings").
import type { RequestFacts } from '../protocol.ts'
import { invalidField, readModel, type RequestBody } from '../request-fields.ts'

/** Nothing is written: the output is vectors, which no vendor bills by the token. */
const outputTokens = 0

export function inspectRequest(body: RequestBody): RequestFacts {
  const model = readModel(body)
  const { input } = body
  const isGiven = Array.isArray(input) ? input.length > 0 : typeof input === 'string' && input !== ''
  if (!isGiven) throw invalidField('input', 'must be a non-empty string or array')
  return { model, stream: false, maxOutputTokens: outputTokens, choices: 1 }
}
