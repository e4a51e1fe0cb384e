// Usage in Chat Completions (API reference, "The usage object"): what was read from and written to the cache is part of
// the prompt, reasoning is part of the completion.
import { cacheWrites, wholeInput } from '../../ledger.ts'
import type { Answer } from '../../vendor.ts'
import { abilitiesOf } from './models.ts'

export function chatUsage({ usage, model }: Answer): object {
  const promptTokens = wholeInput(usage)
  const written = abilitiesOf(model).billsCacheWrites ? { cache_write_tokens: cacheWrites(usage) } : {}
  return {
    prompt_tokens: promptTokens,
    completion_tokens: usage.output,
    total_tokens: promptTokens + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead, audio_tokens: 0, ...written },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}
