// The models Google offers here, with their limits and how they think. Limits from models.dev (MIT), 2026-07, and for
// newer ones from Google's model pages; thinking from the "Gemini thinking" guide. Limits are per project and model.
import type { Model } from '../../vendor.ts'

export interface GeminiModel extends Model {
  kind: 'content' | 'embedding'
  /** Thinking is steered by a level, by a budget in tokens, or does not exist. */
  thinking: 'level' | 'budget' | 'none'
  levels: readonly string[]
  /** The least and the greatest budget; 0 besides switches thinking off where the least is not above 128. */
  budget: readonly [min: number, max: number]
  /** Whether thinking can be switched off with a budget of 0. */
  canStopThinking: boolean
}

/** Beyond the first two, a function call of the running turn must bring its signature back. */
const CONTENT_MODELS: readonly (readonly [id: string, outputTokensMax: number])[] = [
  ['gemini-2.5-flash', 65_536],
  ['gemini-2.5-flash-lite', 65_536],
  ['gemini-2.5-pro', 65_536],
  ['gemini-2.0-flash', 8_192],
  ['gemini-2.0-flash-lite', 8_192],
  ['gemini-3-flash-preview', 65_536],
  ['gemini-3-pro-preview', 65_536],
  ['gemini-3.1-pro-preview', 65_536],
  ['gemini-3.1-flash-lite', 65_536],
  ['gemini-3.5-flash', 65_536],
  ['gemini-3.5-flash-lite', 65_536],
  ['gemini-3.6-flash', 65_536],
  ['gemini-3.7-flash', 65_536],
  ['gemini-3.8-flash', 65_536],
  ['gemini-4-argon', 65_536],
  ['gemini-4-carbon', 65_536],
  ['gemini-4-neon', 65_536],
  ['gemini-4-hydrogen', 65_536],
  ['gemini-flash-latest', 65_536],
  ['gemini-flash-lite-latest', 65_536],
  ['gemini-pro-latest', 65_536],
]

const EMBEDDING_MODELS: readonly (readonly [id: string, contextTokensMax: number])[] = [
  ['gemini-embedding-001', 2_048],
  ['gemini-embedding-2', 8_192],
]

const CONTEXT_TOKENS_MAX = 1_048_576

export const GEMINI_MODELS: readonly GeminiModel[] = [
  ...CONTENT_MODELS.map(([id, outputTokensMax]) => ({
    id,
    rateClass: id,
    contextTokensMax: CONTEXT_TOKENS_MAX,
    outputTokensMax,
    kind: 'content' as const,
    ...thinkingOf(id),
  })),
  ...EMBEDDING_MODELS.map(([id, contextTokensMax]) => ({
    id,
    rateClass: id,
    contextTokensMax,
    outputTokensMax: 1,
    kind: 'embedding' as const,
    ...thinkingOf(id),
  })),
]

/** An id of the operator's own naming is taken for the vendor's first model, as its limits are. */
export function geminiModel(id: string): GeminiModel {
  return GEMINI_MODELS.find((model) => model.id === id) ?? (GEMINI_MODELS[0] as GeminiModel)
}

/** The generation in which calls carry signatures and ids, and tools of both kinds may stand side by side. */
export function isThirdGeneration({ thinking }: GeminiModel): boolean {
  return thinking === 'level'
}

function thinkingOf(id: string): Pick<GeminiModel, 'thinking' | 'levels' | 'budget' | 'canStopThinking'> {
  const none = { levels: [], budget: [0, 0] as const, canStopThinking: true }
  if (/^gemini-(?:embedding|2\.0)/.test(id)) return { thinking: 'none', ...none }
  if (id.startsWith('gemini-2.5-pro')) {
    return { thinking: 'budget', levels: [], budget: [128, 32_768], canStopThinking: false }
  }
  if (id.startsWith('gemini-2.5')) {
    const least = id.includes('lite') ? 512 : 1
    return { thinking: 'budget', levels: [], budget: [least, 24_576], canStopThinking: true }
  }
  const isLowest = !/-pro|-3\.[78]-flash$|flash-latest|^gemini-4-hydrogen/.test(id)
  // "Thinking levels: LOW, MEDIUM, HIGH (default), and XHIGH" (developer guide of Gemini 4 Hydrogen).
  const isHighest = id.startsWith('gemini-4-hydrogen')
  const levels = [...(isLowest ? ['MINIMAL'] : []), 'LOW', 'MEDIUM', 'HIGH', ...(isHighest ? ['XHIGH'] : [])]
  return { thinking: 'level', levels, budget: [0, 32_768], canStopThinking: false }
}
