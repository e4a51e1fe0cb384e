// The models DashScope offers here, with their limits and whether they think. Limits from models.dev (MIT), 2026-07, and
// Model Studio's model list; limits of rate are per Alibaba account and model.
import type { Model } from '../../vendor.ts'

/** `switched on` thinks unless told not to, `switched off` only when told to, `always` whatever it is told. */
export type ThinkingMode = 'never' | 'switched off' | 'switched on' | 'always'

export interface Abilities {
  thinking: ThinkingMode
  /** The longest chain of thought, and what it is without a `thinking_budget`. */
  thinkingTokensMax: number
  /** Open models think only while they stream. */
  thinksOnlyStreamed: boolean
}

type Row = [id: string, contextTokensMax: number, outputTokensMax: number, thinking: ThinkingMode]

const CHAT_MODELS: readonly Row[] = [
  ['qwen-plus', 1_000_000, 32_768, 'switched off'],
  ['qwen-turbo', 1_000_000, 16_384, 'switched off'],
  ['qwen-flash', 1_000_000, 32_768, 'switched off'],
  ['qwen-max', 32_768, 8_192, 'never'],
  ['qwen-vl-max', 131_072, 8_192, 'never'],
  ['qwen3-max', 262_144, 65_536, 'switched off'],
  ['qwen3-coder-plus', 1_048_576, 65_536, 'never'],
  ['qwen3-coder-flash', 1_000_000, 65_536, 'never'],
  ['qwen3-vl-plus', 262_144, 32_768, 'switched off'],
  ['qwen3-235b-a22b', 131_072, 16_384, 'switched on'],
  ['qwen3-next-80b-a3b-thinking', 131_072, 32_768, 'always'],
  ['qwen3.5-plus', 1_000_000, 65_536, 'switched on'],
  ['qwen3.5-flash', 1_000_000, 65_536, 'switched on'],
  ['qwen3.6-plus', 1_000_000, 65_536, 'switched on'],
  ['qwen3.6-flash', 1_000_000, 65_536, 'switched on'],
  ['qwen3.7-plus', 1_000_000, 65_536, 'switched on'],
  ['qwen3.7-max', 1_000_000, 65_536, 'switched on'],
  ['qwen3.8-max', 1_000_000, 65_536, 'switched on'],
  ['qwen3.8-flash', 1_000_000, 65_536, 'switched on'],
]

/** Widths that may be asked for; the first is the one without asking (page "OpenAI compatible - Embedding"). */
const EMBEDDING_MODELS: readonly [id: string, contextTokensMax: number, widths: readonly number[]][] = [
  ['text-embedding-v4', 8_192, [1024, 2048, 1536, 768, 512, 256, 128, 64]],
  ['text-embedding-v3', 8_192, [1024, 768, 512, 256, 128, 64]],
  ['text-embedding-v2', 2_048, [1536]],
  ['qwen3.7-text-embedding', 128_000, [1024, 2560, 2048, 1536, 768, 512, 256]],
]

const OPEN_MODELS: readonly string[] = ['qwen3-235b-a22b', 'qwen3-next-80b-a3b-thinking']
const THINKING_TOKENS_MAX = 81_920

export const QWEN_MODELS: readonly Model[] = [
  ...CHAT_MODELS.map(([id, contextTokensMax, outputTokensMax]) => model(id, contextTokensMax, outputTokensMax)),
  ...EMBEDDING_MODELS.map(([id, contextTokensMax]) => model(id, contextTokensMax, 0)),
]

function model(id: string, contextTokensMax: number, outputTokensMax: number): Model {
  return { id, rateClass: id, contextTokensMax, outputTokensMax }
}

/** Models of an operator's own naming do not think. */
export function abilitiesOf(id: string): Abilities {
  const thinking = CHAT_MODELS.find(([known]) => known === id)?.[3] ?? 'never'
  return { thinking, thinkingTokensMax: THINKING_TOKENS_MAX, thinksOnlyStreamed: OPEN_MODELS.includes(id) }
}

/** Null for a model that is not known to make embeddings. */
export function embeddingWidths(id: string): readonly number[] | null {
  return EMBEDDING_MODELS.find(([known]) => known === id)?.[2] ?? null
}
