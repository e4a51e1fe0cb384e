// A client's generateContent request → the canonical request, field by field (Gemini API reference, "GenerateContentRequest").
import { plainRequest, type ChatRequest } from '../chat.ts'
import type { DecodedRequest, RequestTarget } from '../protocol.ts'
import type { FieldHandling, RequestBody } from '../request-fields.ts'
import { decodeConfig } from './decode-config.ts'
import { decodeContents, decodeSystem } from './decode-contents.ts'
import { decodeTools } from './decode-tools.ts'
import { requireContents } from './inspect-request.ts'
import { readMessage, restOfMessage } from './proto-json.ts'

const readFields: ReadonlySet<string> = new Set([
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
])

export const otherFields: Readonly<Record<string, FieldHandling>> = {
  // A part of the conversation that only the vendor has.
  cachedContent: 'refused',
  continuationToken: 'refused',
  // The address names the model; labels sort bills.
  model: 'ignored',
  labels: 'ignored',
}

export function decodeRequest(body: RequestBody, model: string, target: RequestTarget): DecodedRequest {
  requireContents(body)
  const message = readMessage(body, 'body')
  const { store, ...rest } = message
  const stored = store === true ? { store } : {}
  const dropped = restOfMessage({ ...rest, ...stored }, '', readFields, otherFields)
  const request: ChatRequest = {
    ...plainRequest,
    model,
    system: decodeSystem(message['systemInstruction'], dropped),
    messages: decodeContents(message['contents'], dropped),
    ...decodeTools(message, dropped),
    ...decodeConfig(message['generationConfig'], dropped),
    stream: target.stream === true,
  }
  return { request, dropped: [...new Set(dropped)] }
}
