// The wire's usageMetadata → canonical usage (Gemini API reference, "UsageMetadata"). Cached content stands inside the prompt,
// tool-use prompts beside it; thoughts stand outside the candidates and are billed like them. In a stream the latest object
// replaces the earlier ones as a whole: counters may go down.
import { asList, asRecord, asText, type JsonRecord } from '../lenient-json.ts'
import { noUsage, tokenCount, type Usage } from '../usage.ts'

/** Undefined when the object holds no figures, as interim ones do that only name the traffic type. */
export function readUsage(raw: JsonRecord): Usage | undefined {
  if (typeof raw['promptTokenCount'] !== 'number' && typeof raw['candidatesTokenCount'] !== 'number') return undefined
  const byTools = tokenCount(raw['toolUsePromptTokenCount'])
  const prompt = tokenCount(tokenCount(raw['promptTokenCount']) + byTools)
  const cacheReadTokens = Math.min(tokenCount(raw['cachedContentTokenCount']), prompt)
  const inputTokens = prompt - cacheReadTokens
  const thoughts = tokenCount(raw['thoughtsTokenCount'])
  const outputTokens = tokenCount(tokenCount(raw['candidatesTokenCount']) + thoughts)
  const details = raw['promptTokensDetails']
  const outputDetails = raw['candidatesTokensDetails']
  return {
    ...noUsage,
    inputTokens,
    cacheReadTokens,
    outputTokens,
    reasoningTokens: Math.min(thoughts, outputTokens),
    audioInputTokens: Math.min(tokensOf('AUDIO', details), inputTokens),
    imageInputTokens: Math.min(tokensOf('IMAGE', details), inputTokens),
    toolInputTokens: Math.min(byTools, inputTokens),
    audioOutputTokens: Math.min(tokensOf('AUDIO', outputDetails), outputTokens),
    imageOutputTokens: Math.min(tokensOf('IMAGE', outputDetails), outputTokens),
  }
}

function tokensOf(modality: string, details: unknown): number {
  const entry = asList(details)
    .map(asRecord)
    .find((detail) => asText(detail?.['modality']) === modality)
  return tokenCount(entry?.['tokenCount'])
}
