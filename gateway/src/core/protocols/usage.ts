// What one attempt consumed, in one canonical shape for all wires. Each wire's decoder maps the vendor's own relations
// (cached inside or outside the input, reasoning inside or outside the output) onto it.

/** Token counts are safe non-negative integers. The classes of the input are disjoint; so are those of the output but one. */
export interface Usage {
  /** Input that was neither read from nor written to the provider's prompt cache. */
  inputTokens: number
  cacheReadTokens: number
  cacheWrite5mTokens: number
  cacheWrite1hTokens: number
  /** All output, reasoning included. */
  outputTokens: number
  /** The part of `outputTokens` that was reasoning. */
  reasoningTokens: number
  /** The part of `inputTokens` that was audio. */
  audioInputTokens: number
  /** The part of `outputTokens` that was audio. */
  audioOutputTokens: number
}

/**
 * Where the figures come from: `reported` by the provider in full, `partial` (reported, but the answer was cut before the
 * last figures), `estimated` by us, `recovered` from the journal after a crash, `none` (nothing was consumed).
 */
export type UsageSource = 'reported' | 'partial' | 'estimated' | 'recovered' | 'none'

export const noUsage: Readonly<Usage> = Object.freeze({
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  audioInputTokens: 0,
  audioOutputTokens: 0,
})

export function totalInputTokens(usage: Usage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens
}

export function totalTokens(usage: Usage): number {
  return totalInputTokens(usage) + usage.outputTokens
}

/** A thousand full context windows of today's largest models: what lies above is no count of tokens. */
const plausibleTokensMax = 1_000_000_000

/** A provider reports what it likes: anything that is not a plausible whole number of tokens counts as 0. */
export function tokenCount(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= plausibleTokensMax ? value : 0
}
