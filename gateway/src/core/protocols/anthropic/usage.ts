// The wire's usage objects → canonical usage. Input excludes both cache figures; thinking stands inside the output. A stream
// reports twice: `message_start`, then `message_delta`, whose fields replace the earlier ones where they are not null
// (Anthropic Messages API, "Usage"). Only the first knows how long the written cache lives.
import { asRecord, type JsonRecord } from '../lenient-json.ts'
import { tokenCount, type Usage } from '../usage.ts'

/** Undefined when the object holds no figures. */
export function readUsage(raw: JsonRecord): Usage | undefined {
  if (typeof raw['input_tokens'] !== 'number' && typeof raw['output_tokens'] !== 'number') return undefined
  const split = asRecord(raw['cache_creation']) ?? {}
  const split1h = tokenCount(split['ephemeral_1h_input_tokens'])
  const split5m = tokenCount(split['ephemeral_5m_input_tokens'])
  // The total may be newer than the split: what the split does not explain is counted as the cheaper, usual kind.
  const hasTotal = typeof raw['cache_creation_input_tokens'] === 'number'
  const written = hasTotal ? tokenCount(raw['cache_creation_input_tokens']) : tokenCount(split1h + split5m)
  const cacheWrite1hTokens = Math.min(split1h, written)
  const outputTokens = tokenCount(raw['output_tokens'])
  const thinking = tokenCount(asRecord(raw['output_tokens_details'])?.['thinking_tokens'])
  return {
    inputTokens: tokenCount(raw['input_tokens']),
    cacheReadTokens: tokenCount(raw['cache_read_input_tokens']),
    cacheWrite5mTokens: written - cacheWrite1hTokens,
    cacheWrite1hTokens,
    outputTokens,
    reasoningTokens: Math.min(thinking, outputTokens),
    audioInputTokens: 0,
    audioOutputTokens: 0,
  }
}

/** The later report over the earlier one, field by field. */
export function mergeUsage(earlier: JsonRecord | undefined, later: JsonRecord): JsonRecord {
  const reported = Object.entries(later).filter(([, value]) => value !== null)
  return { ...earlier, ...Object.fromEntries(reported) }
}
