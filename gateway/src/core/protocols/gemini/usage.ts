// The wire's usageMetadata → canonical usage (Gemini API reference, "UsageMetadata"). Cached content stands inside the prompt,
// tool-use prompts beside it; thoughts stand outside the candidates and are billed like them. In a stream the latest object
// replaces the earlier ones as a whole: counters may go down.
import { asList, asRecord, asText, type JsonRecord } from '../lenient-json.ts'
import { tokenCount, type Usage } from '../usage.ts'

/** Undefined when the object holds no figures, as interim ones do that only name the traffic type. */
export function readUsage(raw: JsonRecord): Usage | undefined {
  if (typeof raw['promptTokenCount'] !== 'number' && typeof raw['candidatesTokenCount'] !== 'number') return undefined
  const prompt = tokenCount(tokenCount(raw['promptTokenCount']) + tokenCount(raw['toolUsePromptTokenCount']))
  const cacheReadTokens = Math.min(tokenCount(raw['cachedContentTokenCount']), prompt)
  const inputTokens = prompt - cacheReadTokens
  const thoughts = tokenCount(raw['thoughtsTokenCount'])
  const outputTokens = tokenCount(tokenCount(raw['candidatesTokenCount']) + thoughts)
  return {
    inputTokens,
    cacheReadTokens,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens,
    reasoningTokens: Math.min(thoughts, outputTokens),
    audioInputTokens: Math.min(audioIn(raw['promptTokensDetails']), inputTokens),
    audioOutputTokens: Math.min(audioIn(raw['candidatesTokensDetails']), outputTokens),
  }
}

function audioIn(details: unknown): number {
  const entry = asList(details)
    .map(asRecord)
    .find((detail) => asText(detail?.['modality']) === 'AUDIO')
  return tokenCount(entry?.['tokenCount'])
}
