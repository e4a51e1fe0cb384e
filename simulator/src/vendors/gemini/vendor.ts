// Gemini (Google AI Studio's endpoint) as the simulator knows it: the model is in the path, the key in a header or
// the query.
import type { IncomingHttpHeaders } from 'node:http'
import type { Endpoint, Model, ReplyContext, Vendor } from '../../vendor.ts'
import { singleHeader } from '../../vendor.ts'
import { refuseGemini } from './errors.ts'
import type { GeminiStreaming } from './generate-answer.ts'
import { geminiGeneration } from './generate-answer.ts'
import { readGenerateRequest } from './generate-request.ts'
import { GEMINI_MODELS } from './models.ts'

export const gemini: Vendor = {
  name: 'gemini',
  models: GEMINI_MODELS,
  caching: 'automatic',
  cacheScope: 'organisation',
  // Google limits requests and input tokens per minute, not output (Gemini API rate limits page).
  tokenLimits: 'input-only',
  cacheReadsAreLimited: true,
  credential: (headers: IncomingHttpHeaders, query: URLSearchParams) =>
    singleHeader(headers['x-goog-api-key']) ?? query.get('key'),
  endpoint,
  // Google names no request id; this one only tells the books apart.
  requestId: (random) => `gemini-${random.hex(16)}`,
  responseId: (random) => random.alphanumeric(23),
  replyHeaders: (context: ReplyContext) => ({
    'x-gemini-service-tier': 'standard',
    'server-timing': `gfet4t7; dur=${context.processingMs}`,
  }),
  refuse: refuseGemini,
}

function endpoint(method: string, path: string, query: URLSearchParams): Endpoint | null {
  const [, id, action] = /^\/v1(?:beta)?\/models\/([^/:]+)(?::(\w+))?$/.exec(path) ?? []
  if (method === 'POST' && id !== undefined) return generationEndpoint(id, action ?? '', query)
  if (method !== 'GET') return null
  if (/^\/v1(?:beta)?\/models$/.test(path)) return { kind: 'models', list: listModels }
  if (id === undefined || action !== undefined) return null
  return { kind: 'model', id, show: (model) => JSON.stringify(modelObject(model), null, 2) }
}

function generationEndpoint(model: string, action: string, query: URLSearchParams): Endpoint | null {
  if (action !== 'generateContent' && action !== 'streamGenerateContent') return null
  const streaming: GeminiStreaming =
    action === 'generateContent' ? 'none' : query.get('alt') === 'sse' ? 'events' : 'array'
  return {
    kind: 'generation',
    pathModel: model,
    read({ body }) {
      const request = readGenerateRequest(body)
      if ('kind' in request) return { ok: false, problem: request }
      return { ok: true, generation: geminiGeneration(model, request, streaming) }
    },
    ...(streaming === 'array' ? { wrapError: (body: string) => `[${body.trimEnd()}\n]\n` } : {}),
  }
}

function modelObject(model: Model): object {
  return {
    name: `models/${model.id}`,
    version: '001',
    displayName: model.id,
    inputTokenLimit: model.contextTokensMax,
    outputTokenLimit: model.outputTokensMax,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  }
}

function listModels(models: readonly Model[]): string {
  return `${JSON.stringify({ models: models.map(modelObject) }, null, 2)}\n`
}
