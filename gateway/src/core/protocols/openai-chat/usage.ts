// The wire's usage object → canonical usage. Cached and written tokens stand inside the prompt, reasoning inside the
// completion (OpenAI API reference, "CompletionUsage"); vendors of the same wire name the written ones differently.
import { asRecord, type JsonRecord } from '../lenient-json.ts'
import { tokenCount, type Usage } from '../usage.ts'

/** Undefined when the object holds no figures. Parts never exceed what they are part of. */
export function readUsage(raw: JsonRecord): Usage | undefined {
  if (typeof raw['prompt_tokens'] !== 'number' && typeof raw['completion_tokens'] !== 'number') return undefined
  const inside = asRecord(raw['prompt_tokens_details']) ?? {}
  const outside = asRecord(raw['completion_tokens_details']) ?? {}
  const prompt = tokenCount(raw['prompt_tokens'])
  const cacheReadTokens = Math.min(tokenCount(inside['cached_tokens']), prompt)
  const written = inside['cache_write_tokens'] ?? inside['cache_creation_input_tokens']
  const cacheWrite5mTokens = Math.min(tokenCount(written), prompt - cacheReadTokens)
  const inputTokens = prompt - cacheReadTokens - cacheWrite5mTokens
  const outputTokens = tokenCount(raw['completion_tokens'])
  return {
    inputTokens,
    cacheReadTokens,
    cacheWrite5mTokens,
    cacheWrite1hTokens: 0,
    outputTokens,
    reasoningTokens: Math.min(tokenCount(outside['reasoning_tokens']), outputTokens),
    audioInputTokens: Math.min(tokenCount(inside['audio_tokens']), inputTokens),
    audioOutputTokens: Math.min(tokenCount(outside['audio_tokens']), outputTokens),
  }
}
