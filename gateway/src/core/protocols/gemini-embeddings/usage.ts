// usageMetadata of an embedding → canonical usage (Gemini API reference, "EmbeddingUsageMetadata"): all of it is input. Only the
// newer models report it; what others have read is estimated.
import { asRecords, asText, type JsonRecord } from '../lenient-json.ts'
import { noUsage, tokenCount, type Usage } from '../usage.ts'

/** Undefined when the object holds no figures. */
export function readUsage(raw: JsonRecord): Usage | undefined {
  const prompt = raw['promptTokenCount'] ?? raw['totalTokenCount']
  if (typeof prompt !== 'number') return undefined
  const inputTokens = tokenCount(prompt)
  // The one name is that of embeddings, the other that of answers.
  const details = asRecords(raw['promptTokenDetails'] ?? raw['promptTokensDetails'])
  const audioInputTokens = Math.min(ofModality(details, 'AUDIO'), inputTokens)
  const imageInputTokens = Math.min(ofModality(details, 'IMAGE'), inputTokens - audioInputTokens)
  return { ...noUsage, inputTokens, audioInputTokens, imageInputTokens }
}

function ofModality(details: readonly JsonRecord[], modality: string): number {
  const counts = details.filter((detail) => asText(detail['modality']) === modality)
  return tokenCount(counts.reduce((sum, detail) => sum + tokenCount(detail['tokenCount']), 0))
}
