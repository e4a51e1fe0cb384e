// Anthropic's rate-limit headers:
// anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}. A reset is an RFC 3339
// time; remaining tokens are rounded to the thousand.
import type { LimitLevel, LimitLevels } from '../../rate-limits.ts'

const ROUNDED_TO_TOKENS = 1000

export function claudeRateLimitHeaders(levels: LimitLevels | null, nowMs: number): Record<string, string> {
  const headers: Record<string, string> = {}
  if (levels === null) return headers
  const input = levels['input-tokens']
  const output = levels['output-tokens']
  if (levels.requests !== undefined) write(headers, 'requests', levels.requests, nowMs, 1)
  if (input !== undefined) write(headers, 'input-tokens', input, nowMs, ROUNDED_TO_TOKENS)
  if (output !== undefined) write(headers, 'output-tokens', output, nowMs, ROUNDED_TO_TOKENS)
  if (input !== undefined && output !== undefined) {
    write(headers, 'tokens', sum(input, output), nowMs, ROUNDED_TO_TOKENS)
  }
  return headers
}

function write(headers: Record<string, string>, name: string, level: LimitLevel, nowMs: number, unit: number): void {
  const prefix = `anthropic-ratelimit-${name}`
  headers[`${prefix}-limit`] = String(level.limit)
  headers[`${prefix}-remaining`] = String(Math.round(level.remaining / unit) * unit)
  headers[`${prefix}-reset`] = new Date(nowMs + level.resetMs).toISOString().replace(/\.\d+Z$/, 'Z')
}

function sum(input: LimitLevel, output: LimitLevel): LimitLevel {
  return {
    limit: input.limit + output.limit,
    remaining: input.remaining + output.remaining,
    resetMs: Math.max(input.resetMs, output.resetMs),
  }
}
