// The two clocks of the gateway, as an interface so that tests can turn the hands.
// Owns reading the machine's time; owns no timers. Everything that needs the time takes a Clock as an argument.

export interface Clock {
  /** Wall time, epoch milliseconds. May jump when the machine's clock is set. */
  now(): number
  /** Milliseconds since some fixed moment, never going back. For durations and timeouts. */
  monotonic(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}
