// OpenAI as the simulator knows it: where its endpoints are, how it authenticates, what its replies carry.
import { readChatRequest } from '../../chat-completions.ts'
import type { Endpoint, Model, Reading, ReplyContext, Vendor, WireRequest } from '../../vendor.ts'
import { bearerToken } from '../../vendor.ts'
import { openAiGeneration } from './chat-answer.ts'
import { OPENAI_COMPLAINTS, refuseOpenAi } from './errors.ts'
import { OPENAI_MODELS } from './models.ts'
import { openAiRateLimitHeaders } from './rate-limit-headers.ts'

export const openAi: Vendor = {
  name: 'openai',
  models: OPENAI_MODELS,
  caching: 'automatic',
  cacheScope: 'organisation',
  tokenLimits: 'combined',
  cacheReadsAreLimited: true,
  credential: bearerToken,
  endpoint,
  requestId: (random) => `req_${random.hex(32)}`,
  responseId: (random) => `chatcmpl-${random.alphanumeric(29)}`,
  replyHeaders,
  refuse: refuseOpenAi,
}

function endpoint(method: string, path: string): Endpoint | null {
  if (method === 'POST' && path === '/v1/chat/completions')
    return { kind: 'generation', pathModel: null, read: readChat }
  if (method !== 'GET') return null
  if (path === '/v1/models') return { kind: 'models', list: listModels }
  const id = /^\/v1\/models\/([^/]+)$/.exec(path)?.[1]
  return id === undefined ? null : { kind: 'model', id, show: (model) => JSON.stringify(modelObject(model)) }
}

function readChat({ body }: WireRequest): Reading {
  const request = readChatRequest(body, OPENAI_COMPLAINTS)
  return 'kind' in request ? { ok: false, problem: request } : { ok: true, generation: openAiGeneration(request) }
}

function modelObject(model: Model): object {
  return { id: model.id, object: 'model', created: 1_735_689_600, owned_by: 'system' }
}

function listModels(models: readonly Model[]): string {
  return JSON.stringify({ object: 'list', data: models.map(modelObject) })
}

function replyHeaders(context: ReplyContext): Record<string, string> {
  return {
    'x-request-id': context.requestId,
    'openai-version': '2020-10-01',
    'openai-processing-ms': String(context.processingMs),
    ...(context.account === null ? {} : { 'openai-organization': context.account.organisation }),
    ...openAiRateLimitHeaders(context.levels),
  }
}
