// A client's own Responses request, made ready for native pass-through: the very bytes, but for a model's alias, a lower maximum
// and the thoughts of translated answers, which are spliced. The wire always reports usage, so metering needs nothing.
import type { AppError } from '@aicarpool/contract'
import { replaceMember } from '../json-scan.ts'
import { NativeStream } from '../native-stream.ts'
import type { AdaptedRequest, RequestChanges, RequestFacts, ResponseTransform } from '../protocol.ts'
import { failureText } from './errors.ts'
import { createListener } from './listen.ts'
import { raisedMaximum } from './output-minimum.ts'
import { stripReasoning } from './strip-reasoning.ts'

export function adaptRequest(body: Buffer, _facts: RequestFacts, changes: RequestChanges): AdaptedRequest {
  const { model, maxOutputTokens } = changes
  let adapted = stripReasoning(body)
  if (model !== undefined) adapted = replaceMember(adapted, 'model', JSON.stringify(model)) ?? adapted
  if (maxOutputTokens !== undefined) {
    adapted = replaceMember(adapted, 'max_output_tokens', String(raisedMaximum(maxOutputTokens))) ?? adapted
  }
  return { body: adapted, createTransform }
}

/** A cut answer's error goes on counting the events, and names the response that the client knows. */
function createTransform(): ResponseTransform {
  const listener = createListener()
  const closeWithError = (error: AppError) => {
    const { eventCount, response } = listener
    return Buffer.from(failureText(error, eventCount, response))
  }
  return Object.assign(new NativeStream(listener), { closeWithError, storedIds: listener.storedIds })
}
