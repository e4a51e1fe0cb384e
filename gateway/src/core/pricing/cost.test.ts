// Cost against exact rational arithmetic, small and enormous.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { noUsage } from '../protocols/usage.ts'
import { catalogueModel, catalogueModels } from './catalogue.ts'
import { costNanoUsd, costUpperNanoUsd, flatPrice, type PriceView } from './cost.ts'

function exactly(price: PriceView, tokens: number[], fixed: number, discount: number): number {
  const rates = [price.input, price.cacheRead, price.cacheWrite5m, price.cacheWrite1h, price.output]
  let sum = BigInt(fixed) * 1000n
  tokens.forEach((count, index) => (sum += BigInt(count) * BigInt(rates[index] ?? 0)))
  const numerator = sum * BigInt(10_000 - discount)
  return Number((numerator * 2n + 10_000_000n) / 20_000_000n)
}

test('MO1 the cost is the exact rational rounded once (T25)', () => {
  const count = fc.oneof(fc.nat(10_000), fc.nat(50_000_000))
  const rate = fc.oneof(fc.nat(100), fc.nat(200_000_000))
  const run = fc.property(
    fc.tuple(count, count, count, count, count),
    fc.tuple(rate, rate, rate, rate, rate),
    fc.oneof(fc.constant(0), fc.nat(10 ** 9)),
    fc.oneof(fc.constant(0), fc.nat(10_000)),
    ([input, read, write5m, write1h, output], [a, b, c, d, e], fixed, discount) => {
      const price = { ...flatPrice('test', 0), input: a, cacheRead: b, cacheWrite5m: c, cacheWrite1h: d, output: e }
      const usage = {
        ...noUsage,
        inputTokens: input,
        cacheReadTokens: read,
        cacheWrite5mTokens: write5m,
        cacheWrite1hTokens: write1h,
        outputTokens: output,
      }
      expect(costNanoUsd(usage, price, fixed, discount)).toBe(
        exactly(price, [input, read, write5m, write1h, output], fixed, discount),
      )
    },
  )
  fc.assert(run, { numRuns: 5000 })
})

test('MO1 half a nano-dollar is rounded up', () => {
  expect(costNanoUsd({ ...noUsage, inputTokens: 1 }, flatPrice('test', 500), 0, 0)).toBe(1)
  expect(costNanoUsd({ ...noUsage, inputTokens: 1 }, flatPrice('test', 499), 0, 0)).toBe(0)
})

test('the upper bound is never below the cost, however the input is cached', () => {
  const price = catalogueModel('claude', 'claude-sonnet-4-5')?.price
  expect(price).toBeDefined()
  if (!price) return
  const split = fc.tuple(fc.nat(9000), fc.nat(9000), fc.nat(9000), fc.nat(9000), fc.nat(9000))
  fc.assert(
    fc.property(split, ([input, read, write5m, write1h, output]) => {
      const usage = {
        ...noUsage,
        inputTokens: input,
        cacheReadTokens: read,
        cacheWrite5mTokens: write5m,
        cacheWrite1hTokens: write1h,
      }
      const cost = costNanoUsd({ ...usage, outputTokens: output }, price, 7, 0)
      expect(costUpperNanoUsd(price, input + read + write5m + write1h, output, 7, 0)).toBeGreaterThanOrEqual(cost)
    }),
  )
})

test('the catalogue has sane prices: cache reads never dearer than input, output maxima within the context (T41)', () => {
  for (const serviceType of ['claude', 'openai', 'gemini', 'qwen'] as const) {
    const models = catalogueModels(serviceType)
    expect(models.length).toBeGreaterThan(4)
    for (const model of models) {
      expect(model.price.cacheRead, model.model).toBeLessThanOrEqual(model.price.input)
      expect(model.price.input, model.model).toBeGreaterThan(0)
      expect(model.outputTokensMax, model.model).toBeLessThanOrEqual(model.contextTokens)
    }
  }
  // $3 and $15 per million tokens.
  expect(catalogueModel('claude', 'claude-sonnet-4-5')?.price).toMatchObject({ input: 3_000_000, output: 15_000_000 })
})
