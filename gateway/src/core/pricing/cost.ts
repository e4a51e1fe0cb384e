// Usage × price → exact money. Prices are integers in pico-USD per token; the sum is rounded half-up exactly once, to
// nano-USD. cost = (Σ tokens by class × price + fixed per-call cost) × (1 − enterprise discount).
import { assert, picoUsdPerNanoUsd, type NanoUsd, type PicoUsd } from '@aicarpool/contract'
import type { Usage } from '../protocols/usage.ts'

export interface PriceView {
  /** Names the catalogue or the account's own price; stored with every row that it priced. */
  version: string
  input: PicoUsd
  cacheRead: PicoUsd
  cacheWrite5m: PicoUsd
  cacheWrite1h: PicoUsd
  output: PicoUsd
  audioInput: PicoUsd
  audioOutput: PicoUsd
}

/** A discount of 10,000 basis points makes everything free. */
const basisPointsWhole = 10_000

/** One price for every token, as an account's `costPerToken` means it. */
export function flatPrice(version: string, perToken: PicoUsd): PriceView {
  return {
    version,
    input: perToken,
    cacheRead: perToken,
    cacheWrite5m: perToken,
    cacheWrite1h: perToken,
    output: perToken,
    audioInput: perToken,
    audioOutput: perToken,
  }
}

export function costNanoUsd(
  usage: Usage,
  price: PriceView,
  fixedCallCostNanoUsd: NanoUsd,
  discountBasisPoints: number,
): NanoUsd {
  const terms: [tokens: number, price: PicoUsd][] = [
    [usage.inputTokens - usage.audioInputTokens, price.input],
    [usage.cacheReadTokens, price.cacheRead],
    [usage.cacheWrite5mTokens, price.cacheWrite5m],
    [usage.cacheWrite1hTokens, price.cacheWrite1h],
    [usage.outputTokens - usage.audioOutputTokens, price.output],
    [usage.audioInputTokens, price.audioInput],
    [usage.audioOutputTokens, price.audioOutput],
    [fixedCallCostNanoUsd, picoUsdPerNanoUsd],
  ]
  return roundedProduct(terms, discountBasisPoints)
}

/** The dearest that so many input tokens and output tokens can be, whatever the cache does. */
export function costUpperNanoUsd(
  price: PriceView,
  inputTokens: number,
  outputTokens: number,
  fixedCallCostNanoUsd: NanoUsd,
  discountBasisPoints: number,
): NanoUsd {
  const dearestInput = Math.max(price.input, price.cacheRead, price.cacheWrite5m, price.cacheWrite1h, price.audioInput)
  const terms: [number, PicoUsd][] = [
    [inputTokens, dearestInput],
    [outputTokens, Math.max(price.output, price.audioOutput)],
    [fixedCallCostNanoUsd, picoUsdPerNanoUsd],
  ]
  return roundedProduct(terms, discountBasisPoints)
}

function roundedProduct(terms: readonly [number, PicoUsd][], discountBasisPoints: number): NanoUsd {
  let sum = 0
  for (const [tokens, price] of terms) sum += tokens * price
  // All terms are non-negative, so a safe sum proves that every product and partial sum was exact.
  if (discountBasisPoints === 0 && sum <= Number.MAX_SAFE_INTEGER - picoUsdPerNanoUsd) {
    return Math.floor((sum + picoUsdPerNanoUsd / 2) / picoUsdPerNanoUsd)
  }
  let exact = 0n
  for (const [tokens, price] of terms) exact += BigInt(tokens) * BigInt(price)
  exact *= BigInt(basisPointsWhole - discountBasisPoints)
  const divisor = BigInt(picoUsdPerNanoUsd * basisPointsWhole)
  const rounded = Number((exact + divisor / 2n) / divisor)
  assert(Number.isSafeInteger(rounded), 'the cost of one request is a safe integer')
  return rounded
}
