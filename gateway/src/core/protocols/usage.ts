// What one attempt consumed, in one canonical shape for all wires. Each wire's decoder maps the vendor's own relations
// (cached inside or outside the input, reasoning inside or outside the output) onto it.
import { asRecord, type JsonRecord } from './lenient-json.ts'

/** All counts are safe non-negative integers. The classes of the input are disjoint; so are those of the output but one. */
export interface Usage {
  /** Input that was neither read from nor written to the provider's prompt cache. */
  inputTokens: number
  cacheReadTokens: number
  cacheWrite5mTokens: number
  cacheWrite30mTokens: number
  cacheWrite1hTokens: number
  cacheWrite12hTokens: number
  /** All output, reasoning included. */
  outputTokens: number
  /** The part of `outputTokens` that was reasoning. */
  reasoningTokens: number
  /** The part of `inputTokens` that was audio, images, or what the vendor's own tools put into the prompt. */
  audioInputTokens: number
  imageInputTokens: number
  toolInputTokens: number
  /** The part of `outputTokens` that was audio, or images. */
  audioOutputTokens: number
  imageOutputTokens: number
  /** Calls of the vendor's own tools, which vendors bill apiece. */
  webSearches: number
  webFetches: number
  /** The tier that really served ("priority", "flex", "batch", …), where the answer names one. */
  serviceTier: string | undefined
}

/**
 * A vendor bills what it found in a cache that the request had asked for by another price than what it found by itself; both are
 * never in one answer, so it is a tier of its own. Its answers name the kind beside the count (Model Studio, "Context cache").
 */
export function cacheTier(details: JsonRecord): string | undefined {
  return details['cache_type'] === 'ephemeral' ? 'explicit-cache' : undefined
}

type SplitInput = Pick<
  Usage,
  'inputTokens' | 'cacheReadTokens' | 'cacheWrite5mTokens' | 'cacheWrite30mTokens' | 'cacheWrite12hTokens'
>

/**
 * A whole prompt that says what of it was read from the cache and written to it: parts never exceed it. `details`: as the wires of
 * OpenAI have it, whose own cache keeps what was written for half an hour, or as long as its split says. `explicitlyWritten`: by the
 * explicit cache of another vendor, which keeps it for five minutes.
 */
export function splitInput(
  whole: unknown,
  cached: unknown,
  details: JsonRecord,
  explicitlyWritten: unknown,
): SplitInput {
  let rest = tokenCount(whole)
  const take = (count: number) => {
    const taken = Math.min(count, rest)
    rest -= taken
    return taken
  }
  const cacheReadTokens = take(tokenCount(cached))
  const written = tokenCount(details['cache_write_tokens'])
  const long = tokenCount(asRecord(details['cache_write_tokens_details'])?.['ttl_12h_tokens'])
  const cacheWrite12hTokens = take(Math.min(long, written))
  const cacheWrite30mTokens = take(written - cacheWrite12hTokens)
  const cacheWrite5mTokens = written > 0 ? 0 : take(tokenCount(explicitlyWritten))
  return { inputTokens: rest, cacheReadTokens, cacheWrite5mTokens, cacheWrite30mTokens, cacheWrite12hTokens }
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
  cacheWrite30mTokens: 0,
  cacheWrite1hTokens: 0,
  cacheWrite12hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  audioInputTokens: 0,
  imageInputTokens: 0,
  toolInputTokens: 0,
  audioOutputTokens: 0,
  imageOutputTokens: 0,
  webSearches: 0,
  webFetches: 0,
  serviceTier: undefined,
})

export function cacheWriteTokens(usage: Usage): number {
  return usage.cacheWrite5mTokens + usage.cacheWrite30mTokens + usage.cacheWrite1hTokens + usage.cacheWrite12hTokens
}

export function totalInputTokens(usage: Usage): number {
  return usage.inputTokens + usage.cacheReadTokens + cacheWriteTokens(usage)
}

export function totalTokens(usage: Usage): number {
  return totalInputTokens(usage) + usage.outputTokens
}

/** Class by class; the sum of several tiers has none. */
export function addUsage(one: Usage, other: Usage): Usage {
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
    cacheWrite5mTokens: one.cacheWrite5mTokens + other.cacheWrite5mTokens,
    cacheWrite30mTokens: one.cacheWrite30mTokens + other.cacheWrite30mTokens,
    cacheWrite1hTokens: one.cacheWrite1hTokens + other.cacheWrite1hTokens,
    cacheWrite12hTokens: one.cacheWrite12hTokens + other.cacheWrite12hTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    reasoningTokens: one.reasoningTokens + other.reasoningTokens,
    audioInputTokens: one.audioInputTokens + other.audioInputTokens,
    imageInputTokens: one.imageInputTokens + other.imageInputTokens,
    toolInputTokens: one.toolInputTokens + other.toolInputTokens,
    audioOutputTokens: one.audioOutputTokens + other.audioOutputTokens,
    imageOutputTokens: one.imageOutputTokens + other.imageOutputTokens,
    webSearches: one.webSearches + other.webSearches,
    webFetches: one.webFetches + other.webFetches,
    serviceTier: undefined,
  }
}

/** A thousand full context windows of today's largest models: what lies above is no count of tokens. */
const plausibleTokensMax = 1_000_000_000

/** A provider reports what it likes: anything that is not a plausible whole number of tokens counts as 0. */
export function tokenCount(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= plausibleTokensMax ? value : 0
}
