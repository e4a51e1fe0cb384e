// How the Messages wire reports what was used: both cache figures stand beside input_tokens, not inside it, and thinking
// is part of output_tokens (Messages API reference, Usage and MessageDeltaUsage).
import type { Usage } from '../ledger.ts'

export interface ReportForm {
  /** Version 2026-10-21 names every field, null where there is nothing to say. */
  isNewer: boolean
  /** Whether the request let the model think; the older version splits its output only then. */
  splitsOutput: boolean
  /** Where and how fast the request wanted to be served; both have prices of their own. */
  inferenceGeo: string | null
  speed: string | null
}

/** The split by life is told once, in the message, and not repeated in the stream's last usage. */
export function fullUsage(usage: Usage, form: ReportForm): object {
  const { cacheWrite5m, cacheWrite1h } = usage
  return {
    ...inputUsage(usage),
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite5m, ephemeral_1h_input_tokens: cacheWrite1h },
    ...outputUsage(usage, form),
    service_tier: 'standard',
    ...(form.isNewer || form.inferenceGeo !== null ? { inference_geo: form.inferenceGeo } : {}),
    ...(form.isNewer || form.speed !== null ? { speed: form.speed } : {}),
  }
}

/** Cumulative: it holds for the whole answer and overrides what message_start said. */
export function finalUsage(usage: Usage, form: ReportForm): object {
  return { ...inputUsage(usage), ...outputUsage(usage, form) }
}

function inputUsage(usage: Usage): object {
  return {
    // What a search brought in is input like the prompt's, but known only once it was made.
    input_tokens: usage.input + usage.toolInput,
    cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    cache_read_input_tokens: usage.cacheRead,
  }
}

function outputUsage({ output, reasoning, webSearches }: Usage, form: ReportForm): object {
  const details = form.splitsOutput ? { thinking_tokens: reasoning } : null
  const tools = webSearches > 0 ? { web_search_requests: webSearches, web_fetch_requests: 0 } : null
  return {
    output_tokens: output,
    ...(details === null && !form.isNewer ? {} : { output_tokens_details: details }),
    ...(tools === null && !form.isNewer ? {} : { server_tool_use: tools }),
  }
}
