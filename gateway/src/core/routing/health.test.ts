// An account's health, outcome by outcome.
import { expect, test } from 'vitest'
import type { FailureKind, UpstreamFailure } from '../protocols/failure.ts'
import { availability, newHealth, onFailure, onSuccess } from './health.ts'

const failure = (kind: FailureKind, retryAfterMs?: number): UpstreamFailure => ({
  kind,
  status: undefined,
  code: undefined,
  message: '',
  retryAfterMs,
})
const now = 1_000_000

test('RT7 a 429 excludes until the named deadline and the later deadline wins (T52, T56)', () => {
  const health = newHealth(1)
  onFailure(health, failure('rate-limited', 30_000), now)
  onFailure(health, failure('rate-limited', 1_000), now)
  expect(availability(health, now + 29_999)).toBe('excluded')
  expect(availability(health, now + 30_000)).toBe('available')
})

test('RT7 an absurd deadline is bounded and a missing one is short', () => {
  const health = newHealth(1)
  onFailure(health, failure('rate-limited', 1e15), now)
  expect(availability(health, now + 86_400_000)).toBe('available')
  const other = newHealth(1)
  onFailure(other, failure('rate-limited'), now)
  expect(availability(other, now)).toBe('excluded')
  expect(availability(other, now + 60_000)).toBe('available')
})

test('RT8 refused credentials and used-up money stay out whatever time passes (T60)', () => {
  for (const kind of ['unauthorized', 'quota-exhausted'] as const) {
    const health = newHealth(1)
    onFailure(health, failure(kind), now)
    expect(availability(health, now + 1e12)).toBe('out')
  }
})

test('RT9 five failures in a row eject, a success in between does not let them add up', () => {
  const health = newHealth(1)
  for (let count = 0; count < 4; count += 1) onFailure(health, failure('server-error'), now)
  onSuccess(health)
  for (let count = 0; count < 4; count += 1) onFailure(health, failure('timeout'), now)
  expect(availability(health, now)).toBe('available')
  onFailure(health, failure('connection'), now)
  expect(availability(health, now)).toBe('ejected')
})

test('RT9 one probe is let through, a failed one ejects for longer, a successful one heals (T58)', () => {
  const health = newHealth(1)
  for (let count = 0; count < 5; count += 1) onFailure(health, failure('server-error'), now)
  expect(availability(health, now + 29_999)).toBe('ejected')
  const later = now + 30_000
  expect(availability(health, later)).toBe('probe')
  health.isProbing = true
  expect(availability(health, later)).toBe('ejected')
  onFailure(health, failure('server-error'), later)
  expect(availability(health, later + 59_999)).toBe('ejected')
  expect(availability(health, later + 60_000)).toBe('probe')
  onSuccess(health)
  expect(availability(health, later + 60_000)).toBe('available')
})

test('RT9 the ejection grows to five minutes and no further', () => {
  const health = newHealth(1)
  let at = now
  for (let count = 0; count < 200; count += 1) {
    onFailure(health, failure('server-error'), at)
    at = Math.max(at, health.ejectedUntilMs)
  }
  expect(health.ejectedUntilMs - at).toBeLessThanOrEqual(0)
  onFailure(health, failure('server-error'), at)
  expect(health.ejectedUntilMs - at).toBe(300_000)
})

test("the request's own fault says nothing about the account", () => {
  const health = newHealth(1)
  for (let count = 0; count < 20; count += 1) onFailure(health, failure('invalid-request'), now)
  expect(availability(health, now)).toBe('available')
})
