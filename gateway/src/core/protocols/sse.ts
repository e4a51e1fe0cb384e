// Splits a stream of bytes into server-sent events, whatever the chunk boundaries (WHATWG HTML, "Server-sent events":
// LF, CRLF and CR line ends, comments, multi-line data, BOM). Knows nothing of what the events mean. Events are spans of
// the chunk itself; only one that is cut by a chunk's end is copied. Used by every stream decoder and listener.

const lf = 0x0a
const cr = 0x0d
const colon = 0x3a
const space = 0x20
const never = Number.MAX_SAFE_INTEGER

/** Generated images travel as one event of a few MiB of base64; above this, nothing a model says is plausible. */
const sseEventBytesMax = 8 * 1024 * 1024
/** Most carried events are one text delta: 2 KiB holds it without growing. */
const carryBytesMin = 2048

/**
 * Pull reader: `push(chunk)`, then `next()` until it answers false, then the next chunk. While `next()` answers true the
 * fields describe one event; they are valid until the next call. `finish()` makes an unterminated rest available once.
 */
export class SseReader {
  /** The buffer that the event stands in, and its raw span with all its lines and its closing blank line. */
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  /** The event's data; `dataStart` is -1 when it has none. `data` is `bytes` unless several data lines were joined. */
  data: Buffer = this.bytes
  dataStart = -1
  dataEnd = -1
  /** The event began in an earlier chunk, so that `bytes` is a copy that no one else holds. */
  carried = false
  /** How much of the latest chunk belongs to complete events. */
  consumed = 0
  /** An event was larger than `sseEventBytesMax`. Nothing more is read. */
  overflowed = false

  readonly #eventBytesMax: number
  #chunk: Buffer = this.bytes
  #at = 0
  #crAt = never
  #carry: Buffer | undefined
  #carryLength = 0
  /** The current line has bytes in the carry. */
  #lineOpen = false
  /** The carry ends in a CR whose LF, if there is one, comes with the next chunk. */
  #crOpen = false
  #first = true
  #ended = false

  constructor(eventBytesMax = sseEventBytesMax) {
    this.#eventBytesMax = eventBytesMax
  }

  push(chunk: Buffer): void {
    this.#chunk = chunk
    this.#at = 0
    this.consumed = 0
    const crAt = chunk.indexOf(cr)
    this.#crAt = crAt < 0 ? never : crAt
  }

  next(): boolean {
    if (this.overflowed) return false
    if (this.#ended) return this.#deliverCarry()
    if (this.#crOpen && this.#chunk.length > 0 && this.#closeCarriedCr()) return this.#deliver(this.#at)
    const chunk = this.#chunk
    let dataLines = 0
    let dataStart = -1
    let dataEnd = -1
    while (true) {
      const at = this.#at
      const lfAt = chunk.indexOf(lf, at)
      let lineEnd = lfAt < 0 ? never : lfAt
      let after = lineEnd + 1
      if (this.#crAt < lineEnd) {
        lineEnd = this.#crAt
        if (lineEnd === chunk.length - 1) return this.#stash(lineEnd)
        after = chunk[lineEnd + 1] === lf ? lineEnd + 2 : lineEnd + 1
        const crAt = chunk.indexOf(cr, after)
        this.#crAt = crAt < 0 ? never : crAt
      } else if (lfAt < 0) return this.#stash(chunk.length)
      this.#at = after
      if (lineEnd === at && !this.#lineOpen) {
        if (this.#carry !== undefined || this.#first || dataLines > 1) return this.#deliver(after)
        return this.#deliverSpan(after, dataStart, dataEnd)
      }
      this.#lineOpen = false
      if (isField(chunk, at, lineEnd, 'data')) {
        dataLines++
        dataStart = valueStart(chunk, at + 4, lineEnd)
        dataEnd = lineEnd
      }
    }
  }

  /** No more chunks: what is left, if anything, is available by one more `next()`. */
  finish(): void {
    this.push(Buffer.alloc(0))
    this.#ended = true
  }

  /** The event's name from its `event` field, or undefined. */
  eventName(): string | undefined {
    const spans = fieldSpans(this.bytes, this.start, this.end, 'event')
    return spans.length < 2 ? undefined : this.bytes.toString('utf8', spans[spans.length - 2], spans[spans.length - 1])
  }

  /** The chunk begins after a CR: takes its LF, ends the line, and answers whether that line was the blank one. */
  #closeCarriedCr(): boolean {
    this.#crOpen = false
    if (this.#chunk[0] === lf) this.#at = 1
    const blank = !this.#lineOpen
    this.#lineOpen = false
    return blank
  }

  /** The chunk ends inside an event: keeps its bytes. `lineEnd` is where the unfinished line's text ends. */
  #stash(lineEnd: number): boolean {
    const chunk = this.#chunk
    const tail = chunk.length - this.consumed
    if (lineEnd > this.#at) this.#lineOpen = true
    if (lineEnd < chunk.length) this.#crOpen = true
    if (tail > 0) this.#append(this.consumed, chunk.length)
    this.#chunk = chunk.subarray(0, 0)
    this.#at = 0
    this.#crAt = never
    return false
  }

  #append(from: number, to: number): void {
    const length = this.#carryLength + to - from
    if (length > this.#eventBytesMax) {
      this.overflowed = true
      this.#carry = undefined
      this.#carryLength = 0
      return
    }
    if (this.#carry === undefined || this.#carry.length < length) {
      const grown = Buffer.allocUnsafe(Math.max(carryBytesMin, 2 * length))
      this.#carry?.copy(grown, 0, 0, this.#carryLength)
      this.#carry = grown
    }
    this.#chunk.copy(this.#carry, this.#carryLength, from, to)
    this.#carryLength = length
  }

  /** The common case: the whole event stands in the chunk and has at most one data line. */
  #deliverSpan(after: number, dataStart: number, dataEnd: number): boolean {
    if (after - this.consumed > this.#eventBytesMax) {
      this.overflowed = true
      return false
    }
    this.bytes = this.#chunk
    this.data = this.#chunk
    this.start = this.consumed
    this.end = after
    this.dataStart = dataStart
    this.dataEnd = dataEnd
    this.carried = false
    this.consumed = after
    return true
  }

  /** An event that was carried, opens the stream or has several data lines: its fields are read line by line. */
  #deliver(after: number): boolean {
    if (this.#carry !== undefined) {
      this.#append(this.consumed, after)
      this.consumed = after
      return this.#deliverCarry()
    }
    if (!this.#deliverSpan(after, -1, -1)) return false
    this.#readData()
    return true
  }

  #deliverCarry(): boolean {
    if (this.#carry === undefined) return false
    this.bytes = this.#carry.subarray(0, this.#carryLength)
    this.start = 0
    this.end = this.#carryLength
    this.carried = true
    this.#carry = undefined
    this.#carryLength = 0
    this.#readData()
    return true
  }

  #readData(): void {
    const bom = this.#first && startsWithBom(this.bytes, this.start) ? 3 : 0
    this.#first = false
    const spans = fieldSpans(this.bytes, this.start + bom, this.end, 'data')
    this.data = this.bytes
    this.dataStart = spans[0] ?? -1
    this.dataEnd = spans[1] ?? -1
    if (spans.length <= 2) return
    const lines: string[] = []
    for (let i = 0; i < spans.length; i += 2) lines.push(this.bytes.toString('latin1', spans[i], spans[i + 1]))
    this.data = Buffer.from(lines.join('\n'), 'latin1')
    this.dataStart = 0
    this.dataEnd = this.data.length
  }
}

function startsWithBom(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf
}

/** Whether the line `bytes[at, lineEnd)` is the field `name`, with or without a colon. */
function isField(bytes: Buffer, at: number, lineEnd: number, name: string): boolean {
  const nameEnd = at + name.length
  if (nameEnd > lineEnd || (nameEnd < lineEnd && bytes[nameEnd] !== colon)) return false
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name.charCodeAt(i)) return false
  return true
}

/** Where a field's value begins: after the colon and one space, if they are there. */
function valueStart(bytes: Buffer, nameEnd: number, lineEnd: number): number {
  if (nameEnd >= lineEnd) return lineEnd
  return nameEnd + 1 < lineEnd && bytes[nameEnd + 1] === space ? nameEnd + 2 : nameEnd + 1
}

/** The values of a field within one event as flat [start, end, …]. */
function fieldSpans(bytes: Buffer, start: number, end: number, name: string): number[] {
  const spans: number[] = []
  let at = start
  while (at < end) {
    let lineEnd = at
    while (lineEnd < end && bytes[lineEnd] !== lf && bytes[lineEnd] !== cr) lineEnd++
    if (isField(bytes, at, lineEnd, name)) spans.push(valueStart(bytes, at + name.length, lineEnd), lineEnd)
    at = lineEnd + 1
  }
  return spans
}
