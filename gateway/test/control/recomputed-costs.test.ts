// The cost that requests are billed by against the one that looking the books over computes: two programs, one number.
// RECOMPUTED_COSTS sets how many (20,000 by default, 1,000,000 for the published figure).
import { expect, test } from 'vitest'
import { shippedCatalogue } from '../../src/core/pricing/catalogue.ts'
import {
  costNanoUsd,
  costUpperNanoUsd,
  flatPrice,
  rateMaxPicoUsd,
  type PriceView,
} from '../../src/core/pricing/cost.ts'
import { noUsage, totalInputTokens, type Usage } from '../../src/core/protocols/usage.ts'
import { recomputeCost } from '../../src/controlplane/reconciliation/recompute-cost.ts'

const runs = Number(process.env['RECOMPUTED_COSTS'] ?? 20_000)

/** mulberry32: the same numbers every time. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

const prices: PriceView[] = [
  ...shippedCatalogue.models.flatMap(({ price, laterPrices }) => [price, ...laterPrices.map((later) => later.price)]),
  flatPrice('flat', 1),
  flatPrice('dearest', rateMaxPicoUsd),
]

function randomUsage(roll: (below: number) => number, price: PriceView): Usage {
  const some = () => (roll(3) === 0 ? 0 : roll(10 ** (1 + roll(7))))
  const outputTokens = some()
  const tiers = [undefined, 'standard', 'default', ...price.serviceTiers.keys()]
  return {
    ...noUsage,
    inputTokens: some(),
    cacheReadTokens: some(),
    cacheWrite5mTokens: some(),
    cacheWrite30mTokens: some(),
    cacheWrite1hTokens: some(),
    cacheWrite12hTokens: some(),
    outputTokens,
    reasoningTokens: roll(2) === 0 ? 0 : roll(outputTokens + 1),
    audioInputTokens: roll(4) === 0 ? some() : 0,
    audioOutputTokens: roll(4) === 0 ? some() : 0,
    imageInputTokens: roll(4) === 0 ? some() : 0,
    imageOutputTokens: roll(4) === 0 ? some() : 0,
    webSearches: roll(5) === 0 ? roll(20) : 0,
    webFetches: roll(5) === 0 ? roll(20) : 0,
    serviceTier: tiers[roll(tiers.length)],
  }
}

test('MO1 random usage at every price, discount and fixed cost costs the same by both, and never more than was held', () => {
  const roll = dice(20_261_126)
  for (let run = 0; run < runs; run += 1) {
    const price = prices[roll(prices.length)] as PriceView
    const usage = randomUsage(roll, price)
    const fixed = roll(3) === 0 ? roll(1_000_000_000) : 0
    const discount = [0, 1, 500, 3333, 9999, 10_000][roll(6)] ?? 0
    const billed = costNanoUsd(usage, price, fixed, discount)
    const row = {
      input: BigInt(usage.inputTokens),
      cacheRead: BigInt(usage.cacheReadTokens),
      cacheWrite5m: BigInt(usage.cacheWrite5mTokens),
      cacheWrite30m: BigInt(usage.cacheWrite30mTokens),
      cacheWrite1h: BigInt(usage.cacheWrite1hTokens),
      cacheWrite12h: BigInt(usage.cacheWrite12hTokens),
      output: BigInt(usage.outputTokens),
      reasoning: BigInt(usage.reasoningTokens),
      audioInput: BigInt(usage.audioInputTokens),
      audioOutput: BigInt(usage.audioOutputTokens),
      imageInput: BigInt(usage.imageInputTokens),
      imageOutput: BigInt(usage.imageOutputTokens),
      webSearches: BigInt(usage.webSearches),
      webFetches: BigInt(usage.webFetches),
      serviceTier: usage.serviceTier,
    }
    const anew = recomputeCost(row, price, BigInt(fixed), BigInt(discount))
    if (BigInt(billed) !== anew) expect({ usage, price, fixed, discount, billed }).toEqual({ anew })
    const { webSearches, webFetches, serviceTier } = usage
    const bound = { webSearches, webFetches, ...(serviceTier === undefined ? {} : { serviceTiers: [serviceTier] }) }
    const held = costUpperNanoUsd(price, totalInputTokens(usage), usage.outputTokens, fixed, discount, bound)
    if (billed > held) expect({ usage, price, fixed, discount, billed }).toEqual({ held })
  }
  expect(runs).toBeGreaterThan(0)
})
