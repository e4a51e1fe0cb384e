// Counts tries by address in a sliding minute, to slow down guessing. Bounded: the address seen longest ago is forgotten
// first. Owns nothing but the counts; the set-up route asks it before it looks at a token.
import type { Clock } from '../../platform/clock.ts'

export interface AttemptLimit {
  /** Counts one try. Undefined: go on; otherwise how long to wait. */
  take(address: string): number | undefined
  /** Gives a try back that turned out to be right. */
  giveBack(address: string): void
}

const windowMs = 60_000
/** People mistype a few times; the token has 256 bits, so this only keeps the log and the hash quiet. */
const triesMax = 5
/** About a megabyte of addresses. */
const addressesMax = 10_000

export function createAttemptLimit(clock: Clock): AttemptLimit {
  const triesByAddress = new Map<string, number[]>()
  return {
    take(address) {
      const now = clock.monotonic()
      const tries = (triesByAddress.get(address) ?? []).filter((at) => at > now - windowMs)
      // Deleted and set again, so that the map's order is the order of the last try.
      triesByAddress.delete(address)
      triesByAddress.set(address, tries)
      if (triesByAddress.size > addressesMax) triesByAddress.delete(triesByAddress.keys().next().value as string)
      const oldest = tries[0]
      if (tries.length >= triesMax && oldest !== undefined) return oldest + windowMs - now
      tries.push(now)
      return undefined
    },
    giveBack(address) {
      triesByAddress.get(address)?.pop()
    },
  }
}
