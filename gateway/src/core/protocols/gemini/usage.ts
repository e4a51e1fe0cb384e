// The wire's usageMetadata ↔ canonical usage (Gemini API reference, "UsageMetadata"). Cached content stands inside the prompt,
// tool-use prompts beside it; thoughts stand outside the candidates and are billed like them. In a stream the latest object
// replaces the earlier ones as a whole: counters may go down.
import { asRecords, asText, type JsonRecord } from '../lenient-json.ts'
import { noUsage, tokenCount, totalInputTokens, totalTokens, type Usage } from '../usage.ts'

/** Undefined when the object holds no figures, as interim ones do that only name the traffic type. */
export function readUsage(raw: JsonRecord): Usage | undefined {
  if (typeof raw['promptTokenCount'] !== 'number' && typeof raw['candidatesTokenCount'] !== 'number') return undefined
  const byTools = tokenCount(raw['toolUsePromptTokenCount'])
  const prompt = tokenCount(tokenCount(raw['promptTokenCount']) + byTools)
  const cacheReadTokens = Math.min(tokenCount(raw['cachedContentTokenCount']), prompt)
  const inputTokens = prompt - cacheReadTokens
  const thoughts = tokenCount(raw['thoughtsTokenCount'])
  const outputTokens = tokenCount(tokenCount(raw['candidatesTokenCount']) + thoughts)
  const reasoningTokens = Math.min(thoughts, outputTokens)
  const audioInputTokens = Math.min(uncached(raw, 'AUDIO'), inputTokens)
  const imageInputTokens = Math.min(uncached(raw, 'IMAGE'), inputTokens - audioInputTokens)
  const said = outputTokens - reasoningTokens
  const audioOutputTokens = Math.min(tokensOf('AUDIO', raw['candidatesTokensDetails']), said)
  return {
    ...noUsage,
    inputTokens,
    cacheReadTokens,
    outputTokens,
    reasoningTokens,
    audioInputTokens,
    imageInputTokens,
    toolInputTokens: Math.min(byTools, inputTokens - audioInputTokens - imageInputTokens),
    audioOutputTokens,
    imageOutputTokens: Math.min(tokensOf('IMAGE', raw['candidatesTokensDetails']), said - audioOutputTokens),
    serviceTier: tierOf(raw['serviceTier']),
  }
}

/** Searches stand beside the usage, in the candidates. */
export function withSearches(usage: Usage, webSearches: number): Usage {
  return webSearches === 0 ? usage : { ...usage, webSearches }
}

/** "standard", "priority", "flex"; "unspecified" is the standard one. Older servers write SERVICE_TIER_PRIORITY. */
export function tierOf(value: unknown): string | undefined {
  const tier = asText(value)
    ?.toLowerCase()
    .replace(/^service_tier_/, '')
  return tier === 'unspecified' ? undefined : tier
}

/** What of a modality stood in the prompt and was not read from the cache. */
function uncached(raw: JsonRecord, modality: string): number {
  return Math.max(0, tokensOf(modality, raw['promptTokensDetails']) - tokensOf(modality, raw['cacheTokensDetails']))
}

function tokensOf(modality: string, details: unknown): number {
  const counts = asRecords(details).filter((detail) => asText(detail['modality']) === modality)
  return tokenCount(counts.reduce((sum, detail) => sum + tokenCount(detail['tokenCount']), 0))
}

/** The object of an answer that we write. The vendor leaves out what is 0 but for the sums. */
export function renderUsage(usage: Usage): object {
  const { cacheReadTokens, reasoningTokens, toolInputTokens, audioInputTokens, imageInputTokens } = usage
  const prompt = totalInputTokens(usage) - toolInputTokens
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: usage.outputTokens - reasoningTokens,
    totalTokenCount: totalTokens(usage),
    ...counted('cachedContentTokenCount', cacheReadTokens),
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: prompt - audioInputTokens - imageInputTokens },
      ...ofModality('IMAGE', imageInputTokens),
      ...ofModality('AUDIO', audioInputTokens),
    ],
    ...counted('toolUsePromptTokenCount', toolInputTokens),
    ...counted('thoughtsTokenCount', reasoningTokens),
  }
}

function counted(name: string, count: number): object {
  return count === 0 ? {} : { [name]: count }
}

function ofModality(modality: string, tokens: number): object[] {
  return tokens === 0 ? [] : [{ modality, tokenCount: tokens }]
}
