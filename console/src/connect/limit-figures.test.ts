// Tests of limit-figures.ts.
import { expect, test } from 'vitest'
import { formatAmount, usedShare } from './limit-figures.ts'

test.each([
  ['tokens', 1_234_567, 'en', '1,234,567'],
  ['requests', 0, 'zh-CN', '0'],
  ['money', 12, 'en', '$12.00'],
  ['money', 0, 'en', '$0.00'],
  ['money', 0.000_123, 'en', '$0.0001'],
  ['money', 0.000_05, 'en', '$0.0001'],
  ['money', 0.000_000_009, 'en', '< $0.0001'],
  ['money', 0.5, 'en', '$0.50'],
  ['money', 0.29, 'en', '$0.29'],
  ['money', 0.004, 'en', '$0.0040'],
  ['money', 0.999_99, 'en', '$1.00'],
  ['money', 0.417_34, 'zh-CN', '$0.4173'],
  ['money', 3.5, 'zh-CN', '$3.50'],
  ['money', 12.345_678, 'en', '$12.35'],
  ['money', 9_000_000, 'en', '$9,000,000.00'],
] as const)('%s of %d in %s reads %s', (metric, amount, language, expected) => {
  expect(formatAmount(metric, amount, language)).toBe(expected)
})

test.each([
  [{ limit: null, used: 5 }, 0],
  [{ limit: 0, used: 0 }, 1],
  [{ limit: 200, used: 50 }, 0.25],
  [{ limit: 200, used: 250 }, 1.25],
])('the share used of %o is %d', (limit, share) => {
  expect(usedShare(limit)).toBe(share)
})
