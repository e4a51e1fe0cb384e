// Where the items of a JSON array stand in its bytes, so that single ones can be spliced (see json-scan.ts, which does the same for
// the members of objects). It does not validate.
import { skipSpace, skipString } from './json-scan.ts'

const quote = 0x22
const comma = 0x2c
const braceOpen = 0x7b
const braceClose = 0x7d
const bracketOpen = 0x5b
const bracketClose = 0x5d

export interface Span {
  start: number
  end: number
}

/** None when the value in `bytes[from, to)` is no array. Its end is known, so its brackets balance. */
export function itemSpans(bytes: Buffer, from: number, to: number): Span[] {
  const spans: Span[] = []
  if (bytes[from] !== bracketOpen) return spans
  const last = to - 1
  let level = 0
  let start = skipSpace(bytes, from + 1, last)
  let at = start
  while (at < last) {
    const byte = bytes[at]
    if (byte === quote) {
      at = skipString(bytes, at + 1, last)
      if (at < 0) return spans
      continue
    }
    if (byte === braceOpen || byte === bracketOpen) level++
    else if (byte === braceClose || byte === bracketClose) level--
    else if (byte === comma && level === 0) {
      spans.push({ start, end: at })
      start = skipSpace(bytes, at + 1, last)
    }
    at++
  }
  if (start < last) spans.push({ start, end: last })
  return spans
}
