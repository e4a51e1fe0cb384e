// What a row of our own tables says of a model. Prices come from the pinned package wherever it has the model; a row with prices
// of its own says where they were read and when.
import type { RateClass } from '../../src/core/pricing/cost.ts'
import type { ModelTraits } from '../../src/core/protocols/model-traits.ts'

/** USD per million tokens, as vendors publish them. */
export type UsdRates = Partial<Record<RateClass, number>>

export interface UsdPrice {
  rates: UsdRates
  longContext?: readonly { aboveInputTokens: number; rates: UsdRates }[]
}

/** The price that the package has under this id; a name that the package would match to another id is an error. */
export interface PackagePrice {
  package: string
  /** Writes that live for twelve hours, which the package does not know: in percent of the input price. */
  cacheWrite12hPercent?: number
  /** Why the package's prices of long contexts do not apply. */
  flatBecause?: string
}

export interface OwnPrice extends UsdPrice {
  source: string
  checkedOn: string
  /** Announced changes: the day and the prices from then on. */
  later?: readonly (UsdPrice & { from: string })[]
}

export interface TableModel {
  model: string
  aliases?: readonly string[]
  /** False where older snapshots are priced differently; true unless said. */
  coversSnapshots?: boolean
  kind?: 'embedding'
  contextTokens: number
  outputTokensMax: number
  /** The day on which the vendor ends it for everybody, where one is announced. */
  retiredOn?: string
  /** From the day of its retirement the vendor answers with this model, at its price. */
  replacedBy?: string
  traits: Omit<ModelTraits, 'outputTokensMax'>
  price: PackagePrice | OwnPrice
  /** USD for a call of the vendor's search with this model, where it is not the vendor's usual price. */
  webSearchUsd?: number
  /** USD for a prompt that searched at all, where the vendor bills that in place of each search. */
  searchedPromptUsd?: number
  /** In percent of the standard price, or with prices of their own. */
  serviceTiers?: Readonly<Record<string, number | UsdPrice>>
}

export interface VendorTable {
  serviceType: string
  /** The vendor's id in the package. */
  packageProvider: string | undefined
  /** The class of cache writes that the package's one price of writes is for. */
  cacheWrite: RateClass
  /** USD for a call of the vendor's search, where the package names none. */
  webSearchUsd: number | undefined
  models: readonly TableModel[]
}

/** A chat model that takes everything and does not reason; rows say what differs. */
export const openToAll: Omit<ModelTraits, 'outputTokensMax'> = {
  reasoning: 'none',
  efforts: [],
  takesSampling: true,
  takesImages: true,
  takesTools: true,
  takesSchema: true,
  takesStop: true,
  takesPrefill: true,
  wires: undefined,
}

/** Takes texts and nothing else. */
export const embeddingOnly: Omit<ModelTraits, 'outputTokensMax'> = {
  ...openToAll,
  takesSampling: false,
  takesImages: false,
  takesTools: false,
  takesSchema: false,
  takesStop: false,
  takesPrefill: false,
}
