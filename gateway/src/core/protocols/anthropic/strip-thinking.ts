// Takes the thinking blocks of translated answers out of a native request: they bear our mark instead of the vendor's signature
// and would be refused. Every other byte of the request stays; a request without the mark is not even parsed.
import { findMember, scanObject, skipSpace, skipString } from '../json-scan.ts'
import { asRecord, asRecords, parseRecord, type JsonRecord } from '../lenient-json.ts'
import { isMarked, thinkingMark } from './thinking-mark.ts'

export interface StrippedRequest {
  body: Buffer
  /** Blocks were taken out of a turn that is still going on: its tools have answered, the model has not. */
  isLoopOpen: boolean
}

export function stripThinking(body: Buffer): StrippedRequest {
  if (!body.includes(thinkingMark)) return { body, isLoopOpen: false }
  const scan = scanObject(body)
  const member = scan && findMember(scan, 'messages')
  if (member === undefined) return { body, isLoopOpen: false }
  const cuts: Span[] = []
  const messages = elementSpans(body, member.valueStart, member.valueEnd)
  const emptied = new Set<number>()
  let loopStart = 0
  let lastStripped = -1
  for (const [index, span] of messages.entries()) {
    const message = parseRecord(body, span.start, span.end)
    if (message === undefined) continue
    if (isQuestion(message)) loopStart = index
    const blocks = markedBlocks(message)
    if (blocks.size === 0) continue
    lastStripped = index
    const elements = contentSpans(body, span)
    if (blocks.size === elements.length) emptied.add(index)
    else cuts.push(...removalSpans(elements, blocks))
  }
  if (lastStripped < 0) return { body, isLoopOpen: false }
  cuts.push(...removalSpans(messages, emptied))
  return { body: without(body, cuts), isLoopOpen: lastStripped > loopStart }
}

interface Span {
  start: number
  end: number
}

/** A turn of the user that is more than results of tools begins anew; results go on with the turn before. */
function isQuestion({ role, content }: JsonRecord): boolean {
  return role === 'user' && !asRecords(content).some(({ type }) => type === 'tool_result')
}

function markedBlocks({ role, content }: JsonRecord): Set<number> {
  const indexes = new Set<number>()
  if (role !== 'assistant' || !Array.isArray(content)) return indexes
  for (const [index, entry] of (content as unknown[]).entries()) {
    const block = asRecord(entry)
    if (block?.['type'] === 'thinking' && isMarked(block['signature'])) indexes.add(index)
  }
  return indexes
}

function contentSpans(bytes: Buffer, message: Span): Span[] {
  const scan = scanObject(bytes, message.start, message.end)
  const member = scan && findMember(scan, 'content')
  return member === undefined ? [] : elementSpans(bytes, member.valueStart, member.valueEnd)
}

const quote = 0x22
const comma = 0x2c
const opening: ReadonlySet<number | undefined> = new Set([0x7b, 0x5b])
const closing: ReadonlySet<number | undefined> = new Set([0x7d, 0x5d])

/** The elements of the JSON array in `bytes[from, to)`; an element's span may end with white space. */
function elementSpans(bytes: Buffer, from: number, to: number): Span[] {
  const spans: Span[] = []
  let start = skipSpace(bytes, from + 1, to)
  let level = 0
  let at = start
  while (at < to) {
    const byte = bytes[at]
    if (byte === quote) {
      at = skipString(bytes, at + 1, to)
      if (at < 0) return spans
      continue
    }
    if (opening.has(byte)) level++
    else if (closing.has(byte)) level--
    if (level < 0 || (level === 0 && byte === comma)) {
      if (at > start) spans.push({ start, end: at })
      if (level < 0) return spans
      start = skipSpace(bytes, at + 1, to)
      at = start
    } else at++
  }
  return spans
}

/** What to leave out so that the array lacks these elements: each with one comma, that before it where one stays there. */
function removalSpans(elements: readonly Span[], removed: ReadonlySet<number>): Span[] {
  const spans: Span[] = []
  let hasKept = false
  for (const [index, element] of elements.entries()) {
    const before = elements[index - 1]
    const after = elements[index + 1]
    if (!removed.has(index)) hasKept = true
    else if (hasKept && before !== undefined) spans.push({ start: before.end, end: element.end })
    else spans.push({ start: element.start, end: after?.start ?? element.end })
  }
  return spans
}

function without(bytes: Buffer, cuts: readonly Span[]): Buffer {
  const pieces: Buffer[] = []
  let from = 0
  for (const { start, end } of cuts.toSorted((a, b) => a.start - b.start)) {
    pieces.push(bytes.subarray(from, start))
    from = end
  }
  pieces.push(bytes.subarray(from))
  return Buffer.concat(pieces)
}
