// The models DashScope offers here. Limits from models.dev (MIT), 2026-07. Limits are per Alibaba account and model.
import type { Model } from '../../vendor.ts'

const MODEL_LIMITS: readonly [id: string, contextTokensMax: number, outputTokensMax: number][] = [
  ['qwen-plus', 1_000_000, 32_768],
  ['qwen-turbo', 1_000_000, 16_384],
  ['qwen-flash', 1_000_000, 32_768],
  ['qwen-max', 32_768, 8_192],
  ['qwen3-max', 262_144, 65_536],
  ['qwen3-coder-plus', 1_048_576, 65_536],
  ['qwen3-coder-flash', 1_000_000, 65_536],
  ['qwen3.5-plus', 1_000_000, 65_536],
  ['qwen3.6-plus', 1_000_000, 65_536],
  ['qwen3.7-plus', 1_000_000, 65_536],
  ['qwen3.7-max', 1_000_000, 65_536],
]

export const QWEN_MODELS: readonly Model[] = MODEL_LIMITS.map(([id, contextTokensMax, outputTokensMax]) => ({
  id,
  rateClass: id,
  contextTokensMax,
  outputTokensMax,
}))
