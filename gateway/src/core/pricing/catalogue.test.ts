// The shipped catalogue: that it is what the pinned package and our tables say, that its prices are the published ones, and how a
// name finds its model. The expected prices were written down from the vendors' pages, not from the file.
import type { ServiceType } from '@aicarpool/contract'
import { expect, test } from 'vitest'
import { composeCatalogue } from '../../../scripts/catalogue/compose.ts'
import { noUsage, type Usage } from '../protocols/usage.ts'
import shipped from './catalogue.json' with { type: 'json' }
import { findModel, modelsOf, shippedCatalogue } from './catalogue.ts'
import { costNanoUsd, rateClasses } from './cost.ts'

const vendors = ['claude', 'openai', 'gemini', 'qwen'] as const
const nanoUsd = 1e9

function usd(serviceType: ServiceType, model: string, usage: Partial<Usage>): number {
  const price = findModel(shippedCatalogue, serviceType, model)?.price
  expect(price, model).toBeDefined()
  return price ? costNanoUsd({ ...noUsage, ...usage }, price, 0, 0) / nanoUsd : Number.NaN
}

test('the shipped file is what `npm run catalogue` builds, offline', () => {
  expect(shipped).toEqual(JSON.parse(JSON.stringify(composeCatalogue())))
})

test('the catalogue has sane prices: cache reads never dearer than input, output maxima within the context (T41)', () => {
  for (const serviceType of vendors) {
    const models = modelsOf(shippedCatalogue, serviceType)
    expect(models.length).toBeGreaterThan(20)
    expect(models[0]?.kind).toBe('chat')
    for (const { model, price, kind, contextTokens, outputTokensMax, traits } of models) {
      for (const rates of [price, ...price.longContext, ...price.serviceTiers.values()]) {
        expect(rates.cacheRead, model).toBeLessThanOrEqual(rates.input)
        for (const name of rateClasses) expect(Number.isSafeInteger(rates[name]), `${model} ${name}`).toBe(true)
      }
      if (kind === 'chat') expect(price.output, model).toBeGreaterThan(0)
      for (const long of price.longContext) expect(long.input, model).toBeGreaterThan(price.input)
      expect(outputTokensMax, model).toBeLessThanOrEqual(contextTokens)
      expect(traits.outputTokensMax, model).toBe(outputTokensMax)
      expect(traits.wires?.length, model).toBeGreaterThan(0)
    }
  }
})

const aMillion = 1_000_000
const published: [ServiceType, string, Partial<Usage>, number][] = [
  // platform.claude.com, "Pricing", 2026-11
  ['claude', 'claude-opus-5-5', { inputTokens: aMillion, outputTokens: aMillion }, 24],
  ['claude', 'claude-opus-5-5', { cacheReadTokens: aMillion, cacheWrite5mTokens: aMillion }, 5.2],
  ['claude', 'claude-opus-5-5', { cacheWrite1hTokens: aMillion, webSearches: 100 }, 9],
  ['claude', 'claude-opus-5-5', { inputTokens: aMillion, outputTokens: aMillion, serviceTier: 'fast' }, 48],
  ['claude', 'claude-sonnet-5-5', { cacheReadTokens: aMillion }, 0.1],
  ['claude', 'claude-sonnet-5', { cacheReadTokens: aMillion }, 0.2],
  ['claude', 'claude-haiku-5-5', { inputTokens: 100_000, outputTokens: 1000 }, 0.0105],
  ['claude', 'claude-haiku-5-5', { inputTokens: 1, cacheReadTokens: 100_000, outputTokens: 1000 }, 0.0075005],
  ['claude', 'claude-fable-5-2', { cacheReadTokens: aMillion, outputTokens: aMillion }, 40.2],
  ['claude', 'claude-sonnet-4-5', { inputTokens: aMillion, outputTokens: aMillion, serviceTier: 'batch' }, 9],
  ['claude', 'claude-haiku-4-5', { inputTokens: aMillion, cacheWrite1hTokens: aMillion }, 3],
  // developers.openai.com, "Pricing" and model pages, 2026-11; priority processing page
  ['openai', 'gpt-6.2-sol', { inputTokens: 100_000, cacheReadTokens: 100_000, outputTokens: 10_000 }, 0.31],
  ['openai', 'gpt-6.2-astra', { inputTokens: 300_000, outputTokens: 10_000 }, 5.4],
  ['openai', 'gpt-6.1-terra', { cacheWrite30mTokens: 200_000, outputTokens: 1000 }, 0.255],
  ['openai', 'gpt-6.1-terra', { cacheWrite12hTokens: 200_000 }, 0.5],
  ['openai', 'gpt-5.6-sol', { inputTokens: 100_000, outputTokens: 10_000, serviceTier: 'priority' }, 1.2],
  ['openai', 'gpt-5.5', { inputTokens: 100_000, outputTokens: 10_000, serviceTier: 'priority' }, 2],
  ['openai', 'gpt-6-astra', { inputTokens: 100_000, outputTokens: 10_000, serviceTier: 'ultrafast' }, 9],
  ['openai', 'gpt-6-luna', { inputTokens: aMillion / 5, outputTokens: 10_000, serviceTier: 'fast' }, 0.05],
  ['openai', 'o4-mini', { inputTokens: aMillion, outputTokens: aMillion, serviceTier: 'priority' }, 10],
  ['openai', 'gpt-5.4', { inputTokens: 272_000, outputTokens: 1000 }, 1.3825],
  ['openai', 'gpt-5.4', { inputTokens: 271_999, outputTokens: 0 }, 0.6799975],
  ['openai', 'gpt-5-mini', { inputTokens: aMillion, outputTokens: aMillion, serviceTier: 'priority' }, 4.05],
  ['openai', 'gpt-5', { inputTokens: aMillion, outputTokens: aMillion, serviceTier: 'flex' }, 5.625],
  ['openai', 'gpt-4.1', { inputTokens: aMillion, outputTokens: aMillion, serviceTier: 'priority' }, 17.5],
  ['openai', 'gpt-5.3-codex', { inputTokens: aMillion, cacheReadTokens: aMillion, webSearches: 1 }, 1.935],
  ['openai', 'text-embedding-3-large', { inputTokens: aMillion }, 0.13],
  // ai.google.dev, "Gemini API pricing", 2026-11
  ['gemini', 'gemini-3.8-flash', { inputTokens: aMillion, outputTokens: aMillion }, 4.5],
  ['gemini', 'gemini-3.8-flash', { inputTokens: aMillion, outputTokens: aMillion, serviceTier: 'priority' }, 8.1],
  ['gemini', 'gemini-4-argon', { inputTokens: aMillion, cacheReadTokens: aMillion, outputTokens: 100_000 }, 3.1],
  ['gemini', 'gemini-2.5-pro', { inputTokens: 200_000, outputTokens: 1000 }, 0.26],
  ['gemini', 'gemini-2.5-pro', { inputTokens: 150_001, cacheReadTokens: 50_000, outputTokens: 1000 }, 0.4025025],
  ['gemini', 'gemini-2.5-flash', { inputTokens: aMillion, audioInputTokens: 400_000 }, 0.58],
  ['gemini', 'gemini-2.5-flash-image', { outputTokens: 1300, imageOutputTokens: 1290 }, 0.038725],
  ['gemini', 'gemini-embedding-001', { inputTokens: aMillion }, 0.15],
  // alibabacloud.com, "Model pricing", Singapore, 2026-11
  ['qwen', 'qwen3.8-max', { inputTokens: aMillion, cacheReadTokens: aMillion, outputTokens: aMillion }, 8.25],
  ['qwen', 'qwen3.7-plus', { inputTokens: 256_000, outputTokens: 1000 }, 0.104],
  ['qwen', 'qwen3.7-plus', { inputTokens: 256_001, outputTokens: 1000 }, 0.3120012],
  ['qwen', 'qwen3-max', { inputTokens: 32_001 }, 0.0768024],
  ['qwen', 'qwen3-coder-plus', { inputTokens: 300_000, outputTokens: 1000 }, 1.86],
  ['qwen', 'qwen-plus', { inputTokens: 1000, outputTokens: 1000 }, 0.0016],
  ['qwen', 'qwen-plus', { inputTokens: 1000, outputTokens: 1000, reasoningTokens: 900 }, 0.0044],
  ['qwen', 'text-embedding-v4', { inputTokens: aMillion }, 0.07],
]

test.each(published)('%s %s costs what the vendor publishes: %j', (serviceType, model, usage, expected) => {
  expect(usd(serviceType, model, usage)).toBeCloseTo(expected, 9)
})

test('announced prices hold from their day on', () => {
  const argon = findModel(shippedCatalogue, 'gemini', 'gemini-4-argon')
  expect(argon).toBeDefined()
  if (!argon) return
  const [later] = argon.laterPrices
  expect(later?.fromMs).toBe(Date.parse('2026-12-01T00:00:00Z'))
  expect(later?.price).toMatchObject({ input: 4_000_000, cacheRead: 200_000, output: 20_000_000 })
  expect(later?.price.version).not.toBe(argon.price.version)
})

test('a name that the vendor serves by another model from a day on has its price from then on', () => {
  const old = findModel(shippedCatalogue, 'gemini', 'gemini-2.5-pro')
  const successor = findModel(shippedCatalogue, 'gemini', 'gemini-3.8-flash')
  expect(old?.retiredAtMs).toBe(Date.parse('2026-12-01T00:00:00Z'))
  expect(old?.laterPrices).toMatchObject([
    { fromMs: old?.retiredAtMs, price: { input: successor?.price.input, webSearch: successor?.price.webSearch } },
  ])
})

const names: [ServiceType, string, string | undefined][] = [
  ['claude', 'claude-opus-4-5-20251101', 'claude-opus-4-5'],
  ['claude', 'claude-opus-4-20250514', 'claude-opus-4-0'],
  ['claude', 'claude-3-5-haiku-latest', 'claude-3-5-haiku'],
  ['claude', 'claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
  ['openai', 'gpt-5.6', 'gpt-5.6-sol'],
  ['openai', 'gpt-5.5-2026-04-23', 'gpt-5.5'],
  ['openai', 'gpt-4o-2024-08-06', 'gpt-4o'],
  ['openai', 'gpt-4o-2024-05-13', 'gpt-4o-2024-05-13'],
  ['openai', 'gpt-5.1-chat-latest', 'gpt-5.1-chat-latest'],
  ['gemini', 'gemini-2.5-flash-001', 'gemini-2.5-flash'],
  ['gemini', 'gemini-2.5-flash-preview-09-2025', 'gemini-2.5-flash'],
  ['qwen', 'qwen3.7-max-2026-05-20', 'qwen3.7-max'],
  ['qwen', 'qwen-plus-latest', 'qwen-plus'],
  // A sibling, a longer name or another vendor's is no snapshot.
  ['claude', 'claude-sonnet-5-6', undefined],
  ['claude', 'claude-opus-5-5-preview', undefined],
  ['claude', 'gpt-5.5', undefined],
  ['openai', 'gpt-5.5-codex-max', undefined],
  ['openai', 'gpt-4o-audio-preview-2025-06-03', undefined],
  ['openai', 'ft:gpt-4o-2024-08-06:acme::1', undefined],
  ['gemini', 'gemini-2.5-flash-preview-tts', undefined],
  ['gemini', 'gemini-embedding-002', undefined],
  ['qwen', 'qwen-plus-2024-09-19', undefined],
  ['qwen', '', undefined],
]

test.each(names)('%s "%s" is the model %s', (serviceType, name, model) => {
  expect(findModel(shippedCatalogue, serviceType, name)?.model).toBe(model)
})

test('traits say what translation must know', () => {
  const traits = (serviceType: ServiceType, model: string) => findModel(shippedCatalogue, serviceType, model)?.traits
  expect(traits('claude', 'claude-opus-5-5')).toMatchObject({
    reasoning: 'adaptive',
    thinksAlways: true,
    takesSampling: false,
    takesPrefill: false,
    outputTokensMax: 128_000,
  })
  expect(traits('claude', 'claude-sonnet-4-5')).toMatchObject({
    reasoning: 'budget',
    takesSampling: true,
    takesPrefill: true,
  })
  expect(traits('claude', 'claude-haiku-5-5')?.thinksAlways).toBeUndefined()
  expect(traits('openai', 'gpt-5.2-codex')?.wires).toEqual(['openai-responses'])
  expect(traits('openai', 'gpt-5-mini')).toMatchObject({ reasoning: 'effort', takesSampling: false, takesStop: false })
  expect(traits('openai', 'gpt-4.1-mini')).toMatchObject({ reasoning: 'none', takesSampling: true, takesStop: true })
  expect(traits('gemini', 'gemini-2.5-pro')).toMatchObject({ reasoning: 'budget', efforts: [] })
  for (const model of ['gemini-2.5-flash', 'gemini-2.5-flash-lite']) {
    expect(traits('gemini', model)).toMatchObject({ reasoning: 'budget', efforts: ['none'] })
  }
  expect(traits('gemini', 'gemini-3.8-flash')?.efforts).toEqual(['low', 'medium', 'high'])
  expect(traits('qwen', 'qwen3.7-plus')).toMatchObject({ reasoning: 'switch', takesImages: true })
})
