// Windows on ordinary days and on those that daylight saving bends.
import { expect, test } from 'vitest'
import { windowAt } from './window.ts'

const at = (iso: string) => Date.parse(iso)
const hoursOf = (kind: 'day' | 'week' | 'month', zone: string, now: string) => {
  const { startMs, endMs } = windowAt(kind, zone, at(now))
  return { start: new Date(startMs).toISOString(), hours: (endMs - startMs) / 3_600_000 }
}

test('QU4 a day begins at the local midnight', () => {
  expect(hoursOf('day', 'Asia/Shanghai', '2026-11-23T15:59:59Z')).toEqual({
    start: '2026-11-22T16:00:00.000Z',
    hours: 24,
  })
  expect(hoursOf('day', 'Asia/Shanghai', '2026-11-23T16:00:00Z')).toEqual({
    start: '2026-11-23T16:00:00.000Z',
    hours: 24,
  })
  expect(hoursOf('day', 'Asia/Kathmandu', '2026-11-23T00:00:00Z')).toEqual({
    start: '2026-11-22T18:15:00.000Z',
    hours: 24,
  })
})

test('QU4 days on which the clock changes have 23 and 25 hours', () => {
  expect(hoursOf('day', 'America/New_York', '2026-03-08T12:00:00Z')).toEqual({
    start: '2026-03-08T05:00:00.000Z',
    hours: 23,
  })
  expect(hoursOf('day', 'America/New_York', '2026-11-01T12:00:00Z')).toEqual({
    start: '2026-11-01T04:00:00.000Z',
    hours: 25,
  })
  expect(hoursOf('day', 'Australia/Lord_Howe', '2026-04-05T03:00:00Z').hours).toBe(24.5)
})

test('QU4 a day without a midnight begins with its first instant (T70)', () => {
  // Beirut springs forward at midnight: 2026-03-29 begins at 01:00 local time.
  expect(hoursOf('day', 'Asia/Beirut', '2026-03-29T12:00:00Z')).toEqual({
    start: '2026-03-28T22:00:00.000Z',
    hours: 23,
  })
  // Havana falls back from 01:00 to 00:00: 2026-11-01 has two midnights and begins with the first.
  expect(hoursOf('day', 'America/Havana', '2026-11-01T12:00:00Z')).toEqual({
    start: '2026-11-01T04:00:00.000Z',
    hours: 25,
  })
})

test('QU4 weeks begin on Monday, months on the first', () => {
  expect(hoursOf('week', 'Asia/Shanghai', '2026-11-22T15:00:00Z').start).toBe('2026-11-15T16:00:00.000Z')
  expect(hoursOf('week', 'Asia/Shanghai', '2026-11-22T16:00:00Z').start).toBe('2026-11-22T16:00:00.000Z')
  expect(hoursOf('month', 'Asia/Shanghai', '2026-02-10T00:00:00Z')).toEqual({
    start: '2026-01-31T16:00:00.000Z',
    hours: 28 * 24,
  })
  expect(hoursOf('month', 'America/New_York', '2026-11-10T00:00:00Z').hours).toBe(30 * 24 + 1)
})

test('QU4 consecutive windows of every zone touch without gap or overlap for two years', () => {
  for (const zone of [
    'Asia/Shanghai',
    'America/New_York',
    'Europe/Berlin',
    'America/Havana',
    'Asia/Beirut',
    'Africa/Cairo',
  ]) {
    let now = at('2026-01-01T12:00:00Z')
    for (let day = 0; day < 730; day += 1) {
      const { startMs, endMs } = windowAt('day', zone, now)
      expect(startMs).toBeLessThanOrEqual(now)
      expect(endMs).toBeGreaterThan(now)
      expect(windowAt('day', zone, endMs).startMs).toBe(endMs)
      expect(windowAt('day', zone, endMs - 1).startMs).toBe(startMs)
      now = endMs
    }
  }
})
