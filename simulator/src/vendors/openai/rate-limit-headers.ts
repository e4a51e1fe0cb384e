// OpenAI's rate-limit headers: x-ratelimit-{limit,remaining,reset}-{requests,tokens}; a reset is a duration like
// "6m0s".
import type { LimitLevels } from '../../rate-limits.ts'

export function openAiRateLimitHeaders(levels: LimitLevels | null): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const dimension of ['requests', 'tokens'] as const) {
    const level = levels?.[dimension]
    if (level === undefined) continue
    headers[`x-ratelimit-limit-${dimension}`] = String(level.limit)
    headers[`x-ratelimit-remaining-${dimension}`] = String(level.remaining)
    headers[`x-ratelimit-reset-${dimension}`] = durationInWords(level.resetMs)
  }
  return headers
}

/** 12 → "12ms", 1500 → "1.5s", 360000 → "6m0s", as OpenAI prints them. */
export function durationInWords(ms: number): string {
  if (ms < 1000) return `${ms}ms`
  if (ms < 60_000) return `${ms / 1000}s`
  return `${Math.floor(ms / 60_000)}m${Number(((ms % 60_000) / 1000).toFixed(3))}s`
}
