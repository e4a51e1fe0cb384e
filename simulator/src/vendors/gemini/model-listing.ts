// Google's list of models and its pages (Gemini API reference "Models": `pageSize`, `pageToken`). A page's token is the
// number of models before it.
import type { Model } from '../../vendor.ts'
import { geminiModel } from './models.ts'

const PAGE_DEFAULT = 50
const PAGE_MAX = 1000

export function showModel(model: Model): string {
  return `${JSON.stringify(modelObject(model), null, 2)}\n`
}

export function listModels(models: readonly Model[], query: URLSearchParams): string {
  const wanted = Number(query.get('pageSize') ?? query.get('page_size') ?? PAGE_DEFAULT)
  const size = Number.isInteger(wanted) && wanted >= 1 ? Math.min(wanted, PAGE_MAX) : PAGE_DEFAULT
  const start = Number(query.get('pageToken') ?? query.get('page_token') ?? 0) || 0
  const end = start + size
  const page = models.slice(start, end).map(modelObject)
  const next = end < models.length ? { nextPageToken: String(end) } : {}
  return `${JSON.stringify({ models: page, ...next }, null, 2)}\n`
}

function modelObject(model: Model): object {
  const { kind, thinking } = geminiModel(model.id)
  const common = {
    name: `models/${model.id}`,
    version: '001',
    displayName: model.id,
    description: `Simulated ${model.id}`,
    inputTokenLimit: model.contextTokensMax,
    outputTokenLimit: model.outputTokensMax,
  }
  if (kind === 'embedding') {
    return {
      ...common,
      supportedGenerationMethods: ['embedContent', 'countTextTokens', 'countTokens', 'asyncBatchEmbedContent'],
    }
  }
  return {
    ...common,
    supportedGenerationMethods: ['generateContent', 'countTokens', 'createCachedContent', 'batchGenerateContent'],
    temperature: 1,
    topP: 0.95,
    topK: 64,
    maxTemperature: 2,
    ...(thinking === 'none' ? {} : { thinking: true }),
  }
}
