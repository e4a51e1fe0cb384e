// The wire's usage object → canonical usage (OpenAI API reference, "Embeddings"): all of it is input.
import { asRecord, type JsonRecord } from '../lenient-json.ts'
import { noUsage, tokenCount, type Usage } from '../usage.ts'

/** Undefined when the object holds no figures. Vendors that read images too say how many tokens those were. */
export function readUsage(raw: JsonRecord): Usage | undefined {
  const total = raw['prompt_tokens'] ?? raw['total_tokens']
  if (typeof total !== 'number') return undefined
  const inputTokens = tokenCount(total)
  const images = tokenCount(asRecord(raw['prompt_tokens_details'])?.['image_tokens'])
  return { ...noUsage, inputTokens, imageInputTokens: Math.min(images, inputTokens) }
}
