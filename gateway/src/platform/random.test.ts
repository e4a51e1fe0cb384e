// The shape of identifiers: version 7, sortable by time, never twice.
import { expect, test } from 'vitest'
import { createRandom } from './random.ts'

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('identifiers are version 7 and carry the millisecond', () => {
  const now = 0x0190_1234_5678
  const random = createRandom({ now: () => now, monotonic: () => 0 })
  const id = random.uuid()
  expect(id).toMatch(uuidV7)
  expect(id.startsWith('01901234-5678-7')).toBe(true)
})

test('identifiers of later milliseconds sort later, and the cached time part moves on', () => {
  let now = 1_800_000_000_000
  const random = createRandom({ now: () => now, monotonic: () => 0 })
  const ids = Array.from({ length: 100 }, () => {
    now += 1
    return random.uuid()
  })
  expect(ids.toSorted()).toEqual(ids)
})

test('a hundred thousand identifiers of one millisecond differ', () => {
  const random = createRandom({ now: () => 1, monotonic: () => 0 })
  const ids = new Set(Array.from({ length: 100_000 }, () => random.uuid()))
  expect(ids.size).toBe(100_000)
})

test('tokens hold as many bytes as asked for', () => {
  const random = createRandom({ now: () => 1, monotonic: () => 0 })
  expect(Buffer.from(random.token(32), 'base64url')).toHaveLength(32)
  expect(random.token(32)).not.toBe(random.token(32))
})
