// The cost of a row, computed anew from its tokens and the price that it names, without a line of the code that priced it: exact
// fractions, rounded once. Written from docs/prices.md.
import type { PriceView, Rates } from '../../core/pricing/cost.ts'

export interface CostRow {
  input: bigint
  cacheRead: bigint
  cacheWrite5m: bigint
  cacheWrite30m: bigint
  cacheWrite1h: bigint
  cacheWrite12h: bigint
  output: bigint
  reasoning: bigint
  audioInput: bigint
  audioOutput: bigint
  imageInput: bigint
  imageOutput: bigint
  webSearches: bigint
  webFetches: bigint
  serviceTier: string | undefined
}

const least = (one: bigint, other: bigint): bigint => (one < other ? one : other)

/** nano-USD. `discount`: basis points. */
export function recomputeCost(row: CostRow, price: PriceView, fixedNanoUsd: bigint, discount: bigint): bigint {
  const tier = row.serviceTier === undefined ? undefined : price.serviceTiers.get(row.serviceTier)
  const schedule = tier ?? price
  const prompt = row.input + row.cacheRead + row.cacheWrite5m + row.cacheWrite30m + row.cacheWrite1h + row.cacheWrite12h
  let rates: Rates = schedule
  for (const long of schedule.longContext) if (prompt > BigInt(long.aboveInputTokens)) rates = long
  const audioIn = least(row.audioInput, row.input)
  const imageIn = least(row.imageInput, row.input - audioIn)
  const audioOut = least(row.audioOutput, row.output)
  const imageOut = least(row.imageOutput, row.output - audioOut)
  const words = row.output - audioOut - imageOut
  const picoUsd =
    (row.input - audioIn - imageIn) * BigInt(rates.input) +
    audioIn * BigInt(rates.audioInput) +
    imageIn * BigInt(rates.imageInput) +
    row.cacheRead * BigInt(rates.cacheRead) +
    row.cacheWrite5m * BigInt(rates.cacheWrite5m) +
    row.cacheWrite30m * BigInt(rates.cacheWrite30m) +
    row.cacheWrite1h * BigInt(rates.cacheWrite1h) +
    row.cacheWrite12h * BigInt(rates.cacheWrite12h) +
    words * BigInt(row.reasoning > 0n ? rates.outputReasoned : rates.output) +
    audioOut * BigInt(rates.audioOutput) +
    imageOut * BigInt(rates.imageOutput)
  const searches =
    row.webSearches * BigInt(price.webSearch) + (row.webSearches > 0n ? BigInt(price.searchedPrompt) : 0n)
  const calls = searches + row.webFetches * BigInt(price.webFetch) + fixedNanoUsd
  // In ten-thousandths of a pico-USD, so that the discount is exact; half up to the nano-USD.
  const exact = (picoUsd + calls * 1000n) * (10_000n - discount)
  return (exact + 5_000_000n) / 10_000_000n
}
