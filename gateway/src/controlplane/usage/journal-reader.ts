// Walks the journal's segments from a position on: finished attempts come out in order, each with the position behind it,
// and INTENTs that have no FINAL yet are remembered. A torn or damaged tail ends its segment, never the walk.
import { crc32 } from 'node:zlib'
import { readFrame, decodeSegmentHeader, segmentHeaderBytes, frameBytesMax } from '../../core/journal/frame.ts'
import type { Frame, ReadResult } from '../../core/journal/frame.ts'
import type { FinalEntry, IntentEntry, ProgressEntry } from '../../core/journal/entry.ts'
import { noUsage, type Usage } from '../../core/protocols/usage.ts'
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
  /** The last PROGRESS. */
  progress?: string
}

/** Why nothing behind a position can be read: its end, a frame cut short (perhaps still being written), or damage. */
type SegmentEnd = 'whole' | 'torn' | 'damaged'
type OversizeFrame = Extract<ReadResult, { kind: 'oversize' }>

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
  openIntents(): { requestId: string; attempt: number; entry: IntentEntry; progress: ProgressEntry | undefined }[] {
    return [...this.#open.values()].flatMap(({ requestId, attempt, payload, progress: last }) => {
      const entry = this.#parse(payload) as IntentEntry | undefined
      const progress = last === undefined ? undefined : (this.#parse(last) as ProgressEntry | undefined)
      return entry ? [{ requestId, attempt, entry, progress }] : []
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
      const { segment } = this.#position
      // Asked before reading: a segment that has a successor no longer grows, so what this read does not see is not there.
      const following = this.#directory.list().find((other) => other > segment)
      const end = await this.#readOn(rows, rowsMax).catch((error: unknown) => {
        // What was read before must not be lost with the error: it goes out, and the next call tries this place again.
        if (rows.length === 0) throw error
        return 'unreadable' as const
      })
      if (end === 'unreadable') break
      if (end === undefined) continue
      // The end as this read saw it. To read on for as long as somebody writes would never end under load.
      if (end === 'read up') {
        isAtEnd = following === undefined && rows.length < rowsMax
        continue
      }
      isAtEnd = following === undefined
      if (following !== undefined) this.#advance(following, end)
    }
    return { rows, position: { ...this.#position }, sequence: this.#sequence, epoch: this.#epoch, isAtEnd }
  }

  /** Reads one piece of the segment and moves the position behind it; why it cannot move further, or that it was the last. */
  async #readOn(rows: SettledRow[], rowsMax: number): Promise<SegmentEnd | 'read up' | undefined> {
    const { segment, byteOffset } = this.#position
    if (segment === 0) return 'whole'
    const bytes = await this.#directory.read(segment, byteOffset, chunkBytes)
    const stop = this.#consume(bytes, rows, rowsMax)
    if (stop === 'damaged') return 'damaged'
    if (stop !== undefined) return await this.#passOver(stop)
    const hasMoved = this.#position.byteOffset > byteOffset
    // A file gives less than was asked for only at its end.
    if (hasMoved) return bytes.length < chunkBytes ? 'read up' : undefined
    return bytes.length > 0 ? 'torn' : 'whole'
  }

  /** Takes whole frames as far as they go. Returns what it cannot go past by reading on. */
  #consume(bytes: Buffer, rows: SettledRow[], rowsMax: number): OversizeFrame | 'damaged' | undefined {
    let offset = 0
    if (this.#position.byteOffset === 0) {
      if (bytes.length < segmentHeaderBytes) return undefined
      const header = decodeSegmentHeader(bytes)
      if (!header) return 'damaged'
      this.#epoch = header.epoch
      offset = segmentHeaderBytes
    }
    let read: ReadResult | undefined
    while (rows.length < rowsMax) {
      read = readFrame(bytes, offset)
      if (read.kind !== 'frame') break
      this.#take(read.frame, rows)
      offset = read.nextOffset
    }
    this.#position.byteOffset += offset
    if (read?.kind === 'damaged') return 'damaged'
    return read?.kind === 'oversize' ? read : undefined
  }

  #take({ type, requestId, attempt, payload, sequence }: Frame, rows: SettledRow[]): void {
    this.#sequence = sequence
    if (type === 'intent') {
      this.#open.set(`${requestId}-${attempt}`, { segment: this.#position.segment, requestId, attempt, payload })
      return
    }
    if (type === 'progress') {
      const intent = this.#open.get(`${requestId}-${attempt}`)
      if (intent) intent.progress = payload
      return
    }
    this.#open.delete(`${requestId}-${attempt}`)
    const entry = this.#parse(payload) as FinalEntry | undefined
    if (entry) rows.push({ requestId, attempt, entry: withAllClasses(entry) })
  }

  /**
   * The position stands before a frame that is larger than any record. If its checksum is right, its length is too, and what
   * stands behind it is still to be had; piece by piece, because a damaged length can name gigabytes.
   */
  async #passOver({ length, checksum, prefixBytes }: OversizeFrame): Promise<SegmentEnd | undefined> {
    const { segment, byteOffset } = this.#position
    const end = byteOffset + prefixBytes + length
    let actual = 0
    for (let offset = byteOffset + prefixBytes; offset < end;) {
      const bytes = await this.#directory.read(segment, offset, Math.min(chunkBytes, end - offset))
      if (bytes.length === 0) return 'torn'
      actual = crc32(bytes, actual)
      offset += bytes.length
    }
    if (actual !== checksum) return 'damaged'
    this.#report(`segment ${segment} has a record of ${length} bytes behind byte ${byteOffset}: it is skipped`)
    this.#position.byteOffset = end
    return undefined
  }

  #advance(segment: number, end: SegmentEnd): void {
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

/** A journal of an earlier version may not know all classes of usage. */
function withAllClasses(entry: FinalEntry): FinalEntry {
  const usage = (entry as Partial<FinalEntry>).usage as Partial<Usage> | undefined
  return usage === undefined || 'webFetches' in usage ? entry : { ...entry, usage: { ...noUsage, ...usage } }
}
