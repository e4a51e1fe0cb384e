// Timers of which the long ones are run by hand: a test of a two-minute bound must not take two minutes.
import { systemTimers, type Timers } from '../../src/platform/timers.ts'

export interface HandTimers {
  timers: Timers
  /** How many long timers are running. */
  waiting(): number
  /** Runs every long timer that is running now. */
  fire(): void
}

/** Timers of `longMs` and more wait for `fire`; shorter ones run as always. */
export function createHandTimers(longMs: number): HandTimers {
  const held = new Set<() => void>()
  return {
    timers: {
      after(ms, work) {
        if (ms < longMs) return systemTimers.after(ms, work)
        held.add(work)
        return () => void held.delete(work)
      },
      every: systemTimers.every,
    },
    waiting: () => held.size,
    fire() {
      const due = [...held]
      held.clear()
      for (const work of due) work()
    },
  }
}
