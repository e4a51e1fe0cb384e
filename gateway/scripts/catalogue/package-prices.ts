// Prices of the pinned package → prices of a price file, on a given day. Whatever does not fit (a price key or a condition that
// is not known, a name that the package takes for another model) is an error: better no catalogue than a wrong one.
import { calcPrice, type ModelPrice, type TieredPrices } from '@pydantic/genai-prices'
import type { RateClass } from '../../src/core/pricing/cost.ts'
import { CatalogueError } from './catalogue-error.ts'
import type { PackagePrice, UsdPrice, UsdRates, VendorTable } from './table.ts'

export interface DatedPrice extends UsdPrice {
  /** The day from which it holds; undefined for the price of today. */
  from: string | undefined
  webSearchUsd: number | undefined
}

const classOfKey: Readonly<Record<string, RateClass>> = {
  input_mtok: 'input',
  cache_read_mtok: 'cacheRead',
  cache_write_1h_mtok: 'cacheWrite1h',
  output_mtok: 'output',
  input_audio_mtok: 'audioInput',
  output_audio_mtok: 'audioOutput',
  input_image_mtok: 'imageInput',
  output_image_mtok: 'imageOutput',
}
/** Whose class depends on the vendor. */
const cacheWriteKey = 'cache_write_mtok'
/** USD for a thousand searches. */
const webSearchKey = 'web_searches_kcount'
/** What usage does not tell apart: cached audio, video, searches of files. */
const ignoredKeys = ['cache_audio_read_mtok', 'input_video_mtok', 'storage_searches_kcount']

/** The price of today and those announced, ascending. */
export function packagePrices(table: VendorTable, model: string, wanted: PackagePrice, today: string): DatedPrice[] {
  const providerId = table.packageProvider ?? ''
  const found = calcPrice({ input_tokens: 1 }, model, { providerId, timestamp: new Date(`${today}T12:00:00Z`) })
  if (found === null) throw new CatalogueError(`the package has no price of ${providerId} ${model}`)
  if (found.model.id !== wanted.package) {
    throw new CatalogueError(`the package takes ${model} for ${found.model.id}, the table for ${wanted.package}`)
  }
  const { prices } = found.model
  const later = (Array.isArray(prices) ? prices : []).flatMap(({ constraint, prices: announced }) => {
    if (constraint === undefined) return []
    if (constraint.type !== 'start_date') throw new CatalogueError(`${model} has a price with ${constraint.type}`)
    return constraint.start_date > today ? [readPrice(table, model, wanted, announced, constraint.start_date)] : []
  })
  return [readPrice(table, model, wanted, found.model_price, undefined), ...later]
}

function readPrice(
  table: VendorTable,
  model: string,
  wanted: PackagePrice,
  price: ModelPrice,
  from: string | undefined,
): DatedPrice {
  const standard: UsdRates = {}
  const thresholds = new Map<number, UsdRates>()
  let webSearchUsd = table.webSearchUsd
  for (const [key, value] of Object.entries(price)) {
    const name = key === cacheWriteKey ? table.cacheWrite : classOfKey[key]
    if (value === undefined || ignoredKeys.includes(key)) continue
    if (key === webSearchKey && typeof value === 'number') webSearchUsd = value / 1000
    else if (name === undefined) throw new CatalogueError(`${model} has a price "${key}", which is not known`)
    else if (typeof value === 'number') standard[name] = value
    else addTiers(name, value, standard, thresholds)
  }
  const longContext = [...thresholds].map(([aboveInputTokens, rates]) => ({ aboveInputTokens, rates }))
  for (const rates of [standard, ...thresholds.values()]) addLongWrites(rates, wanted)
  const isFlat = wanted.flatBecause !== undefined || longContext.length === 0
  return { from, rates: standard, ...(isFlat ? {} : { longContext }), webSearchUsd }
}

function addTiers(name: RateClass, value: TieredPrices, standard: UsdRates, thresholds: Map<number, UsdRates>): void {
  standard[name] = value.base
  for (const { start, price } of value.tiers) {
    const rates = thresholds.get(start) ?? {}
    rates[name] = price
    thresholds.set(start, rates)
  }
}

function addLongWrites(rates: UsdRates, { cacheWrite12hPercent }: PackagePrice): void {
  if (cacheWrite12hPercent === undefined || rates.input === undefined) return
  rates.cacheWrite12h = (rates.input * cacheWrite12hPercent) / 100
}
