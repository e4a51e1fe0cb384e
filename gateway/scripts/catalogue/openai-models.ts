// OpenAI's models. Limits and efforts: models.dev (MIT) and the vendor's model pages; Responses-only models, sampling and stop
// sequences: the model pages and API reference; service tiers: the pages on pricing, flex and priority processing.
import { embeddingOnly, openToAll, type PackagePrice, type TableModel, type VendorTable } from './table.ts'

/** Chat Completions alone takes stop sequences, seeds and penalties. */
const plain = { ...openToAll, wires: ['openai-chat', 'openai-responses'] }
const responsesFirst = ['openai-responses', 'openai-chat']
const responsesOnly = ['openai-responses']

/**
 * Models that reason refuse sampling parameters and stop sequences; from gpt-5.4 on they refuse functions on Chat Completions
 * while they reason.
 */
function reasoning(...efforts: TableModel['traits']['efforts']) {
  return {
    ...plain,
    wires: responsesFirst,
    reasoning: 'effort' as const,
    efforts,
    takesSampling: false,
    takesStop: false,
  }
}
const oSeries = reasoning('low', 'medium', 'high')
const gpt5 = reasoning('minimal', 'low', 'medium', 'high')
const gpt51 = reasoning('none', 'low', 'medium', 'high')
const gpt52 = reasoning('none', 'low', 'medium', 'high', 'xhigh')
const gpt56 = reasoning('none', 'low', 'medium', 'high', 'xhigh', 'max')
/** Refuse `none`: they always reason. */
const alwaysReasoning = reasoning('low', 'medium', 'high', 'xhigh', 'max')
const codex = { ...reasoning('low', 'medium', 'high', 'xhigh'), wires: responsesOnly }
const earlyCodex = { ...oSeries, wires: responsesOnly }
const pro = { ...reasoning('medium', 'high', 'xhigh'), wires: responsesOnly }
const chatLatest = { ...reasoning('medium') }

const batch = { batch: 50 }
const half = { ...batch, flex: 50 }
/** Priority processing is called "fast mode" by now: either name may be asked for, and either is answered. */
const priority = (percent: number) => ({ priority: percent, fast: percent })
const halfOrPriority = (percent: number) => ({ ...half, ...priority(percent) })
const fastMode = halfOrPriority(200)
const ultrafast = { ultrafast: 600 }

/** Writes are billed since gpt-5.6: those of 30 minutes by the package's price, those of twelve hours at 2.5 × the input price. */
const billsWrites = (id: string): PackagePrice => ({ package: id, cacheWrite12hPercent: 250 })

function model(
  name: string,
  [contextTokens, outputTokensMax]: readonly [number, number],
  traits: TableModel['traits'],
  serviceTiers: NonNullable<TableModel['serviceTiers']>,
  rest: Partial<TableModel> = {},
): TableModel {
  return { model: name, contextTokens, outputTokensMax, traits, price: { package: name }, serviceTiers, ...rest }
}

const long = [1_050_000, 128_000] as const
const middle = [400_000, 128_000] as const
const oSize = [200_000, 100_000] as const
const small = [128_000, 16_384] as const
const gpt41Size = [1_047_576, 32_768] as const

const pricingPage = 'https://developers.openai.com/api/docs/pricing'

function gpt62(name: string, input: number, traits: TableModel['traits']): TableModel {
  const rates = (factor: number, outputFactor: number) => ({
    input: input * factor,
    cacheRead: (input * factor) / 20,
    cacheWrite30m: input * factor * 1.25,
    cacheWrite12h: input * factor * 2.5,
    output: input * 5 * outputFactor,
  })
  return model(name, long, traits, fastMode, {
    price: {
      rates: rates(1, 1),
      longContext: [{ aboveInputTokens: 272_000, rates: rates(2, 1.5) }],
      source: `${pricingPage}, https://developers.openai.com/api/docs/models/${name}`,
      checkedOn: '2026-11-26',
    },
  })
}

const withoutFlex = { ...batch, ...priority(200), ...ultrafast }

const models: readonly TableModel[] = [
  { ...gpt62('gpt-6.2-sol', 2, alwaysReasoning), serviceTiers: withoutFlex },
  { ...gpt62('gpt-6.2-astra', 8, alwaysReasoning), serviceTiers: withoutFlex },
  { ...gpt62('gpt-6.1-sol', 2, alwaysReasoning), serviceTiers: { ...fastMode, ...ultrafast } },
  gpt62('gpt-6.1-terra', 1, gpt56),
  model('gpt-6-sol', long, gpt56, fastMode, { price: billsWrites('gpt-6-sol') }),
  model('gpt-6-astra', long, alwaysReasoning, { ...fastMode, ...ultrafast }, { price: billsWrites('gpt-6-astra') }),
  model('gpt-6-luna', long, gpt56, fastMode, { price: billsWrites('gpt-6-luna') }),
  model('gpt-5.6-sol', long, gpt56, fastMode, { aliases: ['gpt-5.6'], price: billsWrites('gpt-5.6-sol') }),
  model('gpt-5.6-terra', long, gpt56, fastMode, { price: billsWrites('gpt-5.6-terra') }),
  model('gpt-5.6-luna', long, gpt56, fastMode, { price: billsWrites('gpt-5.6-luna') }),
  model('gpt-5.5', long, gpt52, halfOrPriority(250)),
  model('gpt-5.5-pro', long, pro, batch),
  model('gpt-5.4', long, gpt52, halfOrPriority(200)),
  model('gpt-5.4-mini', middle, gpt52, halfOrPriority(200)),
  model('gpt-5.4-nano', middle, gpt52, half),
  model('gpt-5.4-pro', long, pro, batch),
  model('gpt-5.3-codex', middle, codex, priority(200)),
  model('gpt-5.3-chat-latest', small, chatLatest, {}, { price: { package: 'gpt-5.3' } }),
  model('gpt-5.2', middle, gpt52, halfOrPriority(200)),
  model('gpt-5.2-codex', middle, codex, priority(200), { price: { package: 'gpt-5.2' } }),
  model('gpt-5.2-chat-latest', small, chatLatest, {}, { price: { package: 'gpt-5.2' } }),
  model('gpt-5.2-pro', middle, pro, batch),
  model('gpt-5.1', middle, gpt51, halfOrPriority(200)),
  model('gpt-5.1-codex-max', middle, codex, priority(200), { price: { package: 'gpt-5.1' } }),
  model('gpt-5.1-codex', middle, earlyCodex, priority(200), { price: { package: 'gpt-5.1' } }),
  model('gpt-5.1-codex-mini', middle, earlyCodex, {}),
  model('gpt-5.1-chat-latest', small, chatLatest, {}, { price: { package: 'gpt-5.1' } }),
  model('gpt-5', middle, gpt5, halfOrPriority(200)),
  model('gpt-5-mini', middle, gpt5, halfOrPriority(180)),
  model('gpt-5-nano', middle, gpt5, half),
  model('gpt-5-codex', middle, earlyCodex, priority(200), { price: { package: 'gpt-5' } }),
  model('gpt-5-chat-latest', small, { ...plain, takesTools: false }, {}, { price: { package: 'gpt-5' } }),
  model('gpt-5-pro', [400_000, 272_000], { ...reasoning('high'), wires: responsesOnly }, batch),
  model('gpt-4.1', gpt41Size, plain, { ...batch, ...priority(175) }),
  model('gpt-4.1-mini', gpt41Size, plain, { ...batch, ...priority(175) }),
  model('gpt-4.1-nano', gpt41Size, plain, { ...batch, ...priority(200) }),
  model('gpt-4o', small, plain, { ...batch, ...priority(170) }),
  model('gpt-4o-2024-05-13', [128_000, 4096], plain, { ...batch, ...priority(175) }, { coversSnapshots: false }),
  model('gpt-4o-mini', small, plain, {
    ...batch,
    priority: { rates: { input: 0.25, cacheRead: 0.125, output: 1 } },
  }),
  model('gpt-audio', small, { ...plain, takesImages: false, takesSchema: false, wires: ['openai-chat'] }, {}),
  model('gpt-audio-mini', small, { ...plain, takesImages: false, takesSchema: false, wires: ['openai-chat'] }, {}),
  model('o4-mini', oSize, oSeries, { ...half, priority: { rates: { input: 2, cacheRead: 0.5, output: 8 } } }),
  model('o3', oSize, oSeries, halfOrPriority(175)),
  model('o3-pro', oSize, { ...oSeries, wires: responsesOnly }, batch),
  model('o3-mini', oSize, { ...oSeries, takesImages: false }, batch),
  model('o1', oSize, oSeries, batch),
  model('o1-pro', oSize, { ...oSeries, wires: responsesOnly }, batch),
  model('gpt-4-turbo', [128_000, 4096], { ...plain, takesSchema: false }, batch, { coversSnapshots: false }),
  model('gpt-3.5-turbo', [16_385, 4096], { ...plain, takesImages: false, takesSchema: false }, batch, {
    coversSnapshots: false,
  }),
  ...['text-embedding-3-small', 'text-embedding-3-large', 'text-embedding-ada-002'].map((name) =>
    model(name, [8192, 0], { ...embeddingOnly, wires: ['openai-embeddings'] }, batch, {
      kind: 'embedding',
      coversSnapshots: false,
    }),
  ),
]

export const openAiTable: VendorTable = {
  serviceType: 'openai',
  packageProvider: 'openai',
  cacheWrite: 'cacheWrite30m',
  // $10 for a thousand searches, whatever the model.
  webSearchUsd: 0.01,
  models,
}
