// The journal's way from the operating system to the disk: segments that were written and are not known to be safe, oldest
// first. One fdatasync runs at a time and a file is closed only behind its last one. What a sync that fails may have lost
// is handed back; the file is never trusted again. journal.ts writes, and decides what happens to what comes back.
import type { SegmentFile } from '../platform/segments.ts'
import type { Timers } from '../platform/timers.ts'
import { acknowledge, type JournalRecord } from './journal-record.ts'

export interface WrittenSegment {
  readonly file: SegmentFile
  /** Written since the last sync began, in order. */
  unsynced: JournalRecord[]
  /** Nothing more is written to it: it is synced a last time and closed. */
  isRetired: boolean
}

export interface SegmentSyncsOptions {
  /** Milliseconds that writes gather before a sync; 0 syncs at once. */
  intervalMs: number
  timers: Timers
  onSynced: (segment: WrittenSegment) => void
  /** The segment is closed by then. `lost` is all of it that was not safe, in the order it was written. */
  onFailed: (segment: WrittenSegment, lost: JournalRecord[], error: Error) => void
  /** A file could not be closed: nothing is lost by it. */
  onError: (error: unknown) => void
}

/** Records that may wait for the disk: about 100 MB, several seconds of a busy gateway. A disk that is further behind stands still. */
const unsyncedRecordsMax = 50_000

export class SegmentSyncs {
  readonly #options: SegmentSyncsOptions
  readonly #segments: WrittenSegment[] = []
  #unsyncedCount = 0
  #isSyncing = false
  #isDue = false
  #onAllClosed: (() => void)[] = []

  constructor(options: SegmentSyncsOptions) {
    this.#options = options
  }

  /** True while so much waits for the disk that no more may be taken on. */
  get isFull(): boolean {
    return this.#unsyncedCount >= unsyncedRecordsMax
  }

  /** The segment that is written to from now on. Those before it must have been retired. */
  open(file: SegmentFile): WrittenSegment {
    const segment: WrittenSegment = { file, unsynced: [], isRetired: false }
    this.#segments.push(segment)
    return segment
  }

  /** These records were written to the segment: they are acknowledged once they are safe, if they were not before. */
  add(segment: WrittenSegment, records: readonly JournalRecord[]): void {
    for (const record of records) segment.unsynced.push(record)
    this.#unsyncedCount += records.length
    this.#schedule()
  }

  /** Syncs the segment a last time, when its turn comes, and closes it. */
  retire(segment: WrittenSegment): void {
    segment.isRetired = true
    this.#run()
  }

  /** Records that are written and not yet safe, without those of the sync that runs. */
  unsynced(): JournalRecord[] {
    return this.#segments.flatMap((segment) => segment.unsynced)
  }

  /** Resolves when every segment was retired and is closed. */
  allClosed(): Promise<void> {
    if (this.#segments.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#onAllClosed.push(resolve))
  }

  #schedule(): void {
    const { intervalMs, timers } = this.#options
    if (intervalMs === 0) this.#run()
    if (intervalMs === 0 || this.#isDue || this.#isSyncing) return
    this.#isDue = true
    timers.after(intervalMs, () => {
      this.#isDue = false
      this.#run()
    })
  }

  /** Always the oldest: a FINAL is never safe before what was written ahead of it is. */
  #run(): void {
    const segment = this.#segments[0]
    if (!segment || this.#isSyncing || (!segment.isRetired && segment.unsynced.length === 0)) return
    this.#isSyncing = true
    const records = segment.unsynced
    segment.unsynced = []
    segment.file.sync((error) => {
      this.#isSyncing = false
      if (error) this.#fail(segment, records, error)
      else this.#succeed(segment, records)
      this.#goOn()
    })
  }

  #succeed(segment: WrittenSegment, records: readonly JournalRecord[]): void {
    this.#unsyncedCount -= records.length
    for (const record of records) acknowledge(record)
    if (segment.isRetired && segment.unsynced.length === 0) this.#close(segment)
    this.#options.onSynced(segment)
  }

  /** A failed sync may have dropped pages, and a second one would call them written: everything goes to another file. */
  #fail(segment: WrittenSegment, records: readonly JournalRecord[], error: Error): void {
    const lost = [...records, ...segment.unsynced]
    this.#unsyncedCount -= lost.length
    this.#close(segment)
    this.#options.onFailed(segment, lost, error)
  }

  #goOn(): void {
    const segment = this.#segments[0]
    if (segment?.isRetired) this.#run()
    else if (segment && segment.unsynced.length > 0) this.#schedule()
    else if (!segment) for (const resolve of this.#onAllClosed.splice(0)) resolve()
  }

  #close(segment: WrittenSegment): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1)
    try {
      segment.file.close()
    } catch (error) {
      this.#options.onError(error)
    }
  }
}
