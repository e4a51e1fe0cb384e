// Canonical messages → the wire's input items (OpenAI API reference, "Create a model response", `input`). Every call must be
// answered, and every result must have its call.
import type { ChatMessage, ContentPart, ImagePart, TextPart, ToolCallPart, ToolResultPart } from '../chat.ts'
import { imageUrlOf } from '../image-data.ts'
import { asRecord, parseJson } from '../lenient-json.ts'
import { openingText } from '../turns.ts'
import type { CallIds } from './call-ids.ts'

const errorPrefix = 'Error: '
/** Stands where a tool gave nothing, or was never answered for: calls without a result are refused. */
const emptyResult = '(no output)'

/** `isNoting`: the vendor takes instructions at the top alone, and later ones become notes in the user's turn. */
export function encodeItems(messages: readonly ChatMessage[], isNoting: boolean, ids: CallIds): object[] {
  const items: object[] = []
  let at = 0
  while (at < messages.length) {
    const spoken = runOf(messages, at, (role) => role === 'assistant')
    at += spoken.length
    const replies = runOf(messages, at, (role) => role !== 'assistant')
    at += replies.length
    const parts = spoken.flatMap(({ content }) => content)
    items.push(...encodeSpoken(parts, ids), ...encodeReplies(replies, parts.filter(isCall), isNoting, ids))
  }
  // An empty input is refused: of empty texts alone nothing is left.
  return items.length > 0 ? items : encodeMaterial('user', [{ type: 'text', text: openingText }], isNoting)
}

export function instructionItem(text: string): object {
  return { type: 'message', role: 'system', content: [{ type: 'input_text', text }] }
}

function runOf(messages: readonly ChatMessage[], from: number, belongs: (role: ChatMessage['role']) => boolean) {
  let end = from
  while (end < messages.length && belongs(messages[end]?.role ?? 'user')) end++
  return messages.slice(from, end)
}

/**
 * In the order in which it was said: texts up to a call are one message. Its content is one text, since parts of an answer have a
 * place only in messages that carry the vendor's own id (EasyInputMessage and ResponseOutputMessage).
 */
function encodeSpoken(parts: readonly ContentPart[], ids: CallIds): object[] {
  const items: object[] = []
  let text = ''
  const endMessage = () => {
    if (text !== '') items.push({ type: 'message', role: 'assistant', content: text })
    text = ''
  }
  for (const part of parts) {
    if (part.type === 'text') text += part.text
    if (part.type !== 'tool-call') continue
    endMessage()
    items.push({
      type: 'function_call',
      call_id: ids.of(part.id),
      name: part.name,
      arguments: validArguments(part.argumentsJson),
    })
  }
  endMessage()
  return items
}

/** Cut off at an answer's maximum, arguments are no JSON. */
function validArguments(text: string): string {
  return asRecord(parseJson(text)) === undefined ? JSON.stringify({ text }) : text
}

function encodeReplies(
  replies: readonly ChatMessage[],
  calls: readonly ToolCallPart[],
  isNoting: boolean,
  ids: CallIds,
): object[] {
  const open = new Set(calls.map(({ id }) => id))
  const results: object[] = []
  const others: object[] = []
  for (const { role, content } of replies) {
    const material: (TextPart | ImagePart)[] = []
    for (const part of content) {
      if (part.type === 'text' || part.type === 'image') material.push(part)
      if (part.type !== 'tool-result') continue
      // A conversation that was shortened may lack a result's call: its content is kept.
      if (open.delete(part.callId)) results.push(encodeResult(part, ids))
      else material.push(...part.content)
    }
    others.push(...encodeMaterial(role, material.filter(isFilled), isNoting))
  }
  const unanswered = [...open].map((id) => ({ type: 'function_call_output', call_id: ids.of(id), output: emptyResult }))
  return [...results, ...unanswered, ...others]
}

function encodeMaterial(role: ChatMessage['role'], parts: (TextPart | ImagePart)[], isNoting: boolean): object[] {
  if (parts.length === 0) return []
  if (role !== 'system') return [{ type: 'message', role: 'user', content: parts.map(encodePart) }]
  const texts = parts.filter((part) => part.type === 'text').map(({ text }) => text)
  if (!isNoting) return [instructionItem(texts.join('\n\n'))]
  const notes = texts.map((text) => ({ type: 'input_text', text: `<system-reminder>\n${text}\n</system-reminder>` }))
  return [{ type: 'message', role: 'user', content: notes }]
}

/** Plain text where there is nothing else, as every server of the wire takes it. */
function encodeResult({ callId, content, isError }: ToolResultPart, ids: CallIds): object {
  const parts = content.filter(isFilled)
  const images = parts.filter((part) => part.type === 'image')
  const texts = parts.filter((part) => part.type === 'text').map(({ text }) => text)
  const said = texts.join('\n\n') || (images.length > 0 ? '' : emptyResult)
  const text = isError ? errorPrefix + said : said
  const head: TextPart[] = text === '' ? [] : [{ type: 'text', text }]
  const output = images.length === 0 ? text : [...head, ...images].map(encodePart)
  return { type: 'function_call_output', call_id: ids.of(callId), output }
}

function encodePart(part: TextPart | ImagePart): object {
  if (part.type === 'text') return { type: 'input_text', text: part.text }
  return { type: 'input_image', image_url: imageUrlOf(part.source), detail: 'auto' }
}

const isCall = (part: ContentPart): part is ToolCallPart => part.type === 'tool-call'
const isFilled = (part: TextPart | ImagePart): boolean => part.type === 'image' || part.text !== ''
