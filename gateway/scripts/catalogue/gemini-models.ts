// Google's models on the Gemini API. Limits and thinking: models.dev (MIT), the model pages and the "Gemini thinking" guide; the
// models that the package lacks and the service tiers: the pricing page of ai.google.dev; ends of models: its "Gemini deprecations"
// (read on 2026-11-10): the names of Gemini 2.5 Pro and Flash go on, served and billed as newer models.
import { embeddingOnly, openToAll, type OwnPrice, type TableModel, type VendorTable } from './table.ts'

const plain = { ...openToAll, wires: ['gemini'] }
const budget = { ...plain, reasoning: 'budget' as const }
/** A budget of 0 switches thinking off. */
const budgetOrNone = { ...budget, efforts: ['none' as const] }
const level = (...efforts: TableModel['traits']['efforts']) => ({ ...plain, reasoning: 'level' as const, efforts })
const fourLevels = level('minimal', 'low', 'medium', 'high')
const threeLevels = level('low', 'medium', 'high')
/** Since Gemini 3.6 sampling parameters are deprecated and change nothing. */
const fourLevelsUnsampled = { ...fourLevels, takesSampling: false }
const threeLevelsUnsampled = { ...threeLevels, takesSampling: false }
const image = { ...plain, takesTools: false, takesSchema: false }

/** Batches and flex cost half, priority 1.8 times as much. */
const tiers = { batch: 50, flex: 50, priority: 180 }
const batch = { batch: 50 }
/** Before Gemini 3 a grounded prompt was billed, however many queries it took: $35 for a thousand. */
const groundedPrompts = { searchedPromptUsd: 0.035 }

const contextTokens = 1_048_576
const outputTokensMax = 65_536
const pricingPage = 'https://ai.google.dev/gemini-api/docs/pricing'

function model(name: string, traits: TableModel['traits'], rest: Partial<TableModel> = {}): TableModel {
  return {
    model: name,
    contextTokens,
    outputTokensMax,
    traits,
    price: { package: name },
    serviceTiers: tiers,
    ...rest,
  }
}

const own = (input: number): OwnPrice => ({
  rates: { input, cacheRead: input / 20, output: input * 5 },
  source: pricingPage,
  checkedOn: '2026-11-26',
})

/** The introductory price ends with November 2026. */
const introductory: OwnPrice = { ...own(2), later: [{ from: '2026-12-01', rates: own(4).rates }] }

const models: readonly TableModel[] = [
  model('gemini-3.8-flash', threeLevelsUnsampled),
  // Longer answers come in segments of 65,536 tokens, each a request of its own.
  model('gemini-4-argon', threeLevelsUnsampled, { price: introductory }),
  model('gemini-4-carbon', threeLevelsUnsampled, { price: introductory }),
  model('gemini-4-neon', threeLevelsUnsampled, { price: own(3) }),
  model('gemini-4-hydrogen', { ...level('low', 'medium', 'high', 'xhigh'), takesSampling: false }, { price: own(1.5) }),
  model('gemini-3.7-flash', threeLevelsUnsampled),
  model('gemini-3.6-flash', fourLevelsUnsampled),
  model('gemini-3.5-flash', fourLevels),
  model('gemini-3.5-flash-lite', fourLevels),
  model('gemini-3.1-pro-preview', threeLevels, { aliases: ['gemini-3.1-pro-preview-customtools'] }),
  model('gemini-3.1-flash-lite', fourLevels, { aliases: ['gemini-3.1-flash-lite-preview'] }),
  model('gemini-3-pro-preview', level('low', 'high'), { retiredOn: '2026-03-09' }),
  model('gemini-3-flash-preview', fourLevels),
  model('gemini-2.5-pro', budget, { retiredOn: '2026-12-01', replacedBy: 'gemini-3.8-flash', ...groundedPrompts }),
  model('gemini-2.5-flash', budgetOrNone, {
    aliases: ['gemini-2.5-flash-preview-09-2025'],
    retiredOn: '2026-12-01',
    replacedBy: 'gemini-3.5-flash-lite',
    ...groundedPrompts,
  }),
  model('gemini-2.5-flash-lite', budgetOrNone, {
    aliases: ['gemini-2.5-flash-lite-preview-09-2025'],
    ...groundedPrompts,
  }),
  model('gemini-2.0-flash', plain, { outputTokensMax: 8192, serviceTiers: batch, ...groundedPrompts }),
  model('gemini-2.0-flash-lite', plain, { outputTokensMax: 8192, serviceTiers: batch, ...groundedPrompts }),
  model('gemini-3.1-flash-image', image, {
    aliases: ['gemini-3.1-flash-image-preview'],
    contextTokens: 65_536,
    price: { package: 'gemini-3.1-flash-image-preview' },
    serviceTiers: batch,
  }),
  model('gemini-3-pro-image', image, {
    aliases: ['gemini-3-pro-image-preview'],
    contextTokens: 131_072,
    price: { package: 'gemini-3-pro-image-preview' },
    serviceTiers: batch,
  }),
  model('gemini-2.5-flash-image', image, {
    aliases: ['gemini-2.5-flash-image-preview'],
    contextTokens: 32_768,
    outputTokensMax: 32_768,
    serviceTiers: batch,
  }),
  ...[['gemini-embedding-001', 2048] as const, ['gemini-embedding-2', 8192] as const].map(([name, tokens]) =>
    model(
      name,
      { ...embeddingOnly, wires: ['gemini-embed', 'gemini-batch-embed'] },
      {
        kind: 'embedding',
        coversSnapshots: false,
        contextTokens: tokens,
        outputTokensMax: 0,
        serviceTiers: batch,
      },
    ),
  ),
]

export const geminiTable: VendorTable = {
  serviceType: 'gemini',
  packageProvider: 'google',
  cacheWrite: 'cacheWrite5m',
  // $14 for a thousand queries of Google Search since Gemini 3.
  webSearchUsd: 0.014,
  models,
}
