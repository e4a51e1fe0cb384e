// Token buckets: refill over the minute, all charges or none, and output that overdraws.
import { expect, test } from 'vitest'
import type { Charge } from './rate-limits.ts'
import { createRateLimits } from './rate-limits.ts'

const requests: Charge = { dimension: 'requests', perMinute: 2, amount: 1 }

test('a bucket empties, refuses with the time to wait, and refills continuously', () => {
  const limits = createRateLimits()
  expect(limits.admit('p', [requests], 0)).toBeNull()
  expect(limits.admit('p', [requests], 0)).toBeNull()
  expect(limits.admit('p', [requests], 0)).toMatchObject({ dimension: 'requests', limit: 2, retryAfterMs: 30_000 })
  expect(limits.admit('p', [requests], 29_999)).not.toBeNull()
  expect(limits.admit('p', [requests], 30_000)).toBeNull()
})

test('a refusal takes nothing from the other buckets', () => {
  const limits = createRateLimits()
  const tokens: Charge = { dimension: 'tokens', perMinute: 10, amount: 11 }
  expect(limits.admit('p', [requests, tokens], 0)).toMatchObject({ dimension: 'tokens' })
  expect(limits.levels('p', [requests], 0)).toEqual({ requests: { limit: 2, remaining: 2, resetMs: 0 } })
})

test('output is charged afterwards, may overdraw, and then bars the next request', () => {
  const limits = createRateLimits()
  const output: Charge = { dimension: 'output-tokens', perMinute: 60, amount: 0 }
  expect(limits.admit('p', [output], 0)).toBeNull()
  limits.take('p', { ...output, amount: 90 }, 0)
  expect(limits.admit('p', [output], 0)).toMatchObject({ retryAfterMs: 30_000 })
  expect(limits.admit('p', [output], 30_000)).toBeNull()
})

test('pools do not share', () => {
  const limits = createRateLimits()
  limits.take('p', { ...requests, amount: 2 }, 0)
  expect(limits.admit('q', [requests], 0)).toBeNull()
})
