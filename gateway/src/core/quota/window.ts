// Calendar windows in a time zone: the first instant of a local day, week (Monday) or month and of the next one, right on
// days that daylight saving shortens, lengthens or robs of their midnight. Pure: the time comes in.
import type { LimitWindowKind } from './limits.ts'

export interface WindowBounds {
  /** Epoch milliseconds, inclusive. */
  startMs: number
  /** Epoch milliseconds, exclusive; Infinity for `total`. */
  endMs: number
}

const dayMs = 86_400_000
const minuteMs = 60_000
const fiveHoursMs = 5 * 3_600_000
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone)
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formatters.set(timeZone, formatter)
  }
  return formatter
}

/** The local wall clock at an instant, read as if it were UTC: milliseconds, whole seconds. */
function wallClockMs(timeZone: string, instantMs: number): number {
  const parts: Record<string, number> = {}
  for (const part of formatterOf(timeZone).formatToParts(instantMs)) parts[part.type] = Number(part.value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

function offsetMs(timeZone: string, instantMs: number): number {
  const wholeSecondMs = Math.floor(instantMs / 1000) * 1000
  return wallClockMs(timeZone, wholeSecondMs) - wholeSecondMs
}

/**
 * The first instant whose local date is the given one (`dateMs`: that date's midnight read as UTC). Where the clock
 * changes at midnight, the local midnight may not exist or exist twice; the earliest instant of the date is meant.
 */
function firstInstantOf(timeZone: string, dateMs: number): number {
  const candidates = [offsetMs(timeZone, dateMs - dayMs), offsetMs(timeZone, dateMs + dayMs)]
    .map((offset) => dateMs - offset)
    .toSorted((a, b) => a - b)
  for (const candidate of candidates) if (wallClockMs(timeZone, candidate) >= dateMs) return candidate
  return candidates[1] ?? dateMs
}

function dateBounds(kind: 'day' | 'week' | 'month', localDateMs: number): { fromMs: number; toMs: number } {
  const date = new Date(localDateMs)
  const year = date.getUTCFullYear()
  const month = date.getUTCMonth()
  switch (kind) {
    case 'day':
      return { fromMs: localDateMs, toMs: localDateMs + dayMs }
    case 'week': {
      const fromMs = localDateMs - ((date.getUTCDay() + 6) % 7) * dayMs
      return { fromMs, toMs: fromMs + 7 * dayMs }
    }
    case 'month':
      return { fromMs: Date.UTC(year, month, 1), toMs: Date.UTC(year, month + 1, 1) }
  }
}

/** The window of a kind that contains `nowMs`. A 5-hour window begins with its first use, so it begins now. */
export function windowAt(kind: LimitWindowKind, timeZone: string, nowMs: number): WindowBounds {
  if (kind === 'total') return { startMs: 0, endMs: Number.POSITIVE_INFINITY }
  if (kind === 'minute') {
    const startMs = Math.floor(nowMs / minuteMs) * minuteMs
    return { startMs, endMs: startMs + minuteMs }
  }
  if (kind === '5h') return { startMs: nowMs, endMs: nowMs + fiveHoursMs }
  const wallMs = wallClockMs(timeZone, nowMs)
  const { fromMs, toMs } = dateBounds(kind, Math.floor(wallMs / dayMs) * dayMs)
  return { startMs: firstInstantOf(timeZone, fromMs), endMs: firstInstantOf(timeZone, toMs) }
}
