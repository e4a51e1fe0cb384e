// A price file → its models, or everything that is wrong with it: a malformed file is refused as a whole, so that no request is
// ever priced by half of one. The shipped file and files that administrators import go through here. The format is described
// in catalogue-file.ts.
import type { ServiceType } from '@aicarpool/contract'
import type { ModelTraits } from '../protocols/model-traits.ts'
import { readerOf, type FileReader } from './catalogue-file.ts'
import type { PriceView } from './cost.ts'
import { parseCalls, parsePrice } from './parse-price.ts'
import { parseTraits } from './parse-traits.ts'

export interface CatalogueModel {
  serviceType: ServiceType
  model: string
  kind: 'chat' | 'embedding'
  contextTokens: number
  outputTokensMax: number
  price: PriceView
  /** Price changes that the vendor has announced, ascending. */
  laterPrices: readonly { fromMs: number; price: PriceView }[]
  traits: ModelTraits
  /** From then on (epoch ms) the vendor serves it to nobody; undefined where no day is announced. */
  retiredAtMs: number | undefined
  /** Whether a dated snapshot or "-latest" of it that is not listed has its price. */
  coversSnapshots: boolean
}

export interface Catalogue {
  version: string
  models: readonly CatalogueModel[]
  /** By vendor and name, aliases included; see `catalogueKey`. */
  byName: ReadonlyMap<string, CatalogueModel>
}

export type ParsedCatalogue =
  | { catalogue: Catalogue; problems: undefined }
  | { catalogue: undefined; problems: string[] }

/** The one unit that prices may be in: a file in cents or per thousand tokens would be wrong by orders of magnitude. */
export const catalogueUnit = 'USD per million tokens'
/** Some ten times the models that the vendors offer today. */
const modelsMax = 2000
/** Enough to see what is wrong with a file; more would be the same again. */
const problemsMax = 100
/** 2^27: as much as the bound of a request can hold without losing exactness at the highest prices. */
const tokensMax = 134_217_728
const namePattern = /^[\w.:/@-]{1,128}$/
const dayPattern = /^\d{4}-\d{2}-\d{2}$/
const versionPattern = /^[\w.-]{1,64}$/

export function catalogueKey(serviceType: string, model: string): string {
  return `${serviceType}/${model}`
}

/** `serviceTypes`: the vendors whose models it may hold. */
export function parseCatalogue(json: unknown, serviceTypes: readonly ServiceType[]): ParsedCatalogue {
  const problems: string[] = []
  const file = readerOf(json, '', problems)
  file.allowOnly(['$comment', 'version', 'unit', 'sources', 'models'])
  const version = file.text('version', versionPattern) ?? ''
  if (file.value('unit') !== catalogueUnit) file.problem('unit', `is not "${catalogueUnit}", the only unit known`)
  file.texts('sources')
  const rows = file.list('models', modelsMax)
  if (rows?.length === 0) file.problem('models', 'is empty')
  const byName = new Map<string, CatalogueModel>()
  const models = (rows ?? []).flatMap((row, index) => {
    if (problems.length >= problemsMax) return []
    const reader = readerOf(row, `models[${index}]`, problems)
    const model = parseModel(reader, version, serviceTypes)
    if (model) addNames(reader, model, byName)
    return model ? [model] : []
  })
  if (problems.length > 0) return { catalogue: undefined, problems: problems.slice(0, problemsMax) }
  return { catalogue: { version, models, byName }, problems: undefined }
}

function parseModel(
  row: FileReader,
  version: string,
  serviceTypes: readonly ServiceType[],
): CatalogueModel | undefined {
  row.allowOnly([
    'serviceType',
    'model',
    'kind',
    'aliases',
    'coversSnapshots',
    'contextTokens',
    'outputTokensMax',
    'retiredOn',
    'traits',
    'prices',
    'source',
  ])
  const serviceType = row.oneOf('serviceType', serviceTypes)
  const model = row.text('model', namePattern)
  const kind = row.oneOf('kind', ['chat', 'embedding'])
  const contextTokens = row.wholeNumber('contextTokens', 1, tokensMax)
  const outputTokensMax = row.wholeNumber('outputTokensMax', kind === 'embedding' ? 0 : 1, tokensMax)
  const coversSnapshots = row.flag('coversSnapshots')
  if (contextTokens !== undefined && outputTokensMax !== undefined && outputTokensMax > contextTokens) {
    row.problem('outputTokensMax', 'is above the context window')
  }
  row.optionalText('source')
  const retiredOn = row.value('retiredOn') === undefined ? undefined : row.text('retiredOn', dayPattern)
  const traits = parseTraits(row.part('traits'), outputTokensMax)
  const prices = parsePrices(row, version, kind === 'embedding')
  const first = prices[0]
  if (serviceType === undefined || model === undefined || kind === undefined) return undefined
  if (contextTokens === undefined || outputTokensMax === undefined || coversSnapshots === undefined) return undefined
  if (traits === undefined || first === undefined) return undefined
  return {
    serviceType,
    model,
    kind,
    contextTokens,
    outputTokensMax,
    price: first.price,
    laterPrices: prices.slice(1),
    retiredAtMs: retiredOn === undefined ? undefined : startOfDay(retiredOn),
    traits,
    coversSnapshots,
  }
}

/** Vendors name days, not hours: the day's first instant anywhere in UTC. */
function startOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`)
}

/** Changes of one price over time; a file holds the current one and those that are announced. */
const priceChangesMax = 10

function parsePrices(row: FileReader, version: string, isEmbedding: boolean): { fromMs: number; price: PriceView }[] {
  const list = row.list('prices', priceChangesMax)
  if (list?.length === 0) row.problem('prices', 'is empty')
  let previousMs = Number.NEGATIVE_INFINITY
  return (list ?? []).flatMap((entry, index) => {
    const reader = row.partOf('prices', index, entry)
    reader.allowOnly(['from', 'rates', 'longContext', 'serviceTiers', 'usdPerCall'])
    const from = index === 0 ? undefined : reader.text('from', dayPattern)
    if (index === 0 && reader.value('from') !== undefined) reader.problem('from', 'is not for the current price')
    const fromMs = from === undefined ? 0 : startOfDay(from)
    if (!(fromMs > previousMs)) reader.problem('from', 'is no day after that of the price before it')
    previousMs = fromMs
    const priceVersion = `catalogue-${version}${from === undefined ? '' : `-from-${from}`}`
    const calls = parseCalls(reader)
    const price = parsePrice(reader, isEmbedding)
    return price ? [{ fromMs, price: { version: priceVersion, ...price, ...calls } }] : []
  })
}

function addNames(row: FileReader, model: CatalogueModel, byName: Map<string, CatalogueModel>): void {
  const aliases = row.texts('aliases') ?? []
  for (const name of [model.model, ...aliases]) {
    const key = catalogueKey(model.serviceType, name)
    if (!namePattern.test(name)) row.problem('aliases', `has "${name.slice(0, 40)}", which is no name of a model`)
    if (byName.has(key)) row.problem('model', `or an alias, "${name}", is in the file twice`)
    byName.set(key, model)
  }
}
