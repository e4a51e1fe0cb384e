// One price of a price file → integer pico-USD for every class of tokens, long contexts and service tiers included. A class that
// a vendor does not price has the price that the vendor bills it by: an unpriced cache read is plain input, audio is text.
import { parseDecimal, type NanoUsd, type PicoUsd } from '@aicarpool/contract'
import type { FileReader } from './catalogue-file.ts'
import {
  rateClasses,
  rateMaxPicoUsd,
  type LongContextRates,
  type PriceView,
  type RateClass,
  type Rates,
  type RateSchedule,
} from './cost.ts'

export type ParsedPrice = RateSchedule & { serviceTiers: ReadonlyMap<string, RateSchedule> }

/** USD per million tokens → pico-USD per token is a factor of 10^6, so six decimals are exact. */
const perMillionScale = 6
const thresholdsMax = 8
const serviceTiersMax = 8
/** A tier's price as a share of the standard one. */
const percentMax = 10_000
const tokensMax = 134_217_728
/** US dollars to nano-USD. */
const nanoUsdScale = 9
const tierNamePattern = /^[\w-]{1,32}$/

/** Shorter lifetimes first: a lifetime that is not sold has the price of the next longer one, else of the longest. */
const cacheWrites = ['cacheWrite5m', 'cacheWrite30m', 'cacheWrite1h', 'cacheWrite12h'] as const

export function parsePrice(reader: FileReader, isEmbedding: boolean): ParsedPrice | undefined {
  const standard = parseSchedule(reader, isEmbedding)
  const serviceTiers = new Map<string, RateSchedule>()
  if (reader.value('serviceTiers') === undefined) return standard && { ...standard, serviceTiers }
  const tiers = reader.part('serviceTiers')
  if (tiers.fields().length > serviceTiersMax) tiers.problem('', `has more than ${serviceTiersMax} tiers`)
  for (const name of tiers.fields().slice(0, serviceTiersMax)) {
    if (!tierNamePattern.test(name)) tiers.problem(name.slice(0, 40), 'is no name of a tier')
    const tier = tiers.part(name)
    tier.allowOnly(['percent', 'rates', 'longContext'])
    const schedule =
      tier.value('percent') === undefined ? parseSchedule(tier, isEmbedding) : scaled(tier, standard, isEmbedding)
    if (schedule) serviceTiers.set(name, schedule)
  }
  return standard && { ...standard, serviceTiers }
}

function scaled(tier: FileReader, standard: RateSchedule | undefined, isEmbedding: boolean): RateSchedule | undefined {
  const percent = tier.wholeNumber('percent', 1, percentMax)
  if (tier.value('rates') !== undefined) parseSchedule(tier, isEmbedding)
  if (tier.value('rates') !== undefined) tier.problem('percent', 'and rates are two prices for one tier')
  if (standard === undefined || percent === undefined) return undefined
  const scale = (rates: Rates): Rates => {
    const entries = rateClasses.map((name) => [name, (rates[name] * percent) / 100] as const)
    if (!entries.every(([, rate]) => Number.isSafeInteger(rate))) {
      tier.problem('percent', 'gives a price finer than 10^-6 USD per million tokens')
    }
    if (entries.some(([, rate]) => rate > rateMaxPicoUsd)) tier.problem('percent', 'gives a price that no model has')
    return Object.fromEntries(entries) as Rates
  }
  const longContext = standard.longContext.map((tierRates) => ({ ...tierRates, ...scale(tierRates) }))
  return { ...scale(standard), longContext }
}

function parseSchedule(reader: FileReader, isEmbedding: boolean): RateSchedule | undefined {
  const standard = parseRates(reader.part('rates'), isEmbedding)
  const list = reader.value('longContext') === undefined ? [] : (reader.list('longContext', thresholdsMax) ?? [])
  const priced = reader.part('rates').fields().toSorted().join()
  let previous = 0
  const longContext = list.flatMap((entry, index): LongContextRates[] => {
    const part = reader.partOf('longContext', index, entry)
    part.allowOnly(['aboveInputTokens', 'rates'])
    const aboveInputTokens = part.wholeNumber('aboveInputTokens', 1, tokensMax)
    if (aboveInputTokens !== undefined && aboveInputTokens <= previous) {
      part.problem('aboveInputTokens', 'is not above the threshold before it')
    }
    previous = aboveInputTokens ?? previous
    const rates = parseRates(part.part('rates'), isEmbedding)
    if (part.part('rates').fields().toSorted().join() !== priced) {
      part.problem('rates', 'does not price the same classes as the standard rates: all switch at once')
    }
    return rates && aboveInputTokens !== undefined ? [{ ...rates, aboveInputTokens }] : []
  })
  return standard && { ...standard, longContext }
}

function parseRates(reader: FileReader, isEmbedding: boolean): Rates | undefined {
  reader.allowOnly(rateClasses)
  const stated: Partial<Record<RateClass, PicoUsd>> = {}
  for (const name of rateClasses) {
    const text = reader.value(name)
    if (text === undefined) continue
    const rate = typeof text === 'string' ? parseDecimal(text, perMillionScale) : undefined
    if (rate === undefined || rate > rateMaxPicoUsd)
      reader.problem(name, 'is no decimal of at most six places in a string')
    else stated[name] = rate
  }
  const { input } = stated
  if (input === undefined || input === 0) reader.problem('input', 'is missing or nothing: no model is free')
  if (!isEmbedding && (stated.output ?? 0) === 0) reader.problem('output', 'is missing or nothing: no model is free')
  if (input === undefined) return undefined
  if ((stated.cacheRead ?? 0) > input) reader.problem('cacheRead', 'is dearer than the input that it saves')
  return completed(stated, input)
}

function completed(stated: Partial<Record<RateClass, PicoUsd>>, input: PicoUsd): Rates {
  const output = stated.output ?? 0
  const writes = cacheWrites.map((name) => stated[name])
  const write = (from: number): PicoUsd =>
    writes.slice(from).find((rate) => rate !== undefined) ?? writes.findLast((rate) => rate !== undefined) ?? input
  return {
    input,
    cacheRead: stated.cacheRead ?? input,
    cacheWrite5m: write(0),
    cacheWrite30m: write(1),
    cacheWrite1h: write(2),
    cacheWrite12h: write(3),
    output,
    outputReasoned: stated.outputReasoned ?? output,
    audioInput: stated.audioInput ?? input,
    audioOutput: stated.audioOutput ?? output,
    imageInput: stated.imageInput ?? input,
    imageOutput: stated.imageOutput ?? output,
  }
}

/** What one call of the vendor's own tools costs. */
export function parseCalls(reader: FileReader): Pick<PriceView, 'webSearch' | 'webFetch' | 'searchedPrompt'> {
  const calls = reader.value('usdPerCall') === undefined ? undefined : reader.part('usdPerCall')
  calls?.allowOnly(['webSearch', 'webFetch', 'searchedPrompt'])
  const nanoUsd = (field: string): NanoUsd => {
    const text = calls?.value(field)
    if (text === undefined) return 0
    const amount = typeof text === 'string' ? parseDecimal(text, nanoUsdScale) : undefined
    if (amount === undefined) calls?.problem(field, 'is no decimal of US dollars in a string')
    return amount ?? 0
  }
  return {
    webSearch: nanoUsd('webSearch'),
    webFetch: nanoUsd('webFetch'),
    searchedPrompt: nanoUsd('searchedPrompt'),
  }
}
