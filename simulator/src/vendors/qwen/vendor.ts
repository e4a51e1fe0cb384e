// Qwen on Alibaba Cloud's DashScope as the simulator knows it: the three wires that it speaks, all with one key.
import type { IncomingHttpHeaders } from 'node:http'
import { readChatRequest } from '../../chat-wire/chat-request.ts'
import { readMessages } from '../../messages-wire/messages.ts'
import { readResponses } from '../../responses-wire/response-answer.ts'
import { deleteResponse, listInputItems, showResponse } from '../../responses-wire/stored-responses.ts'
import type { Endpoint, Model, Reading, Vendor, WireRequest } from '../../vendor.ts'
import { bearerToken, singleHeader } from '../../vendor.ts'
import { qwenGeneration } from './chat-answer.ts'
import { findChatProblem, QWEN_PARTS } from './chat-rules.ts'
import { readQwenEmbeddings } from './embeddings-rules.ts'
import { QWEN_COMPLAINTS, refuseQwen } from './errors.ts'
import { QWEN_MESSAGES } from './messages-dialect.ts'
import { QWEN_MODELS } from './models.ts'
import { QWEN_NAMED_ERRORS } from './named-errors.ts'
import { QWEN_RESPONSES } from './responses-dialect.ts'
import { thinkingOf } from './thinking.ts'

const BASE = '/compatible-mode/v1'
/** The second is the older path of the same. */
const RESPONSES_PATHS = [`${BASE}/responses`, `/api/v2/apps/protocols${BASE}/responses`]

export const qwen: Vendor = {
  name: 'qwen',
  models: QWEN_MODELS,
  caching: 'automatic',
  cacheScope: 'organisation',
  tokenLimits: 'combined',
  cacheReadsAreLimited: true,
  credential: (headers: IncomingHttpHeaders) => bearerToken(headers) ?? singleHeader(headers['x-api-key']),
  endpoint: (method, path) => (method === 'POST' ? generation(path) : lookUp(method, path)),
  requestId: (random) => random.uuid(),
  responseId: (random) => `chatcmpl-${random.uuid()}`,
  replyHeaders: (context) => ({ 'x-request-id': context.requestId }),
  refuse: refuseQwen,
  namedErrors: QWEN_NAMED_ERRORS,
}

function generation(path: string): Endpoint | null {
  const reading = { kind: 'generation', pathModel: null } as const
  if (RESPONSES_PATHS.includes(path)) {
    return { ...reading, name: 'responses', read: (wire) => readResponses(wire, QWEN_RESPONSES) }
  }
  switch (path) {
    case `${BASE}/chat/completions`:
      return { ...reading, name: 'chat', read: readChat }
    case `${BASE}/embeddings`:
      return { ...reading, name: 'embeddings', faultsAs: 'embeddings', read: readQwenEmbeddings }
    case '/apps/anthropic/v1/messages':
      return { ...reading, name: 'messages', read: readQwenMessages }
    default:
      return null
  }
}

function lookUp(method: string, path: string): Endpoint | null {
  const base = RESPONSES_PATHS.find((prefix) => path.startsWith(`${prefix}/`))
  if (base !== undefined) return storedEndpoint(method, path.slice(base.length + 1))
  return method === 'GET' && path === `${BASE}/models` ? { kind: 'models', list: listModels } : null
}

function storedEndpoint(method: string, rest: string): Endpoint | null {
  const [, id, items] = /^([^/]+)(\/input_items)?$/.exec(rest) ?? []
  if (id === undefined) return null
  if (method === 'DELETE' && items === undefined) {
    return { kind: 'stored', find: (stored) => deleteResponse(stored, id) }
  }
  if (method !== 'GET') return null
  const find = items === undefined ? showResponse : listInputItems
  return { kind: 'stored', find: (stored) => find(stored, id) }
}

function readChat({ body }: WireRequest): Reading {
  const request = readChatRequest(body, QWEN_PARTS, QWEN_COMPLAINTS)
  if ('kind' in request) return { ok: false, problem: request }
  const problem = findChatProblem(request)
  if (problem !== null) return { ok: false, problem }
  const thinking = thinkingOf(request.model, request.fields)
  const prompt = thinking === null ? request.prompt : { ...request.prompt, thinking }
  return { ok: true, generation: qwenGeneration({ ...request, prompt }) }
}

function readQwenMessages(wire: WireRequest): Reading {
  const reading = readMessages(wire, QWEN_MESSAGES)
  if (!reading.ok) return reading
  return {
    ok: true,
    generation: { ...reading.generation, caching: 'marked', responseId: (random) => `msg_${random.uuid()}` },
  }
}

function listModels(models: readonly Model[]): string {
  const data = models.map(({ id }) => ({ id, object: 'model', created: 1_735_689_600, owned_by: 'system' }))
  return JSON.stringify({ object: 'list', data })
}
