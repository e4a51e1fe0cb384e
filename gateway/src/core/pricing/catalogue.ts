// The models we know by name: price, context window and output maximum, shipped with the program in catalogue.json (USD per
// million tokens, as vendors publish them) and read once into integer pico-USD. Prices of an account come before it.
import { assert, parseDecimal, type PicoUsd, type ServiceType } from '@aicarpool/contract'
import shipped from './catalogue.json' with { type: 'json' }
import type { PriceView } from './cost.ts'

export interface CatalogueModel {
  serviceType: ServiceType
  model: string
  contextTokens: number
  outputTokensMax: number
  price: PriceView
}

/** An unknown model may answer at most this many tokens as far as reservations are concerned: the largest maximum of today. */
export const unknownModelOutputTokensMax = 128_000

/** USD per million tokens → pico-USD per token is a factor of 10^6, so six decimals are exact. */
const perMillionScale = 6

function picoUsd(usdPerMillion: string): PicoUsd {
  const price = parseDecimal(usdPerMillion, perMillionScale)
  assert(price !== undefined, `the shipped price ${usdPerMillion} is a decimal`)
  return price
}

const catalogue = new Map<string, CatalogueModel>(
  shipped.models.map((row) => {
    const rates = row.usdPerMillion
    const price: PriceView = {
      version: `catalogue-${shipped.version}`,
      input: picoUsd(rates.input),
      cacheRead: picoUsd(rates.cacheRead),
      cacheWrite5m: picoUsd(rates.cacheWrite5m),
      cacheWrite1h: picoUsd(rates.cacheWrite1h),
      output: picoUsd(rates.output),
      audioInput: picoUsd(rates.input),
      audioOutput: picoUsd(rates.output),
    }
    const serviceType = row.serviceType as ServiceType
    return [`${serviceType}/${row.model}`, { ...row, serviceType, price }]
  }),
)

export function catalogueModel(serviceType: ServiceType, model: string): CatalogueModel | undefined {
  return catalogue.get(`${serviceType}/${model}`)
}

/** Every model of a vendor that the catalogue knows, in its order. */
export function catalogueModels(serviceType: ServiceType): CatalogueModel[] {
  return [...catalogue.values()].filter((entry) => entry.serviceType === serviceType)
}
