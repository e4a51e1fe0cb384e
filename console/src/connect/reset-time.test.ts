// Tests of reset-time.ts.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { formatResetTime } from './reset-time.ts'

beforeEach(() => {
  vi.stubEnv('TZ', 'America/New_York')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

test.each([
  ['2026-07-02T00:00:00.000Z', 'Asia/Shanghai', '2026-07-02 08:00 GMT+8'],
  ['2026-07-01T16:00:00Z', 'Asia/Shanghai', '2026-07-02 00:00 GMT+8'],
  ['2026-07-02T00:00:00Z', 'Asia/Kolkata', '2026-07-02 05:30 GMT+5:30'],
  ['2026-07-02T00:00:00Z', 'Europe/London', '2026-07-02 01:00 GMT+1'],
  ['2026-07-02T00:00:00Z', undefined, '2026-07-01 20:00 GMT-4'],
  ['2026-07-02T00:00:00Z', 'Mars/Olympus', '2026-07-01 20:00 GMT-4'],
])('%s in %s reads %s', (moment, timeZone, expected) => {
  expect(formatResetTime(moment, timeZone)).toBe(expected)
})
