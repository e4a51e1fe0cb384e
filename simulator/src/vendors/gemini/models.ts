// The models Google offers here. Limits from models.dev (MIT), 2026-07. Limits are per project and model.
import type { Model } from '../../vendor.ts'

const CONTEXT_TOKENS_MAX = 1_048_576

const MODEL_LIMITS: readonly [id: string, outputTokensMax: number][] = [
  ['gemini-2.5-flash', 65_536],
  ['gemini-2.5-flash-lite', 65_536],
  ['gemini-2.5-pro', 65_536],
  ['gemini-2.0-flash', 8_192],
  ['gemini-3-flash-preview', 65_536],
  ['gemini-3-pro-preview', 65_536],
  ['gemini-3.1-pro-preview', 65_536],
  ['gemini-3.1-flash-lite', 65_536],
  ['gemini-3.5-flash', 65_536],
  ['gemini-3.5-flash-lite', 65_536],
  ['gemini-flash-latest', 65_536],
]

export const GEMINI_MODELS: readonly Model[] = MODEL_LIMITS.map(([id, outputTokensMax]) => ({
  id,
  rateClass: id,
  contextTokensMax: CONTEXT_TOKENS_MAX,
  outputTokensMax,
}))
