// Delayed and repeated calls, as an interface so that tests can run time forward by hand.
// Owns setTimeout and setInterval for the whole gateway; owns no clock (see clock.ts).

/** Ends the timer; calling it again, or after it fired, does nothing. */
export type CancelTimer = () => void

export interface Timers {
  /** Calls `fn` once, `ms` milliseconds from now. */
  after(ms: number, fn: () => void): CancelTimer
  /** Calls `fn` every `ms` milliseconds until cancelled. Never keeps the process alive by itself. */
  every(ms: number, fn: () => void): CancelTimer
}

/** Nothing can end it early. */
export function pause(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(ms, resolve)
  })
}

export const systemTimers: Timers = {
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
  every(ms, fn) {
    const timer = setInterval(fn, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}
