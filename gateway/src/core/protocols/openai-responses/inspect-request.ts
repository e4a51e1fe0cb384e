// The facts of a Responses request that routing and quota need, read off the client's own body.
import { asText } from '../lenient-json.ts'
import type { RequestFacts } from '../protocol.ts'
import {
  invalidField,
  outputTokensMax,
  readCount,
  readFlag,
  readModel,
  readStream,
  type RequestBody,
} from '../request-fields.ts'
import { isStored, readReferences } from './stored.ts'

export function inspectRequest(body: RequestBody): RequestFacts {
  const stream = readStream(body)
  // Its answer would come without usage, and there is no address here where the rest could be fetched.
  if (readFlag(body['background'], 'background') === true && !stream) {
    throw invalidField('background', 'needs "stream": an answer cannot be fetched later here')
  }
  return {
    model: readModel(body),
    stream,
    maxOutputTokens: readCount(body, 'max_output_tokens', outputTokensMax),
    choices: 1,
    serviceTier: asText(body['service_tier']),
    refersTo: readReferences(body),
    isStored: isStored(body),
  }
}
