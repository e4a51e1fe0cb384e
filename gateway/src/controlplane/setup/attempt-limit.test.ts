// Five tries a minute for each address, in bounded memory.
import { expect, test } from 'vitest'
import { createAttemptLimit } from './attempt-limit.ts'

function turnableClock() {
  let at = 0
  return { clock: { now: () => at, monotonic: () => at }, pass: (ms: number) => (at += ms) }
}

test('the sixth try of a minute waits until the first is a minute old', () => {
  const { clock, pass } = turnableClock()
  const limit = createAttemptLimit(clock)
  for (let tries = 0; tries < 5; tries += 1) {
    expect(limit.take('a')).toBeUndefined()
    pass(1000)
  }
  expect(limit.take('a')).toBe(55_000)
  expect(limit.take('b')).toBeUndefined()
  pass(55_000)
  expect(limit.take('a')).toBeUndefined()
  expect(limit.take('a')).toBe(1000)
})

test('a right try does not count', () => {
  const limit = createAttemptLimit(turnableClock().clock)
  for (let tries = 0; tries < 20; tries += 1) {
    expect(limit.take('a')).toBeUndefined()
    limit.giveBack('a')
  }
})

test('waiting is not extended by trying again', () => {
  const { clock, pass } = turnableClock()
  const limit = createAttemptLimit(clock)
  for (let tries = 0; tries < 5; tries += 1) limit.take('a')
  for (let tries = 0; tries < 50; tries += 1) {
    pass(1000)
    expect(limit.take('a')).toBe(60_000 - (tries + 1) * 1000)
  }
})

test('a hundred thousand addresses do not grow it: the oldest are forgotten', () => {
  const limit = createAttemptLimit(turnableClock().clock)
  for (let tries = 0; tries < 5; tries += 1) limit.take('first')
  expect(limit.take('first')).toBeGreaterThan(0)
  for (let address = 0; address < 100_000; address += 1) limit.take(`address ${address}`)
  expect(limit.take('first')).toBeUndefined()
})
