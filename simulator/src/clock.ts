// Time as the simulator sees it: rate limits, cache life and pacing all ask this clock, so a test can hold it still.
// The real clock is here, the one that tests move by hand is in manual-clock.ts.

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after the time, or at once when the signal aborts: a vanished client ends the wait without an error. */
  delay(ms: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  delay: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const finish = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', finish)
        resolve()
      }
      const timer = setTimeout(finish, ms)
      signal.addEventListener('abort', finish, { once: true })
    }),
}
