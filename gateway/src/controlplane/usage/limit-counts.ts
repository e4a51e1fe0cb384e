// A limit comes into force together with what its window has already seen: attempts that run are counted by the ledger from the
// limit's start on, everything before comes from the database once it has all that was journalled. While settlement is held
// up, the configuration is published all the same, and the limit grants nothing until it is counted.
import type { Ledger, StartedLimits } from '../../core/quota/ledger.ts'
import type { LimitView } from '../../core/quota/limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Log } from '../../platform/log.ts'
import type { CancelTimer, Timers } from '../../platform/timers.ts'
import { postedOf } from './posted.ts'

export interface LimitCountsPorts {
  database: Database
  ledger: Ledger
  clock: Clock
  timers: Timers
  log: Log
  /** Resolves when the database has all that was consumed before the call. */
  settled: () => Promise<void>
}

export interface LimitCounts {
  /**
   * Prepares the limits of an enterprise's next view. Call the answer in the very turn in which the view is published: it puts
   * the new limits into force and forgets those that are no more.
   */
  prepare(enterpriseId: string, limits: readonly LimitView[]): Promise<() => void>
  /** By enterprise, those that are in force. */
  inForce(): ReadonlyMap<string, readonly LimitView[]>
  /** Gives up counting what is not counted yet. */
  stop(): void
}

/** A configuration is in force within a second; counting takes milliseconds unless the database is in trouble. */
const countWaitMaxMs = 500
/** Between two tries to count, where the database refused. */
const retryMs = 1000

export function createLimitCounts(ports: LimitCountsPorts): LimitCounts {
  const { database, ledger, clock, timers, log, settled } = ports
  const inForce = new Map<string, readonly LimitView[]>()
  const retries = new Set<CancelTimer>()
  let isStopped = false

  async function count(enterpriseId: string, started: StartedLimits, atMs: number): Promise<void> {
    for (;;) {
      try {
        await settled()
        const posted = await postedOf(database, enterpriseId, started.limits, atMs, () => started.attempts.values())
        ledger.tellPosted(started, posted)
        return
      } catch (error) {
        if (isStopped) return
        log.error({ enterpriseId, err: error }, 'New limits could not be counted; they grant nothing until they are')
      }
      await pause()
    }
  }

  /** Does not end when counting is given up meanwhile. */
  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = timers.after(retryMs, () => {
        retries.delete(cancel)
        resolve()
      })
      retries.add(cancel)
    })
  }

  return {
    async prepare(enterpriseId, limits) {
      const present = new Set(limits.map((limit) => limit.cellId))
      const before = new Set((inForce.get(enterpriseId) ?? []).map(({ cellId }) => cellId))
      const fresh = limits.filter((limit) => !before.has(limit.cellId))
      const atMs = clock.now()
      const started = fresh.length > 0 ? ledger.start(fresh, atMs) : undefined
      if (started) await firstOf(count(enterpriseId, started, atMs), countWaitMaxMs, timers)
      return () => {
        if (started) ledger.tellPublished(started)
        for (const cellId of before) if (!present.has(cellId)) ledger.forget(cellId)
        inForce.set(enterpriseId, limits)
      }
    },
    inForce: () => inForce,
    stop() {
      isStopped = true
      for (const cancel of retries) cancel()
    },
  }
}

async function firstOf(work: Promise<void>, waitMs: number, timers: Timers): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = timers.after(waitMs, resolve)
  await Promise.race([promise, work])
  cancel()
}
