// Canonical messages → those of the wire (OpenAI API reference, "Create chat completion", `messages`). Calls must be answered at
// once, each by a message of its own, so results leave before whatever else was said in their turn.
import type { CacheMark, ChatMessage, ContentPart, ImagePart, TextPart, ToolCallPart, ToolResultPart } from '../chat.ts'
import { imageUrlOf } from '../image-data.ts'
import { parseJson } from '../lenient-json.ts'
import { openingText } from '../turns.ts'
import type { CallIds } from './call-ids.ts'

export interface WireMessage {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: string | WirePart[] | null
  [member: string]: unknown
}

interface WirePart {
  type: string
  cache_control?: object
  [member: string]: unknown
}

/** "A single request supports a maximum of four cache markers" (the vendors of the wire that know marks). */
const marksMax = 4
const errorPrefix = 'Error: '
/** Stands where a tool gave no text, or was never answered for: calls without a message that answers them are refused. */
const emptyResult = '(no output)'

/** One message: some servers of the wire look at the first instruction only. */
export function encodeSystem(system: readonly TextPart[]): WireMessage[] {
  const texts = system.filter(({ text }) => text !== '')
  return texts.length === 0 ? [] : [{ role: 'system', content: joinedUnlessMarked(texts, '\n\n') }]
}

/** `isNoting`: the vendor takes instructions at the top alone, and later ones become notes in the user's turn. */
export function encodeMessages(messages: readonly ChatMessage[], isNoting: boolean, ids: CallIds): WireMessage[] {
  const out: WireMessage[] = []
  let at = 0
  while (at < messages.length) {
    const spoken = runOf(messages, at, (role) => role === 'assistant')
    at += spoken.length
    const replies = runOf(messages, at, (role) => role !== 'assistant')
    at += replies.length
    const parts = spoken.flatMap(({ content }) => content)
    if (parts.length > 0) out.push(encodeAssistant(parts, ids))
    out.push(...encodeReplies(replies, parts.filter(isCall), isNoting, ids))
  }
  // "'messages' must have at least 1 item": of empty texts alone nothing is left.
  return out.length > 0 ? out : [{ role: 'user', content: openingText }]
}

/** Only the last marks are kept: each covers all that stands before it. */
export function keepLastMarks(messages: readonly WireMessage[]): void {
  const marked = messages
    .flatMap(({ content }) => (Array.isArray(content) ? content : []))
    .filter((part) => part.cache_control !== undefined)
  for (const part of marked.slice(0, -marksMax)) delete part.cache_control
}

function runOf(messages: readonly ChatMessage[], from: number, belongs: (role: ChatMessage['role']) => boolean) {
  let end = from
  while (end < messages.length && belongs(messages[end]?.role ?? 'user')) end++
  return messages.slice(from, end)
}

function encodeAssistant(parts: readonly ContentPart[], ids: CallIds): WireMessage {
  const texts = parts.filter((part) => part.type === 'text' && part.text !== '') as TextPart[]
  const calls = parts.filter(isCall)
  const thoughts = parts.filter((part) => part.type === 'reasoning').map(({ text }) => text)
  return {
    role: 'assistant',
    content: texts.length === 0 ? (calls.length > 0 ? null : '') : joinedUnlessMarked(texts, ''),
    // A member of the wire's other vendors; thoughts are only here where the vendor takes them.
    reasoning_content: thoughts.length > 0 ? thoughts.join('') : undefined,
    tool_calls: calls.length > 0 ? calls.map((call) => encodeCall(call, ids)) : undefined,
  }
}

function encodeCall({ id, name, argumentsJson }: ToolCallPart, ids: CallIds): object {
  return { id: ids.of(id), type: 'function', function: { name, arguments: validJson(argumentsJson) } }
}

/** Cut off at an answer's maximum, arguments are no JSON, and some vendors refuse them on their return. */
function validJson(text: string): string {
  return parseJson(text) === undefined ? '{}' : text
}

/** What follows an assistant's turn: the results of its calls, then the images of these, then everything else. */
function encodeReplies(
  replies: readonly ChatMessage[],
  calls: readonly ToolCallPart[],
  isNoting: boolean,
  ids: CallIds,
): WireMessage[] {
  const open = new Map(calls.map((call) => [call.id, call]))
  const results: ToolResultPart[] = []
  const others: WireMessage[] = []
  for (const { role, content } of replies) {
    const material: (TextPart | ImagePart)[] = []
    for (const part of content) {
      if (isMaterial(part)) material.push(part)
      if (part.type !== 'tool-result') continue
      // A result without its call would be refused: a conversation that was shortened keeps its text.
      if (open.delete(part.callId)) results.push(part)
      else material.push(...part.content)
    }
    const said = material.filter((part) => part.type !== 'text' || part.text !== '')
    if (said.length > 0) others.push(role === 'system' ? encodeInstruction(said, isNoting) : encodeUser(said))
  }
  const unanswered = [...open.values()].map(({ id }): WireMessage => {
    return { role: 'tool', tool_call_id: ids.of(id), content: emptyResult }
  })
  const answered = results.map((result) => encodeResult(result, ids))
  return [...answered, ...unanswered, ...encodePictures(results), ...others]
}

function encodeUser(parts: readonly (TextPart | ImagePart)[]): WireMessage {
  const [first] = parts
  const isString = parts.length === 1 && first?.type === 'text' && first.cacheMark === undefined
  return { role: 'user', content: isString ? first.text : parts.map(encodePart) }
}

function encodeInstruction(parts: readonly (TextPart | ImagePart)[], isNoting: boolean): WireMessage {
  const texts = parts.filter((part) => part.type === 'text')
  if (!isNoting) return { role: 'system', content: joinedUnlessMarked(texts, '\n\n') }
  return encodeUser(texts.map((part) => ({ ...part, text: `<system-reminder>\n${part.text}\n</system-reminder>` })))
}

function encodeResult({ callId, content, isError, cacheMark }: ToolResultPart, ids: CallIds): WireMessage {
  const texts = content.filter((part) => part.type === 'text')
  const text = texts.map((part) => part.text).join('\n\n') || emptyResult
  const mark = cacheMark ?? content.findLast((part) => part.cacheMark !== undefined)?.cacheMark
  const whole: TextPart = { type: 'text', text: isError ? errorPrefix + text : text, ...(mark && { cacheMark: mark }) }
  return { role: 'tool', tool_call_id: ids.of(callId), content: joinedUnlessMarked([whole], '') }
}

/** "Image URLs are only allowed for messages with role 'user'." */
function encodePictures(results: readonly ToolResultPart[]): WireMessage[] {
  const parts = results.flatMap(({ name, content }) => {
    const images = content.filter((part) => part.type === 'image')
    const label: TextPart = { type: 'text', text: name === undefined ? 'From a tool:' : `From the tool ${name}:` }
    return images.length === 0 ? [] : [label, ...images]
  })
  return parts.length === 0 ? [] : [encodeUser(parts)]
}

/** A plain text where none is marked, as every server of the wire takes it. */
function joinedUnlessMarked(texts: readonly TextPart[], separator: string): string | WirePart[] {
  if (texts.some(({ cacheMark }) => cacheMark !== undefined)) return texts.map(encodePart)
  return texts.map(({ text }) => text).join(separator)
}

function encodePart(part: TextPart | ImagePart): WirePart {
  const mark = encodeMark(part.cacheMark)
  if (part.type === 'text') return { type: 'text', text: part.text, ...mark }
  return { type: 'image_url', image_url: { url: imageUrlOf(part.source) }, ...mark }
}

/** Vendors of the wire that know marks know one time to live. */
function encodeMark(mark: CacheMark | undefined): { cache_control?: object } {
  return mark === undefined ? {} : { cache_control: { type: 'ephemeral' } }
}

const isCall = (part: ContentPart): part is ToolCallPart => part.type === 'tool-call'
const isMaterial = (part: ContentPart): part is TextPart | ImagePart => part.type === 'text' || part.type === 'image'
