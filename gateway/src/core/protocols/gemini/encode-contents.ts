// Canonical messages → the wire's contents (Gemini API reference, "Content" and "Part"): turns alternate and hold something.
import type { ChatMessage, ContentPart, ImagePart, ToolResultPart } from '../chat.ts'
import { asRecord, parseJson } from '../lenient-json.ts'
import { alternateTurns } from '../turns.ts'

/**
 * The newest models demand their own signature at calls of earlier turns; for calls that another vendor's model made the vendor
 * documents this text in its place ("Thought signatures", migrating from other models).
 */
const foreignCallSignature = 'skip_thought_signature_validator'

export function encodeContents(messages: readonly ChatMessage[]): object[] {
  return alternateTurns(messages).map(({ role, content }) => {
    return { role: role === 'assistant' ? 'model' : 'user', parts: content.flatMap(encodePart) }
  })
}

function encodePart(part: ContentPart): object[] {
  switch (part.type) {
    case 'text':
      return [{ text: part.text }]
    case 'image':
      return encodeImage(part)
    case 'tool-call': {
      const args = asRecord(parseJson(part.argumentsJson)) ?? {}
      return [{ functionCall: { id: part.id, name: part.name, args }, thoughtSignature: foreignCallSignature }]
    }
    case 'tool-result':
      return encodeResult(part)
    case 'reasoning':
      // Only the vendor's own signed thoughts are taken back; `fitRequest` has left these out.
      return []
  }
}

function encodeImage({ source }: ImagePart): object[] {
  // `fitRequest` has refused addresses.
  return source.kind === 'data' ? [{ inlineData: { mimeType: source.mediaType, data: source.base64 } }] : []
}

function encodeResult({ callId, name, content, isError }: ToolResultPart): object[] {
  const text = content
    .filter((part) => part.type === 'text')
    .map((part) => part.text)
    .join('\n\n')
  const images = content.filter((part) => part.type === 'image').flatMap(encodeImage)
  // A result says which function it is of; one whose call is not in the conversation goes by its id.
  const functionResponse = { id: callId, name: name ?? callId, response: isError ? { error: text } : { output: text } }
  return [{ functionResponse }, ...images]
}
