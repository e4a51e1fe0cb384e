// The wire's usage object → canonical usage, and back. Cached and written tokens stand inside the prompt, reasoning inside the
// completion (OpenAI API reference, "CompletionUsage"); vendors of the same wire name the cached and the written ones differently.
import { asRecord, type JsonRecord } from '../lenient-json.ts'
import {
  cacheTier,
  cacheWriteTokens,
  noUsage,
  splitInput,
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
  // Vendors of the wire name what was read from their caches differently.
  const cached = inside['cached_tokens'] ?? raw['prompt_cache_hit_tokens'] ?? raw['cached_tokens']
  const input = splitInput(raw['prompt_tokens'], cached, inside, inside['cache_creation_input_tokens'])
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
