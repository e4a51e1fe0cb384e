// Invariants, checked in production too. A failed assertion is a bug of ours, never a caller's mistake.

/** Throws when `condition` does not hold. `why` states the invariant. */
export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${why}`)
}
