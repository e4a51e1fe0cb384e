// The models Anthropic offers here. Limits from models.dev (MIT), 2026-07; ids of newer families from the vendor's
// price page. A class shares its limits over versions, as on Anthropic's rate limits page ("Claude Opus 4.x").
import type { Model } from '../../vendor.ts'

const MODEL_LIMITS: readonly [id: string, contextTokensMax: number, outputTokensMax: number][] = [
  ['claude-opus-5-5', 1_000_000, 128_000],
  ['claude-sonnet-5-5', 1_000_000, 128_000],
  ['claude-haiku-5-5', 200_000, 64_000],
  ['claude-sonnet-5', 1_000_000, 128_000],
  ['claude-opus-4-8', 1_000_000, 128_000],
  ['claude-opus-4-7', 1_000_000, 128_000],
  ['claude-opus-4-6', 1_000_000, 128_000],
  ['claude-opus-4-5', 200_000, 64_000],
  ['claude-opus-4-1', 200_000, 32_000],
  ['claude-sonnet-4-6', 1_000_000, 64_000],
  ['claude-sonnet-4-5', 200_000, 64_000],
  ['claude-sonnet-4-5-20250929', 200_000, 64_000],
  ['claude-sonnet-4-0', 200_000, 64_000],
  ['claude-haiku-4-5', 200_000, 64_000],
  ['claude-haiku-4-5-20251001', 200_000, 64_000],
  ['claude-3-haiku-20240307', 200_000, 4_096],
]

export const CLAUDE_MODELS: readonly Model[] = MODEL_LIMITS.map(([id, contextTokensMax, outputTokensMax]) => ({
  id,
  rateClass: rateClass(id),
  contextTokensMax,
  outputTokensMax,
}))

function rateClass(id: string): string {
  return /^claude-(?:opus|sonnet|haiku)-\d+/.exec(id)?.[0] ?? id
}
