// The metering journal's writer. An INTENT is handed to the operating system before bytes leave for the provider, a FINAL
// before the last byte reaches the client; the records of one event-loop turn share one write. `disk` syncs behind in groups,
// `strict` lets FINALs wait for the sync, `os` leaves it to the kernel. While the disk fails, INTENTs are refused and FINALs
// wait in memory (bounded by the requests that are running) until another segment takes them.
import { AppError, assert } from '@aicarpool/contract'
import {
  encodeSegmentHeader,
  fitsFrame,
  frameSizeMax,
  segmentHeaderBytes,
  writeFrame,
  type FrameType,
} from '../core/journal/frame.ts'
import type { SegmentDirectory } from '../platform/segments.ts'
import { pause, type CancelTimer, type Timers } from '../platform/timers.ts'
import {
  acknowledge,
  attemptName,
  endOfRefused,
  isDispensable,
  isRefusable,
  refuse,
  stillNeeded,
} from './journal-record.ts'
import type { JournalRecord } from './journal-record.ts'
import { SegmentSyncs, type WrittenSegment } from './journal-syncs.ts'

export type JournalSync = 'disk' | 'strict' | 'os'

export interface JournalOptions {
  directory: SegmentDirectory
  nodeId: string
  epoch: number
  sync: JournalSync
  timers: Timers
  /** Runs a function at the end of the present event-loop turn (setImmediate). */
  endOfTurn: (work: () => void) => void
  onError: (error: unknown) => void
  /** Called after each write with what can now be read back. */
  onWritten: () => void
  /** A segment that has reached this size is followed by the next. 64 MiB unless given. */
  segmentBytesMax?: number
}

/** Small enough to be settled and deleted soon, large enough that rotation is rare. */
const defaultSegmentBytesMax = 64 * 1024 * 1024
/** Time between two syncs of the `disk` mode: what a power cut can take is at most this much. */
const syncIntervalMs = 20
/** How long a journal that failed twice in a row waits before it tries a new segment. */
const retryIntervalMs = 500
/** A process that is asked to stop is killed when it takes long: three tries are a second. */
const closeTriesMax = 3
/** Given up when the disk is full, so that running requests can still be recorded: room for about 4,000 of them. */
const reserveBytes = 4 * 1024 * 1024
const bufferBytes = 256 * 1024
/** Attempts that the report of what could not be written names; a log line has its limit. */
const namedAttemptsMax = 100

export class Journal {
  readonly #options: JournalOptions
  readonly #syncs: SegmentSyncs
  readonly #segmentBytesMax: number
  #queue: JournalRecord[] = []
  #isFlushScheduled = false
  #buffer = Buffer.allocUnsafe(bufferBytes)
  #current: WrittenSegment | undefined
  #segment: number
  #offset = 0
  #sequence = 0
  #appended = 0
  /** Openings, writes and syncs that failed since the disk last took records. */
  #failures = 0
  /** Set while the next try waits for its time. */
  #cancelRetry: CancelTimer | undefined
  #state: 'open' | 'closing' | 'closed' = 'open'

  /** Throws when no segment can be opened: a gateway that cannot meter does not start. */
  constructor(options: JournalOptions) {
    this.#options = options
    this.#segmentBytesMax = options.segmentBytesMax ?? defaultSegmentBytesMax
    this.#segment = options.directory.list().at(-1) ?? 0
    this.#syncs = new SegmentSyncs({
      intervalMs: options.sync === 'strict' ? 0 : syncIntervalMs,
      timers: options.timers,
      onSynced: (segment) => this.#noteSynced(segment),
      onFailed: (segment, lost, error) => this.#writeAgain(segment, lost, error),
      onError: options.onError,
    })
    // A disk without room for the reserve may still have room for records; the segment below decides.
    this.#attemptQuietly(() => options.directory.keepReserve(reserveBytes))
    this.#open()
  }

  /** False while the disk takes nothing, or owes what it was given before: new requests are refused. */
  get isAvailable(): boolean {
    return this.#state === 'open' && this.#current !== undefined && this.#failures === 0 && !this.#syncs.isFull
  }

  get segment(): number {
    return this.#segment
  }

  /**
   * Resolves once the record is handed over (FINAL in strict mode: once it is on the disk). Rejects with
   * `journal_unavailable` for an INTENT that cannot be written, and for a FINAL that even `close` could not write.
   */
  append(type: FrameType, requestId: string, attempt: number, payload: string): Promise<void> {
    return new Promise((resolve, reject) => {
      assert(fitsFrame(type, payload), 'a record fits a frame')
      if (this.#state === 'closed' || (type === 'intent' && !this.isAvailable)) {
        reject(new AppError('journal_unavailable'))
        return
      }
      this.#push({ type, requestId, attempt, payload, order: 0, isAcknowledged: false, resolve, reject })
    })
  }

  /** Writes a PROGRESS if the disk is well; nobody waits for it, and it may be lost. */
  note(requestId: string, attempt: number, payload: string): void {
    if (!this.isAvailable || !fitsFrame('progress', payload)) return
    this.#push({
      type: 'progress',
      requestId,
      attempt,
      payload,
      order: 0,
      isAcknowledged: true,
      resolve: nothing,
      reject: nothing,
    })
  }

  #push(record: JournalRecord): void {
    this.#appended += 1
    this.#queue.push({ ...record, order: this.#appended })
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    this.#options.endOfTurn(() => this.#flush())
  }

  /** Resolves when a reader of the segments finds all that was appended before the call; waits while the disk takes nothing. */
  async written(): Promise<void> {
    const last = this.#appended
    const isOwed = () => this.#queue.some((record) => record.order <= last)
    if (!isOwed()) return
    await new Promise<void>((resolve) => this.#options.endOfTurn(resolve))
    while (isOwed()) {
      await pause(this.#options.timers, retryIntervalMs)
    }
  }

  /** Writes what is queued, syncs, and closes the segment; what fails is tried again, a bounded number of times. */
  async close(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    for (let tries = 1; ; tries += 1) {
      if (this.#queue.length > 0) this.#tryAgain()
      this.#retire()
      await this.#syncs.allClosed()
      if (this.#queue.length === 0 || tries === closeTriesMax) break
      await pause(this.#options.timers, retryIntervalMs)
    }
    this.#state = 'closed'
    this.#reportUnwritten()
  }

  #flush(): void {
    this.#isFlushScheduled = false
    const segment = this.#current
    if (!segment || this.#cancelRetry || this.#queue.length === 0) return
    const batch = this.#queue
    this.#queue = []
    const length = this.#encode(batch)
    try {
      segment.file.write(this.#buffer, length)
    } catch (error) {
      this.#giveUpSegment(error, batch)
      return
    }
    this.#offset += length
    this.#noteWritten(segment, batch)
    this.#options.onWritten()
    if (this.#offset < this.#segmentBytesMax) return
    this.#retire()
    if (this.#state === 'open') this.#tryAgain()
  }

  #encode(batch: readonly JournalRecord[]): number {
    let size = 0
    for (const record of batch) size += frameSizeMax(record.payload)
    if (size > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(size)
    let length = 0
    for (const record of batch) {
      this.#sequence += 1
      length += writeFrame(this.#buffer, length, { ...record, sequence: this.#sequence })
    }
    return length
  }

  #noteWritten(segment: WrittenSegment, batch: readonly JournalRecord[]): void {
    const { sync } = this.#options
    for (const record of batch) if (sync !== 'strict' || record.type === 'intent') acknowledge(record)
    if (sync === 'os') this.#failures = 0
    else this.#syncs.add(segment, batch)
  }

  #noteSynced(segment: WrittenSegment): void {
    if (segment === this.#current && !this.#cancelRetry) this.#failures = 0
  }

  /**
   * The segment may end in half a frame now: it is never written to again. What cannot be refused is kept for the next one.
   * A refused INTENT may have reached the disk whole, so its end is written too: without one it would hold its segment for
   * as long as the process lives, and be billed by the next.
   */
  #giveUpSegment(error: unknown, batch: readonly JournalRecord[]): void {
    this.#retire()
    this.#attemptQuietly(() => this.#options.directory.dropReserve())
    const refused = batch.filter(isRefusable)
    for (const record of refused) refuse(record, error)
    const kept = batch.filter((record) => !isDispensable(record))
    this.#queue = [...kept.map((record) => (isRefusable(record) ? endOfRefused(record) : record)), ...this.#queue]
    this.#noteFailure(error)
  }

  /** A sync that fails may have lost what was written before it, acknowledged or not: all of it goes to another segment. */
  #writeAgain(segment: WrittenSegment, lost: readonly JournalRecord[], error: Error): void {
    if (segment === this.#current) this.#current = undefined
    this.#queue = [...stillNeeded(lost, [...this.#syncs.unsynced(), ...this.#queue]), ...this.#queue]
    this.#noteFailure(error)
  }

  /** The first failure is answered at once, because another file may do; those after it wait. */
  #noteFailure(error: unknown): void {
    this.#options.onError(error)
    this.#failures += 1
    if (this.#state !== 'open') return
    if (this.#failures === 1) {
      this.#tryAgain()
      return
    }
    for (const record of this.#queue.filter(isRefusable)) refuse(record, error)
    // These were never written, so there is nothing to end.
    this.#queue = this.#queue.filter((record) => !isRefusable(record) && !isDispensable(record))
    this.#cancelRetry ??= this.#options.timers.after(retryIntervalMs, () => {
      this.#cancelRetry = undefined
      this.#tryAgain()
    })
  }

  /** Opens a segment where there is none, and writes to it what waits. */
  #tryAgain(): void {
    if (!this.#current) {
      try {
        this.#open()
      } catch (error) {
        this.#noteFailure(error)
        return
      }
    }
    if (this.#queue.length === 0) this.#failures = 0
    else this.#flush()
  }

  #open(): void {
    // Counted before it is made: the file may stand there although its making failed, and a number is never used twice.
    this.#segment += 1
    const { directory, nodeId, epoch } = this.#options
    const file = directory.create(this.#segment)
    try {
      file.write(encodeSegmentHeader({ nodeId, epoch, segment: this.#segment }), segmentHeaderBytes)
    } catch (error) {
      this.#attemptQuietly(() => file.close())
      throw error
    }
    this.#current = this.#syncs.open(file)
    this.#offset = segmentHeaderBytes
  }

  #retire(): void {
    const segment = this.#current
    this.#current = undefined
    if (segment) this.#syncs.retire(segment)
  }

  #reportUnwritten(): void {
    const unwritten = this.#queue
    this.#queue = []
    if (unwritten.length === 0) return
    const named = unwritten.slice(0, namedAttemptsMax).map((record) => `${record.type} ${attemptName(record)}`)
    const detail = `${unwritten.length} records could not be written before the stop: ${named.join(', ')}`
    this.#options.onError(new AppError('journal_unavailable', { detail }))
    for (const record of unwritten) refuse(record)
  }

  /** For what the journal can do without. */
  #attemptQuietly(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#options.onError(error)
    }
  }
}

function nothing(): void {
  // Nobody waits.
}
