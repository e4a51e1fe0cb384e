// Our tables and the pinned package → the price file that ships with the program. Pure and offline: the same input gives the
// same file, so a test proves where the shipped prices come from.
import { printDecimal } from '@aicarpool/contract'
import { rateClasses } from '../../src/core/pricing/cost.ts'
import { catalogueUnit, parseCatalogue } from '../../src/core/pricing/parse-catalogue.ts'
import { serviceTypes } from '../../src/core/providers/index.ts'
import { CatalogueError } from './catalogue-error.ts'
import { claudeTable } from './claude-models.ts'
import { geminiTable } from './gemini-models.ts'
import { openAiTable } from './openai-models.ts'
import { packagePrices, type DatedPrice } from './package-prices.ts'
import { qwenTable } from './qwen-models.ts'
import type { OwnPrice, TableModel, UsdPrice, UsdRates, VendorTable } from './table.ts'

/** The day for which prices are taken: those before it have ended, those after it are announced. */
const catalogueDay = '2026-11-26'

const packageSource = '@pydantic/genai-prices 0.1.8 (MIT)'
const tables: readonly VendorTable[] = [claudeTable, openAiTable, geminiTable, qwenTable]
const perMillionScale = 6
const nanoUsdScale = 9

export function composeCatalogue(): unknown {
  const file = {
    $comment: 'Built by `npm run catalogue` from the tables in gateway/scripts/catalogue and the pinned package.',
    version: catalogueDay,
    unit: catalogueUnit,
    sources: [`${packageSource}: prices, unless a model names its own source`, 'the tables: limits, traits, tiers'],
    models: tables.flatMap((table) => table.models.map((model) => composeModel(table, model))),
  }
  const { problems } = parseCatalogue(file, serviceTypes)
  if (problems) throw new CatalogueError(problems.join('\n'))
  return file
}

function composeModel(table: VendorTable, model: TableModel) {
  const { price } = model
  return {
    serviceType: table.serviceType,
    model: model.model,
    kind: model.kind ?? 'chat',
    aliases: model.aliases ?? [],
    coversSnapshots: model.coversSnapshots ?? true,
    contextTokens: model.contextTokens,
    outputTokensMax: model.outputTokensMax,
    ...(model.retiredOn === undefined ? {} : { retiredOn: model.retiredOn }),
    traits: model.traits,
    prices: [
      ...datedPrices(table, model).map((dated) => composePrice(model, dated)),
      ...pricesOfReplacement(table, model),
    ],
    source: 'package' in price ? packageSource : `${price.source}, read on ${price.checkedOn}`,
  }
}

function datedPrices(table: VendorTable, { model, price }: TableModel): DatedPrice[] {
  return 'package' in price ? packagePrices(table, model, price, catalogueDay) : ownPrices(table, price)
}

function pricesOfReplacement(table: VendorTable, { model, retiredOn, replacedBy }: TableModel) {
  if (replacedBy === undefined) return []
  const other = table.models.find((row) => row.model === replacedBy)
  const [current] = other ? datedPrices(table, other) : []
  if (!other || !current || retiredOn === undefined)
    throw new CatalogueError(`${model} is replaced by ${replacedBy} without a day or a price`)
  return [composePrice(other, { ...current, from: retiredOn })]
}

function ownPrices({ webSearchUsd }: VendorTable, { rates, longContext, later = [] }: OwnPrice): DatedPrice[] {
  const current = { from: undefined, rates, ...(longContext ? { longContext } : {}), webSearchUsd }
  return [current, ...later.map((change) => ({ ...change, webSearchUsd }))]
}

function composePrice(model: TableModel, { from, webSearchUsd: usualUsd, ...price }: DatedPrice) {
  const { serviceTiers = {}, kind, webSearchUsd = usualUsd, searchedPromptUsd } = model
  const tiers = Object.entries(serviceTiers).map(([name, tier]) => [
    name,
    typeof tier === 'number' ? { percent: tier } : printPrice(tier),
  ])
  return {
    ...(from === undefined ? {} : { from }),
    ...printPrice(price),
    ...(tiers.length === 0 ? {} : { serviceTiers: Object.fromEntries(tiers) }),
    ...(kind === 'embedding' ? {} : printCalls(webSearchUsd, searchedPromptUsd)),
  }
}

function printCalls(webSearchUsd: number | undefined, searchedPromptUsd: number | undefined) {
  if (searchedPromptUsd !== undefined) {
    return { usdPerCall: { searchedPrompt: printUsd(searchedPromptUsd, nanoUsdScale) } }
  }
  return webSearchUsd === undefined ? {} : { usdPerCall: { webSearch: printUsd(webSearchUsd, nanoUsdScale) } }
}

function printPrice({ rates, longContext }: UsdPrice) {
  return {
    rates: printRates(rates),
    ...(longContext ? { longContext: longContext.map((tier) => ({ ...tier, rates: printRates(tier.rates) })) } : {}),
  }
}

function printRates(rates: UsdRates): Record<string, string> {
  const stated = rateClasses.filter((name) => rates[name] !== undefined)
  return Object.fromEntries(stated.map((name) => [name, printUsd(rates[name] ?? 0, perMillionScale)]))
}

/** Numbers of the package and the tables are binary approximations of decimals: the nearest decimal is meant. */
function printUsd(usd: number, scale: number): string {
  const units = usd * 10 ** scale
  const nearest = Math.round(units)
  if (Math.abs(units - nearest) > 1e-3) throw new CatalogueError(`${usd} USD has more than ${scale} decimal places`)
  return printDecimal(nearest, scale)
}
