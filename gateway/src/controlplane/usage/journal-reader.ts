// Walks the journal's segments from a position on: finished attempts come out in order, each with the position behind it,
// and INTENTs that have no FINAL yet are remembered. A torn or damaged tail ends its segment, never the walk.
import { readFrame, decodeSegmentHeader, segmentHeaderBytes, frameBytesMax } from '../../core/journal/frame.ts'
import type { FinalEntry, IntentEntry } from '../../core/journal/entry.ts'
import type { SegmentDirectory } from '../../platform/segments.ts'
import type { SettledRow } from './rollup.ts'

export interface Position {
  segment: number
  byteOffset: number
}

export interface ReadBatch {
  rows: SettledRow[]
  /** Behind the last frame that was read. */
  position: Position
  sequence: number
  epoch: number
  /** Nothing more can be read now. */
  isAtEnd: boolean
}

interface OpenIntent {
  segment: number
  requestId: string
  attempt: number
  payload: string
}

/** Read at a time; larger than any frame, so that progress is always possible. */
const chunkBytes = frameBytesMax * 2

export class JournalReader {
  readonly #directory: SegmentDirectory
  readonly #report: (problem: string) => void
  readonly #open = new Map<string, OpenIntent>()
  #position: Position
  #epoch = 0
  #sequence = 0

  constructor(directory: SegmentDirectory, report: (problem: string) => void) {
    this.#directory = directory
    this.#report = report
    this.#position = { segment: directory.list()[0] ?? 0, byteOffset: 0 }
  }

  /** INTENTs whose FINAL was not seen: running, or lost with their process. */
  openIntents(): { requestId: string; attempt: number; entry: IntentEntry }[] {
    return [...this.#open.values()].flatMap(({ requestId, attempt, payload }) => {
      const entry = this.#parse(payload) as IntentEntry | undefined
      return entry ? [{ requestId, attempt, entry }] : []
    })
  }

  forgetOpenIntents(): void {
    this.#open.clear()
  }

  /** Segments before this one hold nothing that is still needed. */
  firstNeededSegment(): number {
    let first = this.#position.segment
    for (const intent of this.#open.values()) first = Math.min(first, intent.segment)
    return first
  }

  /** Reads on, at most `rowsMax` finished attempts. */
  async next(rowsMax: number): Promise<ReadBatch> {
    const rows: SettledRow[] = []
    let isAtEnd = false
    while (rows.length < rowsMax && !isAtEnd) {
      const { segment, byteOffset } = this.#position
      // Asked before reading: a segment that has a successor no longer grows, so what this read does not see is not there.
      const following = this.#directory.list().find((other) => other > segment)
      const bytes = await this.#read(segment, byteOffset).catch((error: unknown) => {
        // What was read before must not be lost with the error: it goes out, and the next call tries this place again.
        if (rows.length === 0) throw error
        return undefined
      })
      if (!bytes) break
      const consumed = this.#consume(bytes, rows, rowsMax)
      if (consumed === 'segment-ends' || (consumed === 0 && rows.length < rowsMax)) {
        const end = consumed === 'segment-ends' ? 'damaged' : bytes.length > 0 ? 'torn' : 'whole'
        isAtEnd = following === undefined
        if (following !== undefined) this.#advance(following, end)
      }
    }
    return { rows, position: { ...this.#position }, sequence: this.#sequence, epoch: this.#epoch, isAtEnd }
  }

  async #read(segment: number, byteOffset: number): Promise<Buffer> {
    return segment === 0 ? Buffer.alloc(0) : await this.#directory.read(segment, byteOffset, chunkBytes)
  }

  /** Bytes consumed, or that nothing behind this point of the segment can be read. */
  #consume(bytes: Buffer, rows: SettledRow[], rowsMax: number): number | 'segment-ends' {
    let offset = 0
    if (this.#position.byteOffset === 0) {
      if (bytes.length < segmentHeaderBytes) return 0
      const header = decodeSegmentHeader(bytes)
      if (!header) return 'segment-ends'
      this.#epoch = header.epoch
      offset = segmentHeaderBytes
    }
    while (rows.length < rowsMax) {
      const read = readFrame(bytes, offset)
      if (read.kind !== 'frame') {
        this.#position.byteOffset += offset
        return read.kind === 'damaged' ? 'segment-ends' : offset
      }
      const { type, requestId, attempt, payload, sequence } = read.frame
      this.#sequence = sequence
      if (type === 'intent') {
        this.#open.set(`${requestId}-${attempt}`, { segment: this.#position.segment, requestId, attempt, payload })
      } else {
        this.#open.delete(`${requestId}-${attempt}`)
        const entry = this.#parse(payload) as FinalEntry | undefined
        if (entry) rows.push({ requestId, attempt, entry })
      }
      offset = read.nextOffset
    }
    this.#position.byteOffset += offset
    return offset
  }

  #advance(segment: number, end: 'whole' | 'torn' | 'damaged'): void {
    if (end !== 'whole') {
      this.#report(`segment ${this.#position.segment} is ${end} behind byte ${this.#position.byteOffset}`)
    }
    this.#position = { segment, byteOffset: 0 }
  }

  #parse(payload: string): unknown {
    try {
      return JSON.parse(payload)
    } catch {
      // Its checksum was right, so this is what was written: a bug of an earlier version, to be seen, not to stop all others.
      this.#report(`a record of segment ${this.#position.segment} cannot be parsed`)
      return undefined
    }
  }
}
