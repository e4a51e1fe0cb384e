// The state of idempotency keys against a naive model.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IdempotencyKeys, rememberedMs } from './idempotency-keys.ts'

const ended = { outcome: 'success', tokens: 1, costNanoUsd: 2 } as const

test('ID1 any order of beginnings, ends, releases and hours leaves each key taken, free or spent as it should be', () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    what: fc.constantFrom('take', 'end', 'release', 'wait' as const),
    hours: fc.integer({ min: 1, max: 30 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const keys = new IdempotencyKeys(100)
      const model = new Map<string, { state: 'running' | 'ended'; atMs: number }>()
      let nowMs = 0
      for (const { key, what, hours } of steps) {
        const known = model.get(key)
        const isSpent = known?.state === 'ended' && nowMs - known.atMs < rememberedMs
        const isFree = known?.state !== 'running' && !isSpent
        const found = keys.find(key, nowMs)
        expect(found === undefined).toBe(isFree)
        if (found) expect(found.ended !== undefined).toBe(known?.state === 'ended')
        if (what === 'wait') nowMs += hours * 3_600_000
        if (what === 'take' && isFree) {
          keys.take(key, 'r', 'h', nowMs)
          model.set(key, { state: 'running', atMs: nowMs })
        }
        if (known?.state !== 'running') continue
        if (what === 'end') {
          keys.end(key, ended)
          known.state = 'ended'
        }
        if (what === 'release') {
          keys.release(key)
          model.delete(key)
        }
      }
    }),
  )
})

test('ID1 beyond its limit the oldest that have ended are forgotten, and it is known that some were', () => {
  const keys = new IdempotencyKeys(2)
  keys.take('running', 'r', 'h', 0)
  keys.take('first', 'r', 'h', 1)
  keys.end('first', ended)
  expect(keys.hasForgotten).toBe(false)
  keys.take('second', 'r', 'h', 2)
  expect([keys.find('first', 2), keys.hasForgotten, keys.size]).toEqual([undefined, true, 2])
  expect(keys.find('running', 2)?.ended).toBeUndefined()
})
