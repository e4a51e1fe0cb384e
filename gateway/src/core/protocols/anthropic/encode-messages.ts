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
  const ids = new ToolUseIds()
  let calls: ReadonlySet<string> = new Set()
  for (const [index, turn] of turns.entries()) {
    const isLast = index === turns.length - 1
    const parts = turn.role === 'user' ? resultsFirst(turn.content, calls) : endTrimmed(turn.content, isLast)
    calls = new Set(turn.role === 'user' ? [] : parts.filter((part) => part.type === 'tool-call').map(({ id }) => id))
    const content = parts.flatMap((part) => encodePart(part, ids))
    if (content.length > 0) encoded.push({ role: turn.role, content })
  }
  // A conversation that ends with calls is asked to go on: each call must have a result.
  if (calls.size > 0) {
    encoded.push({ role: 'user', content: resultsFirst([], calls).flatMap((part) => encodePart(part, ids)) })
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

/** "tool_use ids must be unique": those of other wires repeat, or become the same by the letters that this one has no room for. */
class ToolUseIds {
  readonly #used = new Set<string>()
  readonly #latest = new Map<string, string>()

  /** Of a new call. */
  begin(id: string): string {
    const plain = toolUseId(id)
    let unique = plain
    for (let count = 2; this.#used.has(unique); count += 1) unique = `${plain}_${count}`
    this.#used.add(unique)
    this.#latest.set(id, unique)
    return unique
  }

  /** Of the call that a result belongs to: the latest of that id. */
  of(id: string): string {
    return this.#latest.get(id) ?? toolUseId(id)
  }
}

/** What stands where a call was never answered: without a result the whole conversation is refused. */
const emptyResult: TextPart = { type: 'text', text: '(no result)' }

/**
 * Results behind other content are not found, a result without its call in the turn before is refused, and so is a call without its
 * result: a conversation that was shortened keeps its text.
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
  const unanswered = [...open].map((callId): ToolResultPart => {
    return { type: 'tool-result', callId, name: undefined, content: [emptyResult], isError: false }
  })
  return [...results, ...unanswered, ...others]
}

/** "Final assistant content cannot end with trailing whitespace." */
function endTrimmed(content: readonly ContentPart[], isLast: boolean): readonly ContentPart[] {
  const last = content.at(-1)
  if (!isLast || last?.type !== 'text') return content
  return [...content.slice(0, -1), { ...last, text: last.text.trimEnd() }]
}

function encodePart(part: ContentPart, ids: ToolUseIds): object[] {
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' ? [] : [encodeText(part)]
    case 'image':
      return [encodeImage(part)]
    case 'tool-call':
      return [encodeCall(part, ids.begin(part.id))]
    case 'tool-result':
      return [encodeResult(part, ids)]
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

function encodeCall({ name, argumentsJson, cacheMark }: ToolCallPart, id: string): object {
  // Cut off at an answer's maximum, arguments are no JSON; the wire takes an object and nothing else.
  const input = asRecord(parseJson(argumentsJson)) ?? {}
  return { type: 'tool_use', id, name, input, cache_control: encodeMark(cacheMark) }
}

function encodeResult({ callId, content, isError, cacheMark }: ToolResultPart, ids: ToolUseIds): object {
  // Marks inside were moved to the result itself (cache-marks.ts).
  const blocks = content.flatMap((part) => encodePart(part, ids))
  return {
    type: 'tool_result',
    tool_use_id: ids.of(callId),
    content: blocks.length > 0 ? blocks : undefined,
    is_error: isError ? true : undefined,
    cache_control: encodeMark(cacheMark),
  }
}
