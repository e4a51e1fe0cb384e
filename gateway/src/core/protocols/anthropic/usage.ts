// The wire's usage objects → canonical usage. Input excludes both cache figures; thinking stands inside the output. A stream
// reports twice: `message_start`, then `message_delta`, whose fields replace the earlier ones where they are not null
// (Anthropic Messages API, "Usage"). Only the first knows how long the written cache lives. `encode-usage.ts` is the way back.
import { asRecord, asRecords, asText, type JsonRecord } from '../lenient-json.ts'
import { noUsage, tokenCount, type Usage } from '../usage.ts'

/** Undefined when the object holds no figures. */
export function readUsage(raw: JsonRecord): Usage | undefined {
  if (typeof raw['input_tokens'] !== 'number' && typeof raw['output_tokens'] !== 'number') return undefined
  const iterations = asRecords(raw['iterations'])
  const answer = readFigures(raw, readSplit(raw, iterations))
  const serverTools = asRecord(raw['server_tool_use']) ?? {}
  const thinking = tokenCount(asRecord(raw['output_tokens_details'])?.['thinking_tokens'])
  const usage: Usage = {
    ...noUsage,
    ...answer,
    reasoningTokens: Math.min(thinking, answer.outputTokens),
    webSearches: tokenCount(serverTools['web_search_requests']),
    webFetches: tokenCount(serverTools['web_fetch_requests']),
    serviceTier: billedTier(raw) ?? asText(raw['service_tier']),
  }
  // Summarizing the conversation is billed like the answer, and is the one iteration that the answer's own figures leave out.
  return iterations.filter(({ type }) => type === 'compaction').reduce(addFigures, usage)
}

/** The fast mode and data that stay in one country have prices of their own, whatever the tier; a request says it in the same words. */
export function billedTier({ speed, inference_geo: geo }: JsonRecord): string | undefined {
  if (geo !== 'us') return speed === 'fast' ? 'fast' : undefined
  return speed === 'fast' ? 'fast-us' : 'us'
}

type Figures = Pick<
  Usage,
  'inputTokens' | 'cacheReadTokens' | 'cacheWrite5mTokens' | 'cacheWrite1hTokens' | 'outputTokens'
>

interface CacheSplit {
  of5m: number
  of1h: number
}

function readFigures(raw: JsonRecord, split: CacheSplit): Figures {
  // The total may be newer than the split: what the split does not explain is counted as the cheaper, usual kind.
  const hasTotal = typeof raw['cache_creation_input_tokens'] === 'number'
  const written = hasTotal ? tokenCount(raw['cache_creation_input_tokens']) : tokenCount(split.of1h + split.of5m)
  const cacheWrite1hTokens = Math.min(split.of1h, written)
  return {
    inputTokens: tokenCount(raw['input_tokens']),
    cacheReadTokens: tokenCount(raw['cache_read_input_tokens']),
    cacheWrite5mTokens: written - cacheWrite1hTokens,
    cacheWrite1hTokens,
    outputTokens: tokenCount(raw['output_tokens']),
  }
}

/** The split of the answer's own figures; where they have outgrown it, that of the iterations, which comes with the last report. */
function readSplit(raw: JsonRecord, iterations: readonly JsonRecord[]): CacheSplit {
  const own = splitOf(raw)
  if (own.of5m + own.of1h >= tokenCount(raw['cache_creation_input_tokens'])) return own
  const parts = iterations.filter(({ type }) => type === 'message' || type === 'fallback_message').map(splitOf)
  const sum = parts.reduce((a, b) => ({ of5m: a.of5m + b.of5m, of1h: a.of1h + b.of1h }), { of5m: 0, of1h: 0 })
  return sum.of5m + sum.of1h > own.of5m + own.of1h ? sum : own
}

function splitOf(raw: JsonRecord): CacheSplit {
  const split = asRecord(raw['cache_creation']) ?? {}
  return {
    of5m: tokenCount(split['ephemeral_5m_input_tokens']),
    of1h: tokenCount(split['ephemeral_1h_input_tokens']),
  }
}

function addFigures(usage: Usage, iteration: JsonRecord): Usage {
  const more = readFigures(iteration, splitOf(iteration))
  const sum = { ...usage }
  for (const [name, count] of Object.entries(more) as [keyof Figures, number][])
    sum[name] = tokenCount(sum[name] + count)
  return sum
}

/** The later report over the earlier one, field by field. */
export function mergeUsage(earlier: JsonRecord | undefined, later: JsonRecord): JsonRecord {
  const reported = Object.entries(later).filter(([, value]) => value !== null)
  return { ...earlier, ...Object.fromEntries(reported) }
}
