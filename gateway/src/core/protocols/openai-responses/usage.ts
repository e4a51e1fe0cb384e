// The wire's usage object → canonical usage, and back. Cached and written tokens stand inside the input, reasoning inside the
// output (OpenAI API reference, "ResponseUsage"); another vendor of the wire bills by a detail beside them (Model Studio,
// "OpenAI compatible - Responses", `x_details`).
import { asRecord, asRecords, type JsonRecord } from '../lenient-json.ts'
import {
  cacheTier,
  cacheWriteTokens,
  noUsage,
  tokenCount,
  totalInputTokens,
  totalTokens,
  type Usage,
} from '../usage.ts'
import type { WireResponse } from './wire.ts'

/** Undefined when the object holds no figures. Parts never exceed what they are part of. */
export function readUsage(raw: JsonRecord, serviceTier?: string, webSearches = 0): Usage | undefined {
  if (typeof raw['input_tokens'] !== 'number' && typeof raw['output_tokens'] !== 'number') return undefined
  const outputTokens = tokenCount(raw['output_tokens'])
  const outputDetails = asRecord(raw['output_tokens_details']) ?? {}
  return {
    ...noUsage,
    ...readInput(raw),
    outputTokens,
    reasoningTokens: Math.min(tokenCount(outputDetails['reasoning_tokens']), outputTokens),
    webSearches,
    serviceTier: cacheTier(billedDetails(raw)) ?? serviceTier,
  }
}

type Input = Pick<
  Usage,
  'inputTokens' | 'cacheReadTokens' | 'cacheWrite5mTokens' | 'cacheWrite30mTokens' | 'cacheWrite12hTokens'
>

function readInput(raw: JsonRecord): Input {
  const details = asRecord(raw['input_tokens_details']) ?? {}
  const billed = billedDetails(raw)
  let rest = tokenCount(raw['input_tokens'])
  const take = (count: number) => {
    const taken = Math.min(count, rest)
    rest -= taken
    return taken
  }
  const cacheReadTokens = take(tokenCount(details['cached_tokens'] ?? billed['cached_tokens']))
  // What was written is kept for half an hour, or as long as the split says; the other vendor's cache for five minutes.
  const written = tokenCount(details['cache_write_tokens'])
  const long = tokenCount(asRecord(details['cache_write_tokens_details'])?.['ttl_12h_tokens'])
  const cacheWrite12hTokens = take(Math.min(long, written))
  const cacheWrite30mTokens = take(written - cacheWrite12hTokens)
  const cacheWrite5mTokens = written > 0 ? 0 : take(tokenCount(billed['cache_creation_input_tokens']))
  return { inputTokens: rest, cacheReadTokens, cacheWrite5mTokens, cacheWrite30mTokens, cacheWrite12hTokens }
}

function billedDetails(raw: JsonRecord): JsonRecord {
  return asRecord(asRecords(raw['x_details'])[0]?.['prompt_tokens_details']) ?? {}
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
