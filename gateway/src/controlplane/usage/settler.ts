// Journal → database, behind the request path: batches of finished attempts become usage rows, roll-ups, totals and a new
// watermark in one transaction. A database that is down only delays it: the journal keeps what is not settled, and nothing
// is ever dropped. At start the earlier journal is replayed, and attempts without a FINAL become `recovered` rows.
import { recoveredFinal } from '../../core/journal/entry.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import type { Log } from '../../platform/log.ts'
import type { SegmentDirectory } from '../../platform/segments.ts'
import type { Timers } from '../../platform/timers.ts'
import { insertIdempotencyKeys } from './idempotency-queries.ts'
import { insertCrossings, insertOverruns } from './limit-queries.ts'
import { JournalReader, type Position, type ReadBatch } from './journal-reader.ts'
import { rollUp, totalsBy, type SettledRow } from './rollup.ts'
import {
  addRollups,
  addTotals,
  announceCounters,
  insertMissingRows,
  insertNewRows,
  moveWatermark,
  readWatermark,
  touchKeys,
  type Watermark,
} from './settle-queries.ts'

export interface SettlerOptions {
  database: Database
  directory: SegmentDirectory
  nodeId: string
  timers: Timers
  log: Log
  /**
   * True where the database survives a power cut only by its snapshots (the embedded one): settled segments stay until a
   * snapshot has their rows, so that snapshot and journal together always hold everything.
   */
  keepsSegments: boolean
}

/** Larger batches block the embedded database's only connection for longer than a dashboard should wait. */
const batchRowsMax = 500
/** Rows gather for this long, so that a trickle of requests does not become a transaction each. */
const gatherMs = 100
const retryMinMs = 500
const priority = { priority: 'settler' } as const
const retryMaxMs = 30_000

export class Settler {
  readonly #options: SettlerOptions
  readonly #reader: JournalReader
  #walk: Promise<void> = Promise.resolve()
  #unsettled: ReadBatch | undefined
  #isWoken = false
  #isStopped = false
  #firstSegment = 0
  #endPause: () => void = () => undefined

  constructor(options: SettlerOptions) {
    this.#options = options
    this.#reader = new JournalReader(options.directory, (problem) =>
      options.log.warn({ problem }, 'The journal has a flaw'),
    )
  }

  /** Settles all that earlier processes left behind. Must end before the new journal is opened. */
  async replay(): Promise<{ settled: number; recovered: number }> {
    const watermark = await readWatermark(this.#options.database, this.#options.nodeId)
    let settled = 0
    for (;;) {
      const batch = await this.#reader.next(batchRowsMax)
      // What the database already has is only read for its INTENTs. A batch across the watermark is settled again, at no harm.
      if (!watermark || isBehind(watermark, batch.position)) settled += await this.#settle(batch)
      if (batch.isAtEnd) {
        const recovered = await this.#recover(batch)
        return { settled, recovered }
      }
    }
  }

  /** Says that the journal has grown. Cheap; called after every write. */
  readonly wake = (): void => {
    if (this.#isWoken || this.#isStopped) return
    this.#isWoken = true
    this.#options.timers.after(gatherMs, () => {
      this.#isWoken = false
      if (this.#isStopped) return
      this.settleNow().catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'The journal could not be read; it is tried again')
        this.#options.timers.after(retryMinMs, this.wake)
      })
    })
  }

  /** Resolves when the database has all that was journalled before the call. One walk runs at a time. */
  settleNow(): Promise<void> {
    // A walk that failed must not fail those after it.
    const walk = this.#walk.catch(() => undefined).then(() => this.#drain())
    this.#walk = walk
    return walk
  }

  /** Call after the journal was closed: settles the rest, with one try if the database does not answer, and stops. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#endPause()
    await this.settleNow()
  }

  async #drain(): Promise<void> {
    for (;;) {
      // A batch that the database did not take comes first: a later one would move the watermark past it.
      const batch = this.#unsettled ?? (await this.#reader.next(batchRowsMax))
      this.#unsettled = batch
      if (!(await this.#settleStubbornly(batch))) return
      this.#unsettled = undefined
      if (!this.#options.keepsSegments) this.removeSegmentsBefore(this.#reader.firstNeededSegment())
      if (batch.isAtEnd) return
    }
  }

  /** The batch stays in the journal and is tried until the database takes it; false when the process stops before. */
  async #settleStubbornly(batch: ReadBatch): Promise<boolean> {
    for (let retryMs = retryMinMs; ; retryMs = Math.min(retryMs * 2, retryMaxMs)) {
      try {
        await this.#settle(batch)
        return true
      } catch (error) {
        const fields = { error, retryMs, rows: batch.rows.length }
        this.#options.log.error(fields, 'Usage could not be settled; it stays in the journal')
        if (this.#isStopped) return false
        await this.#pause(retryMs)
      }
    }
  }

  /** Ends early when the process is to stop. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.timers.after(ms, resolve)
      this.#endPause = () => {
        cancel()
        resolve()
      }
    })
  }

  async #settle(batch: ReadBatch): Promise<number> {
    if (batch.rows.length === 0) return 0
    const { database } = this.#options
    const areAllNew = await database
      .transaction(async (transaction) => {
        if ((await insertNewRows(transaction, batch.rows)) < batch.rows.length) throw new AlreadySettled()
        await this.#addSums(transaction, batch.rows, batch)
      }, priority)
      .then(
        () => true,
        (error: unknown) => {
          if (error instanceof AlreadySettled) return false
          throw error
        },
      )
    if (areAllNew) return batch.rows.length
    return database.transaction(async (transaction) => {
      const inserted = await insertMissingRows(transaction, batch.rows)
      await this.#addSums(transaction, inserted, batch)
      return inserted.length
    }, priority)
  }

  async #addSums(transaction: Transaction, inserted: readonly SettledRow[], batch: ReadBatch): Promise<void> {
    if (inserted.length > 0) {
      await announceCounters(transaction)
      await insertOverruns(transaction, inserted)
      await insertCrossings(transaction, inserted)
      await insertIdempotencyKeys(transaction, inserted)
      await addRollups(transaction, rollUp(inserted))
      await addTotals(
        transaction,
        'accounts',
        totalsBy(inserted, (entry) => entry.accountId),
      )
      await addTotals(
        transaction,
        'groups',
        totalsBy(inserted, (entry) => entry.groupId),
      )
      await addTotals(
        transaction,
        'enterprises',
        totalsBy(inserted, (entry) => entry.enterpriseId),
      )
      await touchKeys(
        transaction,
        totalsBy(inserted, (entry) => entry.keyId),
      )
    }
    const { segment, byteOffset } = batch.position
    await moveWatermark(transaction, this.#options.nodeId, {
      epoch: batch.epoch,
      segment,
      byteOffset,
      sequence: batch.sequence,
    })
  }

  async #recover(batch: ReadBatch): Promise<number> {
    const rows: SettledRow[] = this.#reader.openIntents().map(({ requestId, attempt, entry, progress }) => ({
      requestId,
      attempt,
      entry: recoveredFinal(entry, progress),
    }))
    let recovered = 0
    for (let start = 0; start < rows.length; start += batchRowsMax) {
      recovered += await this.#settle({ ...batch, rows: rows.slice(start, start + batchRowsMax) })
    }
    this.#reader.forgetOpenIntents()
    return recovered
  }

  /** The first segment that is not settled whole; a snapshot of the database taken from now on covers those before it. */
  firstNeededSegment(): number {
    return this.#reader.firstNeededSegment()
  }

  removeSegmentsBefore(first: number): void {
    if (first === this.#firstSegment) return
    this.#firstSegment = first
    for (const segment of this.#options.directory.list()) if (segment < first) this.#options.directory.remove(segment)
  }
}

/** Some rows of a batch are there already: the transaction is rolled back and done again, row by row in mind. */
class AlreadySettled extends Error {
  override readonly name = 'AlreadySettled'
}

function isBehind(watermark: Watermark, position: Position): boolean {
  if (position.segment !== watermark.segment) return watermark.segment < position.segment
  return watermark.byteOffset < position.byteOffset
}
