// Usage × price → exact money. Prices are integers in pico-USD per token; the sum is rounded half-up exactly once, to
// nano-USD. cost = (Σ tokens by class × price + calls of the vendor's tools + fixed per-call cost) × (1 − enterprise discount).
import { assert, picoUsdPerNanoUsd, type NanoUsd, type PicoUsd } from '@aicarpool/contract'
import { totalInputTokens, type Usage } from '../protocols/usage.ts'

/**
 * 30,000 USD per million tokens: the dearest model of all times cost 600, and the largest request that can be asked for, at this
 * price, still costs a safe integer of nano-USD.
 */
export const rateMaxPicoUsd = 30_000_000_000

/** The classes that tokens are priced in. Each token counts in exactly one of them. */
export const rateClasses = [
  'input',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite30m',
  'cacheWrite1h',
  'cacheWrite12h',
  'output',
  'outputReasoned',
  'audioInput',
  'audioOutput',
  'imageInput',
  'imageOutput',
] as const
export type RateClass = (typeof rateClasses)[number]

/** `outputReasoned` is the price of all output of an answer that reasoned: some vendors bill a thinking answer by another. */
export type Rates = Record<RateClass, PicoUsd>

/** Above so many input tokens, cached ones included, every token of the request has these prices. */
export interface LongContextRates extends Rates {
  aboveInputTokens: number
}

export interface RateSchedule extends Rates {
  /** Ascending by threshold. */
  longContext: readonly LongContextRates[]
}

export interface PriceView extends RateSchedule {
  /** Names the catalogue or the account's own price; stored with every row that it priced. */
  version: string
  /** Prices of the service tiers that differ from the standard one, by the name that `Usage.serviceTier` has. */
  serviceTiers: ReadonlyMap<string, RateSchedule>
  /** What one call of the vendor's own tool costs; service tiers and long contexts do not change it. */
  webSearch: NanoUsd
  webFetch: NanoUsd
  /** What an answer costs that searched at all, where a vendor does not bill each search. */
  searchedPrompt: NanoUsd
}

/** What bounds a request besides its tokens. */
export interface CallBound {
  webSearches?: number
  webFetches?: number
  /** The tiers that may serve it, besides the standard one; undefined: any that has a price of its own. */
  serviceTiers?: readonly string[]
}

/** A discount of 10,000 basis points makes everything free. */
const basisPointsWhole = 10_000

/** One price for every token, as an account's `costPerToken` means it. */
export function flatPrice(version: string, perToken: PicoUsd): PriceView {
  const rates = Object.fromEntries(rateClasses.map((name) => [name, perToken])) as Rates
  return { version, ...rates, longContext: [], serviceTiers: new Map(), webSearch: 0, webFetch: 0, searchedPrompt: 0 }
}

export function costNanoUsd(
  usage: Usage,
  price: PriceView,
  fixedCallCostNanoUsd: NanoUsd,
  discountBasisPoints: number,
): NanoUsd {
  const schedule = scheduleOf(price, usage.serviceTier)
  const rates = ratesAt(schedule, totalInputTokens(usage))
  // Vendors count cached audio and images in the details of the whole prompt: a part is never more than the class it is part of.
  const audioInput = Math.min(usage.audioInputTokens, usage.inputTokens)
  const imageInput = Math.min(usage.imageInputTokens, usage.inputTokens - audioInput)
  const audioOutput = Math.min(usage.audioOutputTokens, usage.outputTokens)
  const imageOutput = Math.min(usage.imageOutputTokens, usage.outputTokens - audioOutput)
  const terms: [count: number, price: PicoUsd][] = [
    [usage.inputTokens - audioInput - imageInput, rates.input],
    [audioInput, rates.audioInput],
    [imageInput, rates.imageInput],
    [usage.cacheReadTokens, rates.cacheRead],
    [usage.cacheWrite5mTokens, rates.cacheWrite5m],
    [usage.cacheWrite30mTokens, rates.cacheWrite30m],
    [usage.cacheWrite1hTokens, rates.cacheWrite1h],
    [usage.cacheWrite12hTokens, rates.cacheWrite12h],
    [usage.outputTokens - audioOutput - imageOutput, usage.reasoningTokens > 0 ? rates.outputReasoned : rates.output],
    [audioOutput, rates.audioOutput],
    [imageOutput, rates.imageOutput],
    ...callTerms(price, usage.webSearches, usage.webFetches, fixedCallCostNanoUsd),
  ]
  return roundedProduct(terms, discountBasisPoints)
}

/** The dearest that so many input tokens and output tokens can be, whatever the cache does and whichever tier serves. */
export function costUpperNanoUsd(
  price: PriceView,
  inputTokens: number,
  outputTokens: number,
  fixedCallCostNanoUsd: NanoUsd,
  discountBasisPoints: number,
  bound: CallBound = {},
): NanoUsd {
  const calls = callTerms(price, bound.webSearches ?? 0, bound.webFetches ?? 0, fixedCallCostNanoUsd)
  let dearest = 0
  for (const schedule of possibleSchedules(price, bound.serviceTiers)) {
    for (const rates of possibleRates(schedule, inputTokens)) {
      const terms: [number, PicoUsd][] = [
        [inputTokens, dearestInput(rates)],
        [outputTokens, dearestOutput(rates)],
        ...calls,
      ]
      dearest = Math.max(dearest, roundedProduct(terms, discountBasisPoints))
    }
  }
  return dearest
}

/** A tier without prices of its own, such as "default" or "standard", has the standard ones. */
function scheduleOf(price: PriceView, serviceTier: string | undefined): RateSchedule {
  return (serviceTier === undefined ? undefined : price.serviceTiers.get(serviceTier)) ?? price
}

function possibleSchedules(price: PriceView, serviceTiers: readonly string[] | undefined): RateSchedule[] {
  if (serviceTiers === undefined) return [price, ...price.serviceTiers.values()]
  return [price, ...serviceTiers.map((tier) => scheduleOf(price, tier))]
}

function ratesAt(schedule: RateSchedule, inputTokens: number): Rates {
  return schedule.longContext.findLast(({ aboveInputTokens }) => inputTokens > aboveInputTokens) ?? schedule
}

/** Those of every threshold up to the bound: a long context is not dearer in every class by nature. */
function possibleRates(schedule: RateSchedule, inputTokens: number): Rates[] {
  return [schedule, ...schedule.longContext.filter(({ aboveInputTokens }) => inputTokens > aboveInputTokens)]
}

function dearestInput(rates: Rates): PicoUsd {
  return Math.max(
    rates.input,
    rates.audioInput,
    rates.imageInput,
    rates.cacheRead,
    rates.cacheWrite5m,
    rates.cacheWrite30m,
    rates.cacheWrite1h,
    rates.cacheWrite12h,
  )
}

function dearestOutput(rates: Rates): PicoUsd {
  return Math.max(rates.output, rates.outputReasoned, rates.audioOutput, rates.imageOutput)
}

function callTerms(
  { webSearch, webFetch, searchedPrompt }: PriceView,
  webSearches: number,
  webFetches: number,
  fixedCallCostNanoUsd: NanoUsd,
): [number, PicoUsd][] {
  return [
    [webSearches, webSearch * picoUsdPerNanoUsd],
    [Math.min(webSearches, 1), searchedPrompt * picoUsdPerNanoUsd],
    [webFetches, webFetch * picoUsdPerNanoUsd],
    [fixedCallCostNanoUsd, picoUsdPerNanoUsd],
  ]
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
