// The wire's usage object → canonical usage, and back. Cached and written tokens stand inside the prompt, reasoning inside the
// completion (OpenAI API reference, "CompletionUsage"); vendors of the same wire name the cached and the written ones differently.
import { asRecord, type JsonRecord } from '../lenient-json.ts'
import {
  cacheTier,
  cacheWriteTokens,
  noUsage,
  tokenCount,
  totalInputTokens,
  totalTokens,
  type Usage,
} from '../usage.ts'

/**
 * Undefined when the object holds no figures. Parts never exceed what they are part of. The tier that served stands beside the
 * usage in the answer.
 */
export function readUsage(raw: JsonRecord, serviceTier?: string): Usage | undefined {
  if (typeof raw['prompt_tokens'] !== 'number' && typeof raw['completion_tokens'] !== 'number') return undefined
  const inside = asRecord(raw['prompt_tokens_details']) ?? {}
  const outside = asRecord(raw['completion_tokens_details']) ?? {}
  const input = readInput(raw, inside)
  const outputTokens = tokenCount(raw['completion_tokens'])
  const audioInputTokens = Math.min(tokenCount(inside['audio_tokens']), input.inputTokens)
  return {
    ...noUsage,
    ...input,
    outputTokens,
    reasoningTokens: Math.min(tokenCount(outside['reasoning_tokens']), outputTokens),
    audioInputTokens,
    imageInputTokens: Math.min(tokenCount(inside['image_tokens']), input.inputTokens - audioInputTokens),
    audioOutputTokens: Math.min(tokenCount(outside['audio_tokens']), outputTokens),
    serviceTier: cacheTier(inside) ?? serviceTier,
  }
}

type Input = Pick<
  Usage,
  'inputTokens' | 'cacheReadTokens' | 'cacheWrite5mTokens' | 'cacheWrite30mTokens' | 'cacheWrite12hTokens'
>

function readInput(raw: JsonRecord, inside: JsonRecord): Input {
  let rest = tokenCount(raw['prompt_tokens'])
  const take = (count: number) => {
    const taken = Math.min(count, rest)
    rest -= taken
    return taken
  }
  const cached = inside['cached_tokens'] ?? raw['prompt_cache_hit_tokens'] ?? raw['cached_tokens']
  const cacheReadTokens = take(tokenCount(cached))
  // The wire's own cache keeps what was written for half an hour, or as long as the split says; the explicit caches of other
  // vendors, which have a name of their own for it, for five minutes.
  const written = tokenCount(inside['cache_write_tokens'])
  const long = tokenCount(asRecord(inside['cache_write_tokens_details'])?.['ttl_12h_tokens'])
  const cacheWrite12hTokens = take(Math.min(long, written))
  const cacheWrite30mTokens = take(written - cacheWrite12hTokens)
  const cacheWrite5mTokens = written > 0 ? 0 : take(tokenCount(inside['cache_creation_input_tokens']))
  return { inputTokens: rest, cacheReadTokens, cacheWrite5mTokens, cacheWrite30mTokens, cacheWrite12hTokens }
}

export function encodeUsage(usage: Usage): object {
  return {
    prompt_tokens: totalInputTokens(usage),
    completion_tokens: usage.outputTokens,
    total_tokens: totalTokens(usage),
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      audio_tokens: usage.audioInputTokens,
      cache_write_tokens: cacheWriteTokens(usage),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: usage.audioOutputTokens,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}
