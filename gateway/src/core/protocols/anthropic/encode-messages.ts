// The canonical conversation as the wire's messages: strict alternation, results of tools at the head of the turn after their
// calls, and no empty text anywhere (Anthropic Messages API, MessageParam; "Handle tool calls").
import type { CacheMark, ChatMessage, ContentPart, ImagePart, TextPart, ToolCallPart, ToolResultPart } from '../chat.ts'
import { asRecord, parseJson } from '../lenient-json.ts'
import { alternateTurns, openingText, type Turn } from '../turns.ts'
import { toolUseId } from './wire.ts'

export interface WireMessage {
  role: Turn['role']
  content: object[]
}

export function encodeMessages(messages: readonly ChatMessage[]): WireMessage[] {
  const turns = alternateTurns(messages)
  const encoded: WireMessage[] = []
  let calls: ReadonlySet<string> = new Set()
  for (const [index, turn] of turns.entries()) {
    const isLast = index === turns.length - 1
    const parts = turn.role === 'user' ? resultsFirst(turn.content, calls) : endTrimmed(turn.content, isLast)
    calls = new Set(turn.role === 'user' ? [] : parts.filter((part) => part.type === 'tool-call').map(({ id }) => id))
    const content = parts.flatMap(encodePart)
    if (content.length > 0) encoded.push({ role: turn.role, content })
  }
  // A first turn of nothing but a result without its call, and without content, has left nothing.
  if (encoded[0]?.role !== 'user') encoded.unshift({ role: 'user', content: [{ type: 'text', text: openingText }] })
  return encoded
}

export function encodeText({ text, cacheMark }: TextPart): object {
  return { type: 'text', text, cache_control: encodeMark(cacheMark) }
}

/** Members that are undefined are not written. */
export function encodeMark(mark: CacheMark | undefined): object | undefined {
  if (mark === undefined) return undefined
  return mark === '1h' ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' }
}

/**
 * Results behind other content are not found, and a result without its call in the turn before is refused: a conversation
 * that was shortened keeps its text.
 */
function resultsFirst(content: readonly ContentPart[], calls: ReadonlySet<string>): ContentPart[] {
  const open = new Set(calls)
  const results: ContentPart[] = []
  const others: ContentPart[] = []
  for (const part of content) {
    if (part.type !== 'tool-result') others.push(part)
    else if (open.delete(part.callId)) results.push(part)
    else others.push(...part.content)
  }
  return [...results, ...others]
}

/** "Final assistant content cannot end with trailing whitespace." */
function endTrimmed(content: readonly ContentPart[], isLast: boolean): readonly ContentPart[] {
  const last = content.at(-1)
  if (!isLast || last?.type !== 'text') return content
  return [...content.slice(0, -1), { ...last, text: last.text.trimEnd() }]
}

function encodePart(part: ContentPart): object[] {
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' ? [] : [encodeText(part)]
    case 'image':
      return [encodeImage(part)]
    case 'tool-call':
      return [encodeCall(part)]
    case 'tool-result':
      return [encodeResult(part)]
    case 'reasoning':
      // Without the vendor's signature it is refused; the features table has taken it out before.
      return []
  }
}

function encodeImage({ source, cacheMark }: ImagePart): object {
  return {
    type: 'image',
    source:
      source.kind === 'url'
        ? { type: 'url', url: source.url }
        : { type: 'base64', media_type: source.mediaType, data: source.base64 },
    cache_control: encodeMark(cacheMark),
  }
}

function encodeCall({ id, name, argumentsJson, cacheMark }: ToolCallPart): object {
  // Cut off at an answer's maximum, arguments are no JSON; the wire takes an object and nothing else.
  const input = asRecord(parseJson(argumentsJson)) ?? {}
  return { type: 'tool_use', id: toolUseId(id), name, input, cache_control: encodeMark(cacheMark) }
}

function encodeResult({ callId, content, isError, cacheMark }: ToolResultPart): object {
  // Marks inside were moved to the result itself (cache-marks.ts).
  const blocks = content.flatMap(encodePart)
  return {
    type: 'tool_result',
    tool_use_id: toolUseId(callId),
    content: blocks.length > 0 ? blocks : undefined,
    is_error: isError ? true : undefined,
    cache_control: encodeMark(cacheMark),
  }
}
