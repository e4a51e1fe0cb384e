// Takes the reasoning items of translated answers out of a native request: they bear our mark instead of the vendor's encrypted
// thoughts and would be refused. Every other byte of the request stays; a request without the mark is not even parsed.
import { findMember, scanObject, skipSpace, skipString } from '../json-scan.ts'
import { parseRecord } from '../lenient-json.ts'
import { isMarked, reasoningMark } from './reasoning-mark.ts'

const quote = 0x22
const comma = 0x2c
const opening: ReadonlySet<number | undefined> = new Set([0x7b, 0x5b])
const closing: ReadonlySet<number | undefined> = new Set([0x7d, 0x5d])

export function stripReasoning(body: Buffer): Buffer {
  if (!body.includes(reasoningMark)) return body
  const scan = scanObject(body)
  const input = scan && findMember(scan, 'input')
  if (input === undefined) return body
  const items = elementsOf(body, input.valueStart, input.valueEnd)
  const kept = items.filter(({ start, end }) => !isMarkedReasoning(body, start, end))
  if (kept.length === items.length) return body
  const separated = kept.flatMap(({ start, end }, index) => {
    const item = body.subarray(start, end)
    return index === 0 ? [item] : [Buffer.from(','), item]
  })
  const [before, after] = [body.subarray(0, input.valueStart), body.subarray(input.valueEnd)]
  return Buffer.concat([before, Buffer.from('['), ...separated, Buffer.from(']'), after])
}

function isMarkedReasoning(body: Buffer, start: number, end: number): boolean {
  const item = parseRecord(body, start, end)
  return item?.['type'] === 'reasoning' && isMarked(item['encrypted_content'])
}

interface Span {
  start: number
  end: number
}

/** The elements of the JSON array in `bytes[from, to)`; none when it is no array. An element may end with white space. */
function elementsOf(bytes: Buffer, from: number, to: number): Span[] {
  const spans: Span[] = []
  if (!opening.has(bytes[from])) return spans
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
