// Gemini (Google AI Studio's endpoint) as the simulator knows it: the model is in the path, the key in a header or
// the query.
import type { IncomingHttpHeaders } from 'node:http'
import type { Endpoint, Reading, ReplyContext, Vendor } from '../../vendor.ts'
import { singleHeader } from '../../vendor.ts'
import { readBatchEmbed, readEmbed } from './embed.ts'
import { refuseGemini } from './errors.ts'
import { readCountTokens, readGenerate } from './generate-request.ts'
import { listModels, showModel } from './model-listing.ts'
import { GEMINI_MODELS, geminiModel } from './models.ts'
import { GEMINI_NAMED_ERRORS } from './named-errors.ts'

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
  namedErrors: GEMINI_NAMED_ERRORS,
}

function endpoint(method: string, path: string, query: URLSearchParams): Endpoint | null {
  const [, id, action] = /^\/v1(?:beta)?\/models\/([^/:]+)(?::(\w+))?$/.exec(path) ?? []
  if (method === 'POST' && id !== undefined) return actionEndpoint(id, action ?? '', query)
  if (method !== 'GET') return null
  if (/^\/v1(?:beta)?\/models$/.test(path)) return { kind: 'models', list: (models) => listModels(models, query) }
  if (id === undefined || action !== undefined) return null
  return { kind: 'model', id, show: showModel }
}

function actionEndpoint(id: string, action: string, query: URLSearchParams): Endpoint | null {
  const common = { kind: 'generation', pathModel: id } as const
  const reads = (kind: 'content' | 'embedding', read: (body: unknown) => Reading) => ({
    read: ({ body }: { body: unknown }) => forKind(id, kind, action, () => read(body)),
  })
  switch (action) {
    case 'generateContent':
      return { ...common, name: 'generate-content', ...reads('content', (body) => readGenerate(body, id, 'none')) }
    case 'streamGenerateContent': {
      const streaming = query.get('alt') === 'sse' ? 'events' : 'array'
      const wrap = streaming === 'array' ? { wrapError: (body: string) => `[${body.trimEnd()}\n]\n` } : {}
      return {
        ...common,
        name: 'generate-content',
        ...wrap,
        ...reads('content', (body) => readGenerate(body, id, streaming)),
      }
    }
    case 'countTokens':
      return { ...common, name: 'count-tokens', faultsAs: 'count', read: ({ body }) => readCountTokens(body, id) }
    case 'embedContent':
      return { ...common, name: 'embed', faultsAs: 'embeddings', ...reads('embedding', (body) => readEmbed(body, id)) }
    case 'batchEmbedContents':
      return {
        ...common,
        name: 'embed',
        faultsAs: 'embeddings',
        ...reads('embedding', (body) => readBatchEmbed(body, id)),
      }
    default:
      return null
  }
}

/** A model that exists but cannot do what the path asks is answered like one that does not exist. */
function forKind(id: string, kind: 'content' | 'embedding', action: string, read: () => Reading): Reading {
  const isKnown = GEMINI_MODELS.some((model) => model.id === id)
  if (!isKnown || geminiModel(id).kind === kind) return read()
  return { ok: false, problem: { kind: 'unknown-model', model: id, method: action } }
}
