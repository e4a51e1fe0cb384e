// Usage as DashScope's compatible mode reports it: caches are part of the prompt, and what an explicit cache wrote is
// told beside what it read; reasoning is part of the completion (Model Studio, "Context cache" and "Deep thinking").
import { cacheWrites, wholeInput } from '../../ledger.ts'
import type { Answer } from '../../vendor.ts'

export interface UsageForm {
  isExplicit: boolean
  thinks: boolean
}

export function chatUsage({ usage }: Answer, { isExplicit, thinks }: UsageForm): object {
  const promptTokens = wholeInput(usage)
  return {
    prompt_tokens: promptTokens,
    completion_tokens: usage.output,
    total_tokens: promptTokens + usage.output,
    ...(thinks ? { completion_tokens_details: { reasoning_tokens: usage.reasoning } } : {}),
    prompt_tokens_details: { cached_tokens: usage.cacheRead, ...(isExplicit ? explicitCache(cacheWrites(usage)) : {}) },
  }
}

/** Only an explicit cache has a type, and only its writes are billed. */
export function explicitCache(written: number): object {
  return {
    cache_creation_input_tokens: written,
    cache_creation: { ephemeral_5m_input_tokens: written },
    cache_type: 'ephemeral',
  }
}
