// The metering journal's writer. An INTENT is handed to the operating system before bytes leave for the provider, a FINAL
// before the last byte reaches the client; the records of one event-loop turn share one write. `disk` syncs behind in groups,
// `strict` lets FINALs wait for the sync, `os` leaves it to the kernel. When the disk is full, INTENTs are refused and FINALs
// wait in memory (bounded by the requests that are running) until they can be written.
import { AppError } from '@aicarpool/contract'
import {
  encodeSegmentHeader,
  frameSizeMax,
  segmentHeaderBytes,
  writeFrame,
  type FrameType,
} from '../core/journal/frame.ts'
import type { SegmentDirectory, SegmentFile } from '../platform/segments.ts'
import type { Timers } from '../platform/timers.ts'

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
}

interface Pending {
  type: FrameType
  requestId: string
  attempt: number
  payload: string
  resolve: () => void
  reject: (error: unknown) => void
}

/** Small enough to be settled and deleted soon, large enough that rotation is rare. */
const segmentBytesMax = 64 * 1024 * 1024
/** Time between two syncs of the `disk` mode: what a power cut can take is at most this much. */
const syncIntervalMs = 20
/** How long a journal that could not be written waits before it tries a new segment. */
const retryIntervalMs = 500
/** Given up when the disk is full, so that running requests can still be recorded: room for about 4,000 of them. */
const reserveBytes = 4 * 1024 * 1024
const bufferBytes = 256 * 1024

export class Journal {
  readonly #options: JournalOptions
  #queue: Pending[] = []
  #isFlushScheduled = false
  #buffer = Buffer.allocUnsafe(bufferBytes)
  #file: SegmentFile | undefined
  #segment: number
  #offset = 0
  #sequence = 0
  #isDirty = false
  #isSyncing = false
  #isSyncDue = false
  #awaitingSync: Pending[] = []
  #isClosed = false

  constructor(options: JournalOptions) {
    this.#options = options
    this.#segment = options.directory.list().at(-1) ?? 0
    try {
      options.directory.keepReserve(reserveBytes)
    } catch (error) {
      // A disk without room for the reserve may still have room for records; the segment below decides.
      options.onError(error)
    }
    this.#rotate()
  }

  /** False while nothing can be written: new requests are refused. */
  get isAvailable(): boolean {
    return this.#file !== undefined && !this.#isClosed
  }

  get segment(): number {
    return this.#segment
  }

  /** Resolves once the record is handed over (FINAL in strict mode: once it is on the disk). An INTENT may be refused. */
  append(type: FrameType, requestId: string, attempt: number, payload: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (type === 'intent' && !this.isAvailable) {
        reject(new AppError('journal_unavailable'))
        return
      }
      this.#queue.push({ type, requestId, attempt, payload, resolve, reject })
      if (this.#isFlushScheduled) return
      this.#isFlushScheduled = true
      this.#options.endOfTurn(() => this.#flush())
    })
  }

  /** Writes what is queued, syncs, and closes the segment. */
  async close(): Promise<void> {
    this.#flush()
    this.#isClosed = true
    const file = this.#file
    this.#file = undefined
    if (!file) return
    await new Promise<void>((resolve) =>
      file.sync((error) => (error ? this.#options.onError(error) : undefined, resolve())),
    )
    file.close()
    for (const waiter of this.#awaitingSync) waiter.resolve()
    this.#awaitingSync = []
  }

  #flush(): void {
    this.#isFlushScheduled = false
    const file = this.#file
    if (!file || this.#queue.length === 0) return
    const batch = this.#queue
    this.#queue = []
    const length = this.#encode(batch)
    try {
      file.write(this.#buffer, length)
    } catch (error) {
      this.#giveUpSegment(error, batch)
      return
    }
    this.#offset += length
    this.#acknowledge(batch)
    this.#options.onWritten()
    if (this.#offset >= segmentBytesMax) {
      this.#closeFile()
      this.#reopen()
    }
  }

  #encode(batch: readonly Pending[]): number {
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

  #acknowledge(batch: readonly Pending[]): void {
    const mustSync = this.#options.sync === 'strict'
    for (const record of batch) {
      if (mustSync && record.type === 'final') this.#awaitingSync.push(record)
      else record.resolve()
    }
    if (this.#options.sync === 'os') return
    this.#isDirty = true
    this.#scheduleSync(mustSync ? 0 : syncIntervalMs)
  }

  #scheduleSync(afterMs: number): void {
    if (this.#isSyncing || this.#isSyncDue) return
    if (afterMs === 0) {
      this.#sync()
      return
    }
    this.#isSyncDue = true
    this.#options.timers.after(afterMs, () => {
      this.#isSyncDue = false
      this.#sync()
    })
  }

  #sync(): void {
    const file = this.#file
    if (!file || !this.#isDirty || this.#isSyncing) return
    this.#isSyncing = true
    this.#isDirty = false
    const waiters = this.#awaitingSync
    this.#awaitingSync = []
    file.sync((error) => {
      this.#isSyncing = false
      // A failed sync may have dropped pages: nothing more is trusted to this file, and who waited is written again.
      if (error && file === this.#file) this.#giveUpSegment(error, waiters)
      else for (const waiter of waiters) waiter.resolve()
      if (this.#isDirty) this.#scheduleSync(this.#options.sync === 'strict' ? 0 : syncIntervalMs)
    })
  }

  /** The segment may end in half a frame now: it is never written to again. FINALs are kept for the next one. */
  #giveUpSegment(error: unknown, batch: readonly Pending[]): void {
    this.#options.onError(error)
    this.#options.directory.dropReserve()
    this.#closeFile()
    const finals = batch.filter((record) => record.type === 'final')
    for (const record of batch)
      if (record.type !== 'final') record.reject(new AppError('journal_unavailable', { cause: error }))
    this.#queue = [...finals, ...this.#queue]
    this.#reopen()
  }

  #reopen(): void {
    if (this.#file || this.#isClosed) return
    try {
      this.#rotate()
    } catch (error) {
      this.#options.onError(error)
      this.#options.timers.after(retryIntervalMs, () => this.#reopen())
      return
    }
    if (this.#queue.length > 0 && !this.#isFlushScheduled) {
      this.#isFlushScheduled = true
      this.#options.timers.after(retryIntervalMs, () => this.#flush())
    }
  }

  #rotate(): void {
    this.#closeFile()
    const segment = this.#segment + 1
    const file = this.#options.directory.create(segment)
    this.#segment = segment
    file.write(
      encodeSegmentHeader({ nodeId: this.#options.nodeId, epoch: this.#options.epoch, segment }),
      segmentHeaderBytes,
    )
    this.#file = file
    this.#offset = segmentHeaderBytes
  }

  #closeFile(): void {
    const file = this.#file
    this.#file = undefined
    if (!file) return
    const waiters = this.#awaitingSync
    this.#awaitingSync = []
    this.#isDirty = false
    file.sync((error) => {
      if (error) this.#options.onError(error)
      for (const waiter of waiters) waiter.resolve()
      file.close()
    })
  }
}
