// Waits as vendors state them, sensible or not.
import { describe, expect, test } from 'vitest'
import { parseDuration, readRetryAfter, retryAfterMaxMs, untilInstant } from './retry-after.ts'

const nowMs = Date.UTC(2026, 10, 23, 12, 0, 0)

describe('retry-after', () => {
  test.each([
    [{ 'retry-after': '30' }, 30_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '1.5' }, 1500],
    [{ 'retry-after-ms': '250', 'retry-after': '30' }, 250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '30' }, 30_000],
    [{ 'retry-after': ['7', '9'] }, 7000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 12:01:00 GMT' }, 60_000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': '1000000000' }, retryAfterMaxMs],
    [{ 'retry-after': 'Mon, 23 Nov 2099 12:01:00 GMT' }, retryAfterMaxMs],
    [{ 'retry-after': '-1' }, undefined],
    [{ 'retry-after': 'NaN' }, undefined],
    [{ 'retry-after': 'Infinity' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{ 'retry-after': 'Mon, 99 Nov 2026 12:01:00 GMT' }, undefined],
    [{}, undefined],
  ])('%j is %s ms', (headers, waitMs) => {
    expect(readRetryAfter(headers, nowMs)).toBe(waitMs)
  })
})

test('instants and durations', () => {
  expect(untilInstant('2026-11-23T12:00:30Z', nowMs)).toBe(30_000)
  expect(untilInstant('2026-11-23T13:00:30.500+01:00', nowMs)).toBe(30_500)
  expect(untilInstant('tomorrow', nowMs)).toBeUndefined()
  expect(['12ms', '6m0s', '1h30m', '34.4s', '2d', '', '5', '1x', '-3s'].map(parseDuration)).toEqual([
    12,
    360_000,
    5_400_000,
    34_400,
    retryAfterMaxMs,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})
