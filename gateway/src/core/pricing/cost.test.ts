// Cost against exact rational arithmetic, small and enormous; the upper bound against every usage that it bounds.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { noUsage, totalInputTokens, type Usage } from '../protocols/usage.ts'
import { costNanoUsd, costUpperNanoUsd, flatPrice, rateClasses, type PriceView, type Rates } from './cost.ts'

const count = fc.oneof(fc.constant(0), fc.nat(10_000), fc.nat(50_000_000))
const rate = fc.oneof(fc.nat(100), fc.nat(200_000_000))
const rates: fc.Arbitrary<Rates> = fc
  .tuple(...rateClasses.map(() => rate))
  .map((values) => Object.fromEntries(rateClasses.map((name, index) => [name, values[index] ?? 0])) as Rates)
const schedule = fc.record({ standard: rates, long: rates, above: fc.integer({ min: 1, max: 400_000 }) })

const price: fc.Arbitrary<PriceView> = fc
  .record({
    standard: schedule,
    flex: schedule,
    webSearch: fc.nat(50_000_000),
    webFetch: fc.nat(50_000_000),
    searchedPrompt: fc.nat(50_000_000),
  })
  .map(({ standard, flex, ...calls }) => {
    const view = ({ standard: base, long, above }: typeof standard) => ({
      ...base,
      longContext: [{ ...long, aboveInputTokens: above }],
    })
    return { version: 'test', ...view(standard), serviceTiers: new Map([['flex', view(flex)]]), ...calls }
  })

const usage: fc.Arbitrary<Usage> = fc
  .record({
    inputTokens: count,
    cacheReadTokens: count,
    cacheWrite5mTokens: count,
    cacheWrite30mTokens: count,
    cacheWrite1hTokens: count,
    cacheWrite12hTokens: count,
    outputTokens: count,
    reasoningTokens: count,
    audioInputTokens: count,
    imageInputTokens: count,
    toolInputTokens: count,
    audioOutputTokens: count,
    imageOutputTokens: count,
    webSearches: fc.nat(20),
    webFetches: fc.nat(20),
    serviceTier: fc.constantFrom(undefined, 'flex', 'default', 'constructor'),
  })
  .map((drawn) => drawn)

/** Written from the rules, not from the code: parts are cut to their whole, then every class has its own price. */
function exactly(used: Usage, view: PriceView, fixed: number, discount: number): number {
  const chosen = used.serviceTier === 'flex' ? (view.serviceTiers.get('flex') ?? view) : view
  const long = chosen.longContext[0]
  const at = long && totalInputTokens(used) > long.aboveInputTokens ? long : chosen
  const audioIn = Math.min(used.audioInputTokens, used.inputTokens)
  const imageIn = Math.min(used.imageInputTokens, used.inputTokens - audioIn)
  const audioOut = Math.min(used.audioOutputTokens, used.outputTokens)
  const imageOut = Math.min(used.imageOutputTokens, used.outputTokens - audioOut)
  const terms: [number, number][] = [
    [used.inputTokens - audioIn - imageIn, at.input],
    [audioIn, at.audioInput],
    [imageIn, at.imageInput],
    [used.cacheReadTokens, at.cacheRead],
    [used.cacheWrite5mTokens, at.cacheWrite5m],
    [used.cacheWrite30mTokens, at.cacheWrite30m],
    [used.cacheWrite1hTokens, at.cacheWrite1h],
    [used.cacheWrite12hTokens, at.cacheWrite12h],
    [used.outputTokens - audioOut - imageOut, used.reasoningTokens > 0 ? at.outputReasoned : at.output],
    [audioOut, at.audioOutput],
    [imageOut, at.imageOutput],
    [used.webSearches, view.webSearch * 1000],
    [used.webSearches > 0 ? 1 : 0, view.searchedPrompt * 1000],
    [used.webFetches, view.webFetch * 1000],
    [fixed, 1000],
  ]
  const sum = terms.reduce((total, [tokens, each]) => total + BigInt(tokens) * BigInt(each), 0n)
  return Number((sum * BigInt(10_000 - discount) * 2n + 10_000_000n) / 20_000_000n)
}

const fixedCost = fc.oneof(fc.constant(0), fc.nat(10 ** 9))
const discount = fc.oneof(fc.constant(0), fc.nat(10_000))

test('MO1 the cost is the exact rational rounded once (T25)', () => {
  const run = fc.property(usage, price, fixedCost, discount, (used, view, fixed, basisPoints) => {
    expect(costNanoUsd(used, view, fixed, basisPoints)).toBe(exactly(used, view, fixed, basisPoints))
  })
  fc.assert(run, { numRuns: 5000 })
})

test('MO1 half a nano-dollar is rounded up', () => {
  expect(costNanoUsd({ ...noUsage, inputTokens: 1 }, flatPrice('test', 500), 0, 0)).toBe(1)
  expect(costNanoUsd({ ...noUsage, inputTokens: 1 }, flatPrice('test', 499), 0, 0)).toBe(0)
})

test('the upper bound is never below the cost of any usage within it', () => {
  const slack = fc.oneof(fc.constant(0), fc.nat(500_000))
  const run = fc.property(usage, price, slack, slack, discount, (used, view, moreInput, moreOutput, basisPoints) => {
    const bound = { webSearches: used.webSearches, webFetches: used.webFetches }
    const input = totalInputTokens(used) + moreInput
    const output = used.outputTokens + moreOutput
    const cost = costNanoUsd(used, view, 7, basisPoints)
    expect(costUpperNanoUsd(view, input, output, 7, basisPoints, bound)).toBeGreaterThanOrEqual(cost)
    const serviceTiers = used.serviceTier === undefined ? [] : [used.serviceTier]
    const closer = costUpperNanoUsd(view, input, output, 7, basisPoints, { ...bound, serviceTiers })
    expect(closer).toBeGreaterThanOrEqual(cost)
  })
  fc.assert(run, { numRuns: 3000 })
})

test('a bound that leaves out a dear tier is lower than one that allows it', () => {
  const dear = new Map([['priority', { ...flatPrice('test', 2_500_000) }]])
  const view = { ...flatPrice('test', 1_000_000), serviceTiers: dear }
  expect(costUpperNanoUsd(view, 1000, 0, 0, 0)).toBe(2_500_000)
  expect(costUpperNanoUsd(view, 1000, 0, 0, 0, { serviceTiers: [] })).toBe(1_000_000)
  expect(costUpperNanoUsd(view, 1000, 0, 0, 0, { serviceTiers: ['priority'] })).toBe(2_500_000)
})

test('one token above the threshold reprices every token of the request', () => {
  const longContext = [{ ...flatPrice('test', 2000), aboveInputTokens: 200_000 }]
  const view = { ...flatPrice('test', 1000), longContext }
  const used = { ...noUsage, inputTokens: 100_000, cacheReadTokens: 100_000, outputTokens: 5 }
  expect(costNanoUsd(used, view, 0, 0)).toBe(200_005)
  expect(costNanoUsd({ ...used, cacheReadTokens: 100_001 }, view, 0, 0)).toBe(400_012)
})
