// A journal whose turns, timers and syncs move only when a test says so, and what the settler's reader finds of it.
import { JournalReader } from '../../src/controlplane/usage/journal-reader.ts'
import type { SettledRow } from '../../src/controlplane/usage/rollup.ts'
import { Journal, type JournalOptions } from '../../src/dataplane/journal.ts'
import type { Timers } from '../../src/platform/timers.ts'
import type { MemoryDisk } from './memory-disk.ts'

export const requestId = (index: number) => `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`

/** Promises that can settle without a disk or a timer have settled. */
export async function settlePromises(): Promise<void> {
  for (let count = 0; count < 8; count += 1) await Promise.resolve()
}

/** Timers that run when the test says so. */
function manualTimers() {
  const due = new Set<() => void>()
  const timers: Timers = {
    after(_ms, fn) {
      due.add(fn)
      return () => due.delete(fn)
    },
    every: () => () => undefined,
  }
  const run = () => {
    for (const fn of Array.from(due)) if (due.delete(fn)) fn()
  }
  return { timers, run }
}

export function openManualJournal(disk: MemoryDisk, options: Partial<JournalOptions> = {}) {
  const clock = manualTimers()
  const turns: (() => void)[] = []
  const errors: unknown[] = []
  const journal = new Journal({
    directory: disk.directory,
    nodeId: 'node-test',
    epoch: 1,
    sync: 'os',
    timers: clock.timers,
    endOfTurn: (work) => void turns.push(work),
    onError: (error) => void errors.push(error),
    onWritten: () => undefined,
    ...options,
  })
  const endTurn = () => {
    for (const work of turns.splice(0)) work()
  }
  /** Time passes: several rounds of turns, timers and syncs. */
  const pass = async (rounds = 8) => {
    for (let round = 0; round < rounds; round += 1) {
      endTurn()
      clock.run()
      disk.runSyncs()
      await settlePromises()
    }
  }
  return { journal, endTurn, errors, runTimers: clock.run, pass }
}

export interface Found {
  /** Finished attempts in the order of the journal, doubles included. */
  rows: SettledRow[]
  /** Request ids of INTENTs without a FINAL. */
  open: string[]
  problems: string[]
}

/** All that a start would find on the disk as it is now. */
export async function readAll(disk: MemoryDisk): Promise<Found> {
  const problems: string[] = []
  const reader = new JournalReader(disk.directory, (problem) => problems.push(problem))
  const rows: SettledRow[] = []
  for (;;) {
    const batch = await reader.next(3)
    rows.push(...batch.rows)
    if (batch.isAtEnd) return { rows, open: reader.openIntents().map((intent) => intent.requestId), problems }
  }
}
