// Anthropic's models. Limits, efforts and what each generation refuses: the "Models" and "What's new" pages of
// platform.claude.com and models.dev (MIT); prices of models that the package lacks: the pricing page; the ends of models:
// "Model deprecations" and the release notes of 2026-04-20 and 2026-06-15.
import { openToAll, type TableModel, type VendorTable } from './table.ts'

const million = 1_000_000
const messages = { ...openToAll, wires: ['anthropic'] }

/** Thinking by a budget; schemas since 4.1. */
const budget = { ...messages, reasoning: 'budget' } as const
const budgetWithoutSchema = { ...budget, takesSchema: false } as const
/** From 4.6 on the model decides how long to think, and an answer cannot be begun for it. */
const adaptive46 = {
  ...messages,
  reasoning: 'adaptive',
  efforts: ['none', 'low', 'medium', 'high', 'max'],
  takesPrefill: false,
} as const
/** From 4.7 on sampling parameters are refused. */
const adaptive = {
  ...adaptive46,
  efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  takesSampling: false,
} as const
/** Thinking cannot be switched off, and forced calls of tools are refused. */
const alwaysThinking = { ...adaptive, efforts: ['low', 'medium', 'high', 'xhigh', 'max'], thinksAlways: true } as const

/** Message batches cost half; the answer's service tier says so. */
const tiersBefore46 = { batch: 50 }
/** Since Opus 4.6 an answer whose data stay in the US costs a tenth more in all classes ("Data residency pricing"). */
const tiers = { ...tiersBefore46, us: 110 }
/** Fast mode ("speed": "fast") costs twice as much; the two go together. */
const tiersWithFast = { ...tiers, fast: 200, 'fast-us': 220 }

const pricingPage = 'https://platform.claude.com/docs/en/about-claude/pricing'

const models: readonly TableModel[] = [
  {
    model: 'claude-opus-5-5',
    contextTokens: million,
    outputTokensMax: 128_000,
    traits: alwaysThinking,
    price: { package: 'claude-opus-5-5' },
    serviceTiers: tiersWithFast,
  },
  {
    model: 'claude-sonnet-5-5',
    contextTokens: million,
    outputTokensMax: 128_000,
    traits: alwaysThinking,
    // The package has no such model and takes it for claude-sonnet-5, whose cache reads cost twice as much.
    price: {
      rates: { input: 2, cacheRead: 0.1, cacheWrite5m: 2.5, cacheWrite1h: 4, output: 10 },
      source: `${pricingPage} (cache reads as of 2026-10-07)`,
      checkedOn: '2026-11-26',
    },
    serviceTiers: tiers,
  },
  {
    model: 'claude-haiku-5-5',
    contextTokens: million,
    outputTokensMax: 128_000,
    traits: adaptive,
    price: {
      rates: { input: 0.1, cacheRead: 0.01, cacheWrite5m: 0.125, cacheWrite1h: 0.2, output: 0.5 },
      longContext: [
        {
          aboveInputTokens: 100_000,
          rates: { input: 0.5, cacheRead: 0.05, cacheWrite5m: 0.625, cacheWrite1h: 1, output: 2.5 },
        },
      ],
      source: pricingPage,
      checkedOn: '2026-11-26',
    },
    serviceTiers: tiers,
  },
  {
    model: 'claude-fable-5-2',
    contextTokens: million,
    outputTokensMax: 128_000,
    traits: alwaysThinking,
    price: {
      rates: { input: 8, cacheRead: 0.2, cacheWrite5m: 10, cacheWrite1h: 16, output: 40 },
      source: pricingPage,
      checkedOn: '2026-11-26',
    },
    serviceTiers: tiersWithFast,
  },
  {
    model: 'claude-fable-5-1',
    aliases: ['claude-mythos-5-1'],
    contextTokens: million,
    outputTokensMax: 128_000,
    traits: alwaysThinking,
    price: { package: 'claude-fable-5-1' },
    serviceTiers: tiers,
  },
  {
    model: 'claude-fable-5',
    aliases: ['claude-mythos-5'],
    contextTokens: million,
    outputTokensMax: 128_000,
    traits: alwaysThinking,
    price: { package: 'claude-fable-5' },
    serviceTiers: tiers,
  },
  {
    model: 'claude-opus-5',
    contextTokens: million,
    outputTokensMax: 128_000,
    traits: adaptive,
    price: { package: 'claude-opus-5' },
    serviceTiers: tiersWithFast,
  },
  {
    model: 'claude-sonnet-5',
    contextTokens: million,
    outputTokensMax: 128_000,
    traits: adaptive,
    price: { package: 'claude-sonnet-5' },
    serviceTiers: tiers,
  },
  {
    model: 'claude-opus-4-8',
    contextTokens: million,
    outputTokensMax: 128_000,
    traits: adaptive,
    price: { package: 'claude-opus-4-8' },
    serviceTiers: tiersWithFast,
  },
  {
    model: 'claude-opus-4-7',
    contextTokens: million,
    outputTokensMax: 128_000,
    traits: adaptive,
    price: { package: 'claude-opus-4-7' },
    serviceTiers: tiers,
  },
  {
    model: 'claude-opus-4-6',
    contextTokens: million,
    outputTokensMax: 128_000,
    traits: adaptive46,
    price: { package: 'claude-opus-4-6' },
    serviceTiers: tiers,
  },
  {
    model: 'claude-sonnet-4-6',
    contextTokens: million,
    outputTokensMax: 64_000,
    traits: adaptive46,
    price: { package: 'claude-sonnet-4-6' },
    serviceTiers: tiers,
  },
  {
    model: 'claude-opus-4-5',
    contextTokens: 200_000,
    outputTokensMax: 64_000,
    traits: budget,
    price: { package: 'claude-opus-4-5' },
    serviceTiers: tiersBefore46,
  },
  {
    model: 'claude-sonnet-4-5',
    contextTokens: 200_000,
    outputTokensMax: 64_000,
    traits: budget,
    price: {
      package: 'claude-sonnet-4-5',
      flatBecause: 'the beta of a million tokens was retired on 2026-04-30; longer prompts are refused',
    },
    serviceTiers: tiersBefore46,
  },
  {
    model: 'claude-haiku-4-5',
    contextTokens: 200_000,
    outputTokensMax: 64_000,
    traits: budget,
    price: { package: 'claude-haiku-4-5' },
    serviceTiers: tiersBefore46,
  },
  {
    model: 'claude-opus-4-1',
    contextTokens: 200_000,
    outputTokensMax: 32_000,
    traits: budget,
    price: { package: 'claude-opus-4-1' },
    serviceTiers: tiersBefore46,
  },
  {
    model: 'claude-opus-4-0',
    aliases: ['claude-opus-4'],
    contextTokens: 200_000,
    outputTokensMax: 32_000,
    retiredOn: '2026-06-15',
    traits: budgetWithoutSchema,
    price: { package: 'claude-opus-4-0' },
    serviceTiers: tiersBefore46,
  },
  {
    model: 'claude-sonnet-4-0',
    aliases: ['claude-sonnet-4'],
    contextTokens: 200_000,
    outputTokensMax: 64_000,
    retiredOn: '2026-06-15',
    traits: budgetWithoutSchema,
    price: { package: 'claude-sonnet-4-0' },
    serviceTiers: tiersBefore46,
  },
  {
    model: 'claude-3-7-sonnet',
    contextTokens: 200_000,
    outputTokensMax: 64_000,
    retiredOn: '2026-02-19',
    traits: budgetWithoutSchema,
    price: { package: 'claude-3-7-sonnet-latest' },
    serviceTiers: tiersBefore46,
  },
  {
    model: 'claude-3-5-haiku',
    contextTokens: 200_000,
    outputTokensMax: 8192,
    retiredOn: '2026-02-19',
    traits: { ...messages, takesSchema: false },
    price: { package: 'claude-3-5-haiku-latest' },
    serviceTiers: tiersBefore46,
  },
  {
    model: 'claude-3-haiku',
    contextTokens: 200_000,
    outputTokensMax: 4096,
    retiredOn: '2026-04-20',
    traits: { ...messages, takesSchema: false },
    price: { package: 'claude-3-haiku' },
    serviceTiers: tiersBefore46,
  },
]

export const claudeTable: VendorTable = {
  serviceType: 'claude',
  packageProvider: 'anthropic',
  cacheWrite: 'cacheWrite5m',
  // $10 for a thousand searches with every model; fetches cost their tokens only.
  webSearchUsd: 0.01,
  models,
}
