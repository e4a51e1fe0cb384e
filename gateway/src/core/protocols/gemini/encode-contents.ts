// Canonical messages → the wire's contents (Gemini API reference, "Content" and "Part"): turns alternate and hold something, and
// every call has its result in the turn behind it.
import type { ChatMessage, ContentPart, ImagePart, ToolResultPart } from '../chat.ts'
import { asRecord, parseJson } from '../lenient-json.ts'
import { alternateTurns } from '../turns.ts'
import { answerCalls } from './answer-calls.ts'
import { foreignSignature } from './wire-names.ts'

export interface WireContent {
  role: 'user' | 'model'
  parts: object[]
}

/** `nestsMedia`: the model takes images inside a function's response ("Multimodal function responses"). */
export function encodeContents(messages: readonly ChatMessage[], nestsMedia: boolean): WireContent[] {
  const turns = answerCalls(alternateTurns(messages.map(withoutReasoning)))
  return turns.map(({ role, content }): WireContent => {
    if (role === 'assistant') return { role: 'model', parts: encodeAnswer(content) }
    // `answerCalls` has put the responses first; images that may not stand inside them follow.
    const results = content.filter((part) => part.type === 'tool-result')
    const behind: object[] = []
    const responses = results.map((result) => encodeResult(result, nestsMedia, behind))
    const others = content.flatMap((part) => (part.type === 'tool-result' ? [] : encodeSaid(part)))
    return { role: 'user', parts: [...responses, ...behind, ...others] }
  })
}

/** Only the vendor's own signed thoughts are taken back; `fitRequest` has left these out. */
function withoutReasoning(message: ChatMessage): ChatMessage {
  return { ...message, content: message.content.filter(({ type }) => type !== 'reasoning') }
}

/** Of the calls of one answer the first is signed. */
function encodeAnswer(content: readonly ContentPart[]): object[] {
  const first = content.find(({ type }) => type === 'tool-call')
  return content.flatMap((part) => {
    if (part.type !== 'tool-call') return encodeSaid(part)
    const functionCall = { id: part.id, name: part.name, args: argsOf(part.argumentsJson) }
    return [part === first ? { functionCall, thoughtSignature: foreignSignature } : { functionCall }]
  })
}

/** The wire takes an object only; what is none is still shown to the model. */
function argsOf(argumentsJson: string): object {
  if (argumentsJson.trim() === '') return {}
  return asRecord(parseJson(argumentsJson)) ?? { arguments: argumentsJson }
}

function encodeSaid(part: ContentPart): object[] {
  if (part.type === 'text') return [{ text: part.text }]
  return part.type === 'image' ? encodeImage(part) : []
}

function encodeImage({ source }: ImagePart): object[] {
  // `fitRequest` has refused addresses.
  return source.kind === 'data' ? [{ inlineData: { mimeType: source.mediaType, data: source.base64 } }] : []
}

function encodeResult(part: ToolResultPart, nestsMedia: boolean, behind: object[]): object {
  const { callId, name, content, isError } = part
  const text = content.flatMap((entry) => (entry.type === 'text' ? [entry.text] : [])).join('\n\n')
  const images = content.flatMap((entry) => (entry.type === 'image' ? encodeImage(entry) : []))
  if (!nestsMedia) behind.push(...images)
  const response = isError ? { error: text } : { output: text }
  const parts = nestsMedia && images.length > 0 ? images : undefined
  return { functionResponse: { id: callId, name: name ?? callId, response, parts } }
}
