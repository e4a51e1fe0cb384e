// An account's own prices of its models: what is agreed with the vendor, or the price of a model that no price file knows.
import type { PriceView } from './cost.ts'
import { readerOf } from './catalogue-file.ts'
import { parseCalls, parsePrice } from './parse-price.ts'

export interface OwnPrices {
  byModel: ReadonlyMap<string, PriceView>
  problems: readonly string[]
}

/** As many as an account can name models. */
const modelsMax = 1000

/** `json`: model → a price as price files have it. What is wrong is named with its place, and nothing of it is taken. */
export function parseOwnPrices(json: unknown, version: string): OwnPrices {
  const problems: string[] = []
  const file = readerOf(json, '', problems)
  const models = file.fields()
  if (models.length > modelsMax) problems.push(`there are prices of more than ${modelsMax} models`)
  const byModel = new Map<string, PriceView>()
  for (const model of models.slice(0, modelsMax)) {
    const reader = file.part(model)
    reader.allowOnly(['rates', 'longContext', 'serviceTiers', 'usdPerCall'])
    // What has no price of output answers none: it makes embeddings.
    const price = parsePrice(reader, reader.part('rates').value('output') === undefined)
    if (price) byModel.set(model, { version, ...price, ...parseCalls(reader) })
  }
  return problems.length > 0 ? { byModel: new Map(), problems } : { byModel, problems }
}
