// When snapshots are taken: every hour while the process runs, and once more at its end.
// Owns the timing and the upkeep that goes with it; the copying is snapshots.ts. Started by the composition root.
import type { Clock } from '../clock.ts'
import type { DatabaseLog } from './database.ts'
import type { EmbeddedDatabase } from './embedded.ts'
import { pruneSnapshots, snapshotsKept, takeSnapshot } from './snapshots.ts'
import { vacuumTables } from './vacuum.ts'

/** What a power cut can cost at most on the embedded engine. */
const snapshotEveryMs = 3_600_000

/** Calls `work` once after a time; the answer calls it off. */
export type CallLater = (work: () => void, afterMs: number) => () => void

const callLaterByTimer: CallLater = (work, afterMs) => {
  const timer = setTimeout(work, afterMs)
  // A process must not stay alive for its next snapshot.
  timer.unref()
  return () => clearTimeout(timer)
}

export interface SnapshotScheduleOptions {
  database: EmbeddedDatabase
  dataDir: string
  log: DatabaseLog
  everyMs?: number | undefined
  keep?: number | undefined
  clock?: Clock | undefined
  callLater?: CallLater | undefined
  /** Called before each snapshot; what it answers is called once that snapshot is complete. */
  beforeTake?: (() => () => void) | undefined
}

export interface SnapshotSchedule {
  /**
   * Ends the schedule, waits for a snapshot under way and takes the last one. Call it before the database is closed.
   */
  stop(): Promise<void>
}

export function startSnapshotSchedule(options: SnapshotScheduleOptions): SnapshotSchedule {
  const { database, dataDir, log, clock, everyMs = snapshotEveryMs, keep = snapshotsKept } = options
  const callLater = options.callLater ?? callLaterByTimer
  let underWay: Promise<void> = Promise.resolve()
  let isStopped = false
  let callOff = callLater(runAndPlan, everyMs)

  function runAndPlan(): void {
    underWay = run(true).finally(() => {
      if (!isStopped) callOff = callLater(runAndPlan, everyMs)
    })
  }

  /** A failed snapshot (a full disk) must not end the schedule: the next one may succeed. */
  async function run(withVacuum: boolean): Promise<void> {
    try {
      if (withVacuum) await vacuumTables(database)
      const onComplete = options.beforeTake?.()
      const { path } = await takeSnapshot({ database, dataDir, clock })
      onComplete?.()
      const removed = await pruneSnapshots(dataDir, keep)
      log.info({ path, removed: removed.length }, 'took a snapshot of the embedded database')
    } catch (error) {
      log.error({ error: error instanceof Error ? error.message : 'unknown' }, 'took no snapshot')
    }
  }

  return {
    async stop() {
      if (isStopped) return
      isStopped = true
      callOff()
      await underWay
      await run(false)
    },
  }
}
