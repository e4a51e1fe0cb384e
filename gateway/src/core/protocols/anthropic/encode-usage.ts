// Canonical usage → the wire's usage objects: the full one of messages, and the cumulative one that ends a stream (Anthropic
// Messages API, Usage and MessageDeltaUsage). Fields without a figure are null, as the newer API version writes them and the
// older one allows.
import { cacheWriteTokens, type Usage } from '../usage.ts'

const tiers: ReadonlySet<string | undefined> = new Set(['standard', 'priority', 'batch'])

export function encodeUsage(usage: Usage): object {
  const of1h = usage.cacheWrite1hTokens + usage.cacheWrite12hTokens
  return {
    ...encodeFinalUsage(usage),
    // The wire knows two lives of a cache entry; others' count as the next shorter one.
    cache_creation: {
      ephemeral_5m_input_tokens: cacheWriteTokens(usage) - of1h,
      ephemeral_1h_input_tokens: of1h,
    },
    service_tier: tiers.has(usage.serviceTier) ? usage.serviceTier : null,
    inference_geo: null,
    speed: null,
  }
}

export function encodeFinalUsage(usage: Usage): object {
  const { webSearches, webFetches } = usage
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: cacheWriteTokens(usage),
    cache_read_input_tokens: usage.cacheReadTokens,
    output_tokens: usage.outputTokens,
    output_tokens_details: usage.reasoningTokens > 0 ? { thinking_tokens: usage.reasoningTokens } : null,
    server_tool_use:
      webSearches + webFetches > 0 ? { web_search_requests: webSearches, web_fetch_requests: webFetches } : null,
  }
}
