// Native pass-through of a stream: the provider's bytes go on as they came, event by event, while a protocol's listener
// looks at each event and notes usage, errors and the end. Knows server-sent events, no protocol. What it sends on always
// ends with a whole event: an error can then be appended to a cut answer without being glued to half an event.
import { brokenAnswer } from './broken-answer.ts'
import type { UpstreamFailure } from './failure.ts'
import { scanObject } from './json-scan.ts'
import type { ResponseTransform } from './protocol.ts'
import { SseReader } from './sse.ts'
import type { Usage } from './usage.ts'

/** What a listener notes. The same fields as those of ResponseTransform, to be written. */
export interface AnswerNotes {
  committed: boolean
  finished: boolean
  failure: UpstreamFailure | undefined
  usage: Usage | undefined
  rawUsage: unknown
  usageFinal: boolean
  outputBytes: number
  /** Set by the listener to leave `event.bytes[cutStart, cutEnd)` out; empty unless set. */
  cutStart: number
  cutEnd: number
}

export interface Listener {
  /** Called for every event. Total: whatever the event holds, it does not throw. */
  see(event: SseReader, notes: AnswerNotes): void
  /** The upstream ended regularly. */
  end?(notes: AnswerNotes): void
}

const lineEnds = Buffer.from('\n\n')

export class NativeStream implements ResponseTransform, AnswerNotes {
  committed = false
  finished = false
  failure: UpstreamFailure | undefined = undefined
  usage: Usage | undefined = undefined
  rawUsage: unknown = undefined
  usageFinal = false
  outputBytes = 0
  cutStart = 0
  cutEnd = 0
  readonly #reader: SseReader
  readonly #listener: Listener
  #out: Buffer | undefined
  #outLength = 0

  constructor(listener: Listener, reader = new SseReader()) {
    this.#listener = listener
    this.#reader = reader
  }

  push(chunk: Buffer): Buffer | undefined {
    const reader = this.#reader
    reader.push(chunk)
    // Up to here the chunk was dealt with: sent on by a copy, or left out.
    let from = 0
    while (reader.next()) {
      this.#see()
      if (reader.carried) {
        this.#copyEvent(chunk.length)
        from = reader.consumed
      } else if (this.cutEnd > this.cutStart) {
        this.#copy(chunk, from, this.cutStart, chunk.length)
        from = this.cutEnd
      }
    }
    if (reader.overflowed) this.failure ??= brokenAnswer('event_too_large')
    const to = reader.consumed
    if (this.#out === undefined) return wholeOrPart(chunk, from, to)
    this.#copy(chunk, from, to, chunk.length)
    return this.#takeOut()
  }

  end(): Buffer | undefined {
    const reader = this.#reader
    reader.finish()
    const hasRest = reader.next()
    if (hasRest) this.#see()
    this.#listener.end?.(this)
    if (!hasRest || !isWhole(reader, this.finished)) return undefined
    this.#copyEvent(lineEnds.length)
    // A rest that ended the answer goes on as it came; anything else would run into the error that follows it.
    if (!this.finished) this.#copy(lineEnds, 0, lineEnds.length, lineEnds.length)
    return this.#takeOut()
  }

  close(): undefined {
    return undefined
  }

  #see(): void {
    this.cutStart = 0
    this.cutEnd = 0
    if (this.failure === undefined) this.#listener.see(this.#reader, this)
  }

  /** Sends the current event on without its cut. */
  #copyEvent(room: number): void {
    const { bytes, start, end } = this.#reader
    if (this.cutEnd > this.cutStart) {
      this.#copy(bytes, start, this.cutStart, end + room)
      this.#copy(bytes, this.cutEnd, end, end + room)
    } else this.#copy(bytes, start, end, end + room)
  }

  /** `room` is an upper bound of all bytes that this call and the rest of the push can add. */
  #copy(bytes: Buffer, from: number, to: number, room: number): void {
    this.#out ??= Buffer.allocUnsafe(room)
    if (to > from) this.#outLength += bytes.copy(this.#out, this.#outLength, from, to)
  }

  #takeOut(): Buffer | undefined {
    const bytes = this.#out?.subarray(0, this.#outLength)
    this.#out = undefined
    this.#outLength = 0
    return bytes === undefined || bytes.length === 0 ? undefined : bytes
  }
}

function wholeOrPart(chunk: Buffer, from: number, to: number): Buffer | undefined {
  if (from === 0 && to === chunk.length && to > 0) return chunk
  return to > from ? chunk.subarray(from, to) : undefined
}

/** Whether an event without its closing blank line is all there: comments and ended answers are, and complete JSON is. */
function isWhole(event: SseReader, finished: boolean): boolean {
  if (event.dataStart < 0) return event.bytes[event.end - 1] === lineEnds[0]
  return finished || scanObject(event.data, event.dataStart, event.dataEnd) !== undefined
}
