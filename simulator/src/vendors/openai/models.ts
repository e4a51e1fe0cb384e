// The models OpenAI offers here, and what each can do. Limits from models.dev (MIT) of 2026-07 and, for the families
// since, from the vendor's model pages; efforts from the same pages. Snapshots of a model are listed under its name.
import type { Model } from '../../vendor.ts'

export interface Abilities {
  purpose: 'chat' | 'embedding'
  /** Reasoning efforts it takes; empty where it does not reason. */
  efforts: readonly string[]
  /** What it does when the request says nothing. */
  defaultEffort: string
  /** Answers at `/v1/responses` only. */
  responsesOnly: boolean
  /** Whether Chat Completions refuses function tools while the model reasons (since gpt-5.4). */
  refusesChatTools: boolean
  /** Whether writing the prompt cache is billed (since gpt-5.6; prompt caching guide). */
  billsCacheWrites: boolean
}

const NO_REASONING: Abilities = {
  purpose: 'chat',
  efforts: [],
  defaultEffort: 'none',
  responsesOnly: false,
  refusesChatTools: false,
  billsCacheWrites: false,
}
const EMBEDDING: Abilities = { ...NO_REASONING, purpose: 'embedding' }
const O_SERIES: Abilities = { ...NO_REASONING, efforts: ['low', 'medium', 'high'], defaultEffort: 'medium' }
const GPT_5: Abilities = { ...O_SERIES, efforts: ['minimal', 'low', 'medium', 'high'] }
const GPT_5_1: Abilities = { ...O_SERIES, efforts: ['none', 'low', 'medium', 'high'], defaultEffort: 'none' }
const GPT_5_2: Abilities = { ...GPT_5_1, efforts: [...GPT_5_1.efforts, 'xhigh'] }
const CODEX: Abilities = { ...O_SERIES, efforts: ['low', 'medium', 'high', 'xhigh'], responsesOnly: true }
const PRO: Abilities = { ...O_SERIES, efforts: ['medium', 'high', 'xhigh'], responsesOnly: true }
const GPT_5_4: Abilities = { ...GPT_5_2, refusesChatTools: true }
const GPT_5_5: Abilities = { ...GPT_5_4, defaultEffort: 'medium' }
const GPT_5_6: Abilities = { ...GPT_5_5, efforts: [...GPT_5_2.efforts, 'max'], billsCacheWrites: true }
const GPT_6: Abilities = { ...GPT_5_6, efforts: ['low', 'medium', 'high', 'xhigh', 'max'] }

const MODELS: readonly [id: string, contextTokensMax: number, outputTokensMax: number, abilities: Abilities][] = [
  ['gpt-4o', 128_000, 16_384, NO_REASONING],
  ['gpt-4o-mini', 128_000, 16_384, NO_REASONING],
  ['gpt-4.1', 1_047_576, 32_768, NO_REASONING],
  ['gpt-4.1-mini', 1_047_576, 32_768, NO_REASONING],
  ['gpt-4.1-nano', 1_047_576, 32_768, NO_REASONING],
  ['o3', 200_000, 100_000, O_SERIES],
  ['o3-mini', 200_000, 100_000, O_SERIES],
  ['o3-pro', 200_000, 100_000, { ...O_SERIES, responsesOnly: true }],
  ['o4-mini', 200_000, 100_000, O_SERIES],
  ['gpt-5', 400_000, 128_000, GPT_5],
  ['gpt-5-mini', 400_000, 128_000, GPT_5],
  ['gpt-5-nano', 400_000, 128_000, GPT_5],
  ['gpt-5-codex', 400_000, 128_000, { ...CODEX, efforts: O_SERIES.efforts }],
  ['gpt-5-pro', 400_000, 272_000, { ...PRO, efforts: ['high'], defaultEffort: 'high' }],
  ['gpt-5.1', 400_000, 128_000, GPT_5_1],
  ['gpt-5.1-codex', 400_000, 128_000, { ...CODEX, efforts: O_SERIES.efforts }],
  ['gpt-5.1-codex-max', 400_000, 128_000, CODEX],
  ['gpt-5.1-codex-mini', 400_000, 128_000, { ...CODEX, efforts: O_SERIES.efforts }],
  ['gpt-5.2', 400_000, 128_000, GPT_5_2],
  ['gpt-5.2-codex', 400_000, 128_000, CODEX],
  ['gpt-5.2-pro', 400_000, 128_000, PRO],
  ['gpt-5.3-codex', 400_000, 128_000, CODEX],
  ['gpt-5.4', 1_050_000, 128_000, GPT_5_4],
  ['gpt-5.4-mini', 400_000, 128_000, GPT_5_4],
  ['gpt-5.4-nano', 400_000, 128_000, GPT_5_4],
  ['gpt-5.4-pro', 1_050_000, 128_000, PRO],
  ['gpt-5.5', 1_050_000, 128_000, GPT_5_5],
  ['gpt-5.5-pro', 1_050_000, 128_000, PRO],
  ['gpt-5.6-sol', 1_050_000, 128_000, GPT_5_6],
  ['gpt-5.6-terra', 1_050_000, 128_000, GPT_5_6],
  ['gpt-5.6-luna', 1_050_000, 128_000, GPT_5_6],
  ['gpt-6-astra', 1_050_000, 128_000, GPT_5_6],
  ['gpt-6-sol', 1_050_000, 128_000, GPT_5_6],
  ['gpt-6-luna', 1_050_000, 128_000, GPT_5_6],
  ['gpt-6.1-sol', 1_050_000, 128_000, GPT_6],
  ['gpt-6.1-terra', 1_050_000, 128_000, GPT_6],
  ['gpt-6.2-sol', 1_050_000, 128_000, GPT_6],
  ['gpt-6.2-astra', 1_050_000, 128_000, GPT_6],
  ['text-embedding-3-small', 8_192, 0, EMBEDDING],
  ['text-embedding-3-large', 8_192, 0, EMBEDDING],
  ['text-embedding-ada-002', 8_192, 0, EMBEDDING],
]

export const OPENAI_MODELS: readonly Model[] = MODELS.map(([id, contextTokensMax, outputTokensMax]) => ({
  id,
  rateClass: id,
  contextTokensMax,
  outputTokensMax,
}))

const ABILITIES = new Map(MODELS.map(([id, , , abilities]) => [id, abilities]))

/** Models of an operator's own naming are chat models that do not reason. */
export function abilitiesOf(model: string): Abilities {
  return ABILITIES.get(model) ?? NO_REASONING
}

/** Width of the vectors, and whether a shorter one can be asked for (embeddings guide). */
export const EMBEDDING_WIDTHS: Readonly<Record<string, { dimensions: number; isShortenable: boolean }>> = {
  'text-embedding-3-small': { dimensions: 1536, isShortenable: true },
  'text-embedding-3-large': { dimensions: 3072, isShortenable: true },
  'text-embedding-ada-002': { dimensions: 1536, isShortenable: false },
}
