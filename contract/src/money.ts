// Money as integers. Prices are pico-USD per token (10^-12 USD), amounts are nano-USD (10^-9 USD). Both live in JavaScript
// numbers that are asserted to be safe integers: 2^53 nano-USD is 9.0 million USD, far above any one limit or total that
// a ledger cell may hold, and number arithmetic is an order of magnitude cheaper than BigInt on the request path.

import { assert } from './assert.ts'

/** An amount of money in nano-USD (10^-9 USD), a safe non-negative integer. */
export type NanoUsd = number
/** A price in pico-USD (10^-12 USD) for one token, a safe non-negative integer. */
export type PicoUsd = number

export const nanoUsdPerUsd = 1_000_000_000
export const picoUsdPerNanoUsd = 1000
/** The largest amount that one limit may have: 9 million USD, so that sums stay safe integers. */
export const amountMaxNanoUsd = 9_000_000 * nanoUsdPerUsd

const decimalPattern = /^(\d+)(?:\.(\d+))?$/

/**
 * Parses a plain decimal string (as PostgreSQL prints `numeric`) into an integer count of 10^-`scale` units, exactly.
 * Digits beyond the scale must be zero. Returns undefined for anything else, so that the caller names the field.
 */
export function parseDecimal(text: string, scale: number): number | undefined {
  const match = decimalPattern.exec(text)
  if (!match) return undefined
  const fraction = match[2] ?? ''
  if (/[^0]/.test(fraction.slice(scale))) return undefined
  const units = Number((match[1] ?? '') + fraction.slice(0, scale).padEnd(scale, '0'))
  return Number.isSafeInteger(units) ? units : undefined
}

/** Prints an integer count of 10^-`scale` units as a plain decimal without trailing zeros: (1500000000, 9) → "1.5". */
export function printDecimal(units: number, scale: number): string {
  assert(Number.isSafeInteger(units) && units >= 0, 'amounts are safe non-negative integers')
  const digits = String(units).padStart(scale + 1, '0')
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '')
  const whole = digits.slice(0, digits.length - scale)
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** Nano-USD as the JSON number of USD that the PRD's interfaces carry. Display only: never computed with again. */
export function toUsd(amount: NanoUsd): number {
  return Number(printDecimal(amount, 9))
}
