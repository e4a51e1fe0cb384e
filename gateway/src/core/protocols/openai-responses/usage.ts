// The wire's usage object → canonical usage, and back. Cached and written tokens stand inside the input, reasoning inside the
// output (OpenAI API reference, "ResponseUsage"); another vendor of the wire bills by a detail beside them (Model Studio,
// "OpenAI compatible - Responses", `x_details`).
import { asRecord, asRecords, type JsonRecord } from '../lenient-json.ts'
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
import type { WireResponse } from './wire.ts'

/** Undefined when the object holds no figures. Parts never exceed what they are part of. */
export function readUsage(raw: JsonRecord, serviceTier?: string, webSearches = 0): Usage | undefined {
  if (typeof raw['input_tokens'] !== 'number' && typeof raw['output_tokens'] !== 'number') return undefined
  const details = asRecord(raw['input_tokens_details']) ?? {}
  const billed = asRecord(asRecords(raw['x_details'])[0]?.['prompt_tokens_details']) ?? {}
  const cached = details['cached_tokens'] ?? billed['cached_tokens']
  const outputTokens = tokenCount(raw['output_tokens'])
  const outputDetails = asRecord(raw['output_tokens_details']) ?? {}
  return {
    ...noUsage,
    ...splitInput(raw['input_tokens'], cached, details, billed['cache_creation_input_tokens']),
    outputTokens,
    reasoningTokens: Math.min(tokenCount(outputDetails['reasoning_tokens']), outputTokens),
    webSearches,
    serviceTier: cacheTier(billed) ?? serviceTier,
  }
}

export function usageOf(response: WireResponse): Usage | undefined {
  return response.usage && readUsage(response.usage, response.serviceTier, countSearches(response))
}

/** Only searches are billed apiece, not the pages that were opened or searched in. Where the vendor counts itself, it is right. */
function countSearches({ searches, items }: WireResponse): number {
  if (searches !== undefined) return tokenCount(searches)
  return items.filter(({ type, action }) => {
    return type === 'web_search_call' && (asRecord(action)?.['type'] ?? 'search') === 'search'
  }).length
}

export function encodeUsage(usage: Usage): object {
  return {
    input_tokens: totalInputTokens(usage),
    input_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: cacheWriteTokens(usage) },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: totalTokens(usage),
  }
}
