// The models OpenAI offers here. Limits from models.dev (MIT), 2026-07; ids of newer families from the vendor's price
// page.
import type { Model } from '../../vendor.ts'

const MODEL_LIMITS: readonly [id: string, contextTokensMax: number, outputTokensMax: number][] = [
  ['gpt-4o', 128_000, 16_384],
  ['gpt-4o-mini', 128_000, 16_384],
  ['gpt-4.1', 1_047_576, 32_768],
  ['gpt-4.1-mini', 1_047_576, 32_768],
  ['gpt-4.1-nano', 1_047_576, 32_768],
  ['gpt-5', 400_000, 128_000],
  ['gpt-5-mini', 400_000, 128_000],
  ['gpt-5-nano', 400_000, 128_000],
  ['gpt-5.1', 400_000, 128_000],
  ['gpt-5.2', 400_000, 128_000],
  ['gpt-5.2-codex', 400_000, 128_000],
  ['gpt-5.4', 1_050_000, 128_000],
  ['gpt-5.4-mini', 400_000, 128_000],
  ['gpt-5.5', 1_050_000, 128_000],
  ['gpt-5.6-sol', 1_050_000, 128_000],
  ['o3', 200_000, 100_000],
  ['o4-mini', 200_000, 100_000],
]

export const OPENAI_MODELS: readonly Model[] = MODEL_LIMITS.map(([id, contextTokensMax, outputTokensMax]) => ({
  id,
  rateClass: id,
  contextTokensMax,
  outputTokensMax,
}))
