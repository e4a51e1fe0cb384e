// A clock that moves only when told to: tests of expiry, rate limits and stalls advance it instead of sleeping.
// Exported for the tests of whoever embeds the simulator.
import type { Clock } from './clock.ts'

interface Waiting {
  dueAtMs: number
  finish(): void
}

export interface ManualClock extends Clock {
  advance(ms: number): void
  /** Resolves once somebody waits on this clock: the event to await before `advance`. */
  waited(): Promise<void>
}

export function createManualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let nowMs = startMs
  const waiting = new Set<Waiting>()
  let watchers: (() => void)[] = []

  function delay(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0 || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const entry: Waiting = { dueAtMs: nowMs + ms, finish: () => finish() }
      const finish = () => {
        waiting.delete(entry)
        signal.removeEventListener('abort', finish)
        resolve()
      }
      waiting.add(entry)
      signal.addEventListener('abort', finish, { once: true })
      for (const watcher of watchers) watcher()
      watchers = []
    })
  }

  return {
    now: () => nowMs,
    delay,
    advance(ms) {
      nowMs += ms
      for (const entry of waiting) if (entry.dueAtMs <= nowMs) entry.finish()
    },
    waited: () => (waiting.size > 0 ? Promise.resolve() : new Promise((resolve) => watchers.push(resolve))),
  }
}
