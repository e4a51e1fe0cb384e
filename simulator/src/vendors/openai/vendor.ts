// OpenAI as the simulator knows it: where its endpoints are, how it authenticates, what its replies carry.
import { readChatRequest } from '../../chat-wire/chat-request.ts'
import { readInputTokens, readResponses } from '../../responses-wire/response-answer.ts'
import { deleteResponse, listInputItems, showResponse } from '../../responses-wire/stored-responses.ts'
import type { Endpoint, Model, Reading, ReplyContext, Vendor, WireRequest } from '../../vendor.ts'
import { bearerToken } from '../../vendor.ts'
import { openAiGeneration } from './chat-answer.ts'
import { readOpenAiEmbeddings } from './embeddings-rules.ts'
import { OPENAI_COMPLAINTS, refuseOpenAi } from './errors.ts'
import { findChatModelProblem, thinkingOf } from './model-rules.ts'
import { OPENAI_MODELS } from './models.ts'
import { OPENAI_NAMED_ERRORS } from './named-errors.ts'
import { breakpointLife, imageTokensOf } from './prompt-caching.ts'
import { openAiRateLimitHeaders } from './rate-limit-headers.ts'
import { OPENAI_RESPONSES } from './responses-dialect.ts'

export const openAi: Vendor = {
  name: 'openai',
  models: OPENAI_MODELS,
  caching: 'automatic',
  cacheScope: 'organisation',
  tokenLimits: 'combined',
  cacheReadsAreLimited: true,
  credential: bearerToken,
  endpoint: (method, path) => (method === 'POST' ? generation(path) : lookUp(method, path)),
  requestId: (random) => `req_${random.hex(32)}`,
  responseId: (random) => `chatcmpl-${random.alphanumeric(29)}`,
  replyHeaders,
  refuse: refuseOpenAi,
  namedErrors: OPENAI_NAMED_ERRORS,
}

function generation(path: string): Endpoint | null {
  const kind = 'generation'
  switch (path) {
    case '/v1/chat/completions':
      return { kind, name: 'chat', pathModel: null, read: readChat }
    case '/v1/responses':
      return { kind, name: 'responses', pathModel: null, read: (wire) => readResponses(wire, OPENAI_RESPONSES) }
    case '/v1/responses/input_tokens': {
      const read = (wire: WireRequest) => readInputTokens(wire, OPENAI_RESPONSES)
      return { kind, name: 'responses-count', faultsAs: 'count', pathModel: null, read }
    }
    case '/v1/embeddings':
      return { kind, name: 'embeddings', faultsAs: 'embeddings', pathModel: null, read: readOpenAiEmbeddings }
    default:
      return null
  }
}

function lookUp(method: string, path: string): Endpoint | null {
  const [, id, items] = /^\/v1\/responses\/([^/]+)(\/input_items)?$/.exec(path) ?? []
  if (id !== undefined && method === 'DELETE' && items === undefined) {
    return { kind: 'stored', find: (stored) => deleteResponse(stored, id) }
  }
  if (method !== 'GET') return null
  if (id !== undefined) {
    const find = items === undefined ? showResponse : listInputItems
    return { kind: 'stored', find: (stored) => find(stored, id) }
  }
  if (path === '/v1/models') return { kind: 'models', list: listModels }
  const model = /^\/v1\/models\/([^/]+)$/.exec(path)?.[1]
  return model === undefined ? null : { kind: 'model', id: model, show: (shown) => JSON.stringify(modelObject(shown)) }
}

function readChat({ body }: WireRequest): Reading {
  const rules = { imageTokens: imageTokensOf, cacheLife: breakpointLife }
  const request = readChatRequest(body, rules, OPENAI_COMPLAINTS)
  const problem = 'kind' in request ? request : findChatModelProblem(request.fields)
  if (problem !== null) return { ok: false, problem }
  const read = request as Exclude<typeof request, { kind: string }>
  const thinking = thinkingOf(read.model, read.fields['reasoning_effort'])
  const prompt = thinking === null ? read.prompt : { ...read.prompt, thinking }
  return { ok: true, generation: openAiGeneration({ ...read, prompt }) }
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
