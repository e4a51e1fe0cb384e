// When a vendor says to come back, in milliseconds from now. Headers and bodies name it in five notations; all of them are
// read here, and whatever makes no sense (negative, not a number, years ahead) is dropped or bounded.
import type { HeaderView } from './provider.ts'

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
/** The longest wait that vendors state for limits that refill by themselves is a day. */
export const retryAfterMaxMs = 24 * hourMs

export function headerText(headers: HeaderView, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value.trim() : value?.[0]?.trim()
}

/** `retry-after-ms`, then `retry-after` in seconds or as an HTTP date (RFC 9110, 10.2.3). */
export function readRetryAfter(headers: HeaderView, nowMs: number): number | undefined {
  const exact = plausible(parseNumber(headerText(headers, 'retry-after-ms')))
  if (exact !== undefined) return exact
  const text = headerText(headers, 'retry-after')
  const seconds = parseNumber(text)
  return seconds === undefined ? untilInstant(text, nowMs) : plausible(seconds * secondMs)
}

const instantPatterns = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/,
]

/** The time until an HTTP date or an RFC 3339 instant; one that has passed is 0. */
export function untilInstant(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || !instantPatterns.some((pattern) => pattern.test(text))) return undefined
  const instantMs = Date.parse(text)
  return Number.isNaN(instantMs) ? undefined : plausible(Math.max(0, instantMs - nowMs))
}

const unitMs: ReadonlyMap<string | undefined, number> = new Map([
  ['ms', 1],
  ['s', secondMs],
  ['m', minuteMs],
  ['h', hourMs],
  ['d', 24 * hourMs],
])
const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/

/** A duration in units, largest first: "12ms", "6m0s", "1h30m", "34.4s". */
export function parseDuration(text: string | undefined): number | undefined {
  if (text === undefined || !durationPattern.test(text)) return undefined
  let totalMs = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    totalMs += Number(amount) * (unitMs.get(unit) ?? 0)
  }
  return plausible(totalMs)
}

/** The longest of several waits: all of them must be over. */
export function longest(waitsMs: readonly (number | undefined)[]): number | undefined {
  const known = waitsMs.filter((waitMs) => waitMs !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

function parseNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined
}

function plausible(waitMs: number | undefined): number | undefined {
  if (waitMs === undefined || !(waitMs >= 0)) return undefined
  return Math.min(Math.ceil(waitMs), retryAfterMaxMs)
}
