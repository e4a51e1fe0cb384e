// Token buckets per organisation and model class, refilled continuously over the minute as vendors do (Anthropic rate
// limits page: "token bucket algorithm"). Who is charged how much is decided here; the words of the 429 are the
// vendor's.
import type { LimitDimension } from './problem.ts'

const MINUTE_MS = 60_000
/** Classes × organisations × dimensions of any realistic run; beyond it, buckets that are full again are forgotten. */
const BUCKETS_MAX = 10_000

export interface LimitLevel {
  limit: number
  remaining: number
  /** Until the bucket is full again. */
  resetMs: number
}

export type LimitLevels = Partial<Record<LimitDimension, LimitLevel>>

export interface Charge {
  dimension: LimitDimension
  perMinute: number
  /** What must be there to be admitted, and is taken then. */
  amount: number
}

export interface Denial {
  dimension: LimitDimension
  limit: number
  used: number
  requested: number
  retryAfterMs: number
}

export interface RateLimits {
  /** Takes all charges, or none of them and says which was too much. */
  admit(pool: string, charges: readonly Charge[], nowMs: number): Denial | null
  /** Takes without asking: output is known only once it is there, so its bucket can go below zero. */
  take(pool: string, charge: Charge, nowMs: number): void
  levels(pool: string, charges: readonly Charge[], nowMs: number): LimitLevels
}

interface Bucket {
  perMinute: number
  available: number
  refilledAtMs: number
}

export function createRateLimits(): RateLimits {
  const buckets = new Map<string, Bucket>()

  function bucketOf(pool: string, charge: Charge, nowMs: number): Bucket {
    const name = `${pool}:${charge.dimension}`
    let bucket = buckets.get(name)
    if (bucket === undefined) {
      if (buckets.size >= BUCKETS_MAX) forgetFull(buckets, nowMs)
      bucket = { perMinute: charge.perMinute, available: charge.perMinute, refilledAtMs: nowMs }
      buckets.set(name, bucket)
    }
    refill(bucket, nowMs)
    return bucket
  }

  return {
    admit(pool, charges, nowMs) {
      for (const charge of charges) {
        const denial = deny(charge, bucketOf(pool, charge, nowMs))
        if (denial !== null) return denial
      }
      for (const charge of charges) bucketOf(pool, charge, nowMs).available -= charge.amount
      return null
    },
    take(pool, charge, nowMs) {
      bucketOf(pool, charge, nowMs).available -= charge.amount
    },
    levels(pool, charges, nowMs) {
      const levels: LimitLevels = {}
      for (const charge of charges) {
        const { available, perMinute } = bucketOf(pool, charge, nowMs)
        const resetMs = Math.ceil(((perMinute - available) / perMinute) * MINUTE_MS)
        levels[charge.dimension] = { limit: perMinute, remaining: Math.max(0, Math.floor(available)), resetMs }
      }
      return levels
    },
  }
}

function refill(bucket: Bucket, nowMs: number): void {
  const grown = ((nowMs - bucket.refilledAtMs) / MINUTE_MS) * bucket.perMinute
  bucket.available = Math.min(bucket.perMinute, bucket.available + Math.max(0, grown))
  bucket.refilledAtMs = nowMs
}

function deny(charge: Charge, bucket: Bucket): Denial | null {
  // An amount of zero (output, not yet known) is refused only while the bucket is overdrawn.
  if (bucket.available >= charge.amount && bucket.available >= 0) return null
  const missing = Math.max(charge.amount, 0) - bucket.available
  return {
    dimension: charge.dimension,
    limit: bucket.perMinute,
    used: Math.ceil(bucket.perMinute - bucket.available),
    requested: charge.amount,
    retryAfterMs: Math.ceil((missing / bucket.perMinute) * MINUTE_MS),
  }
}

function forgetFull(buckets: Map<string, Bucket>, nowMs: number): void {
  for (const [name, bucket] of buckets) {
    refill(bucket, nowMs)
    if (bucket.available >= bucket.perMinute) buckets.delete(name)
  }
}
