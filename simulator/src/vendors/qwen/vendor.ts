// Qwen on Alibaba Cloud's DashScope as the simulator knows it, in its OpenAI compatible mode.
import { readChatRequest } from '../../chat-completions.ts'
import type { Endpoint, Model, Reading, Vendor, WireRequest } from '../../vendor.ts'
import { bearerToken } from '../../vendor.ts'
import { qwenGeneration } from './chat-answer.ts'
import { QWEN_COMPLAINTS, refuseQwen } from './errors.ts'
import { QWEN_MODELS } from './models.ts'

const BASE = '/compatible-mode/v1'

export const qwen: Vendor = {
  name: 'qwen',
  models: QWEN_MODELS,
  caching: 'automatic',
  cacheScope: 'organisation',
  tokenLimits: 'combined',
  cacheReadsAreLimited: true,
  credential: bearerToken,
  endpoint,
  requestId: (random) => random.uuid(),
  responseId: (random) => `chatcmpl-${random.uuid()}`,
  replyHeaders: (context) => ({ 'x-request-id': context.requestId }),
  refuse: refuseQwen,
}

function endpoint(method: string, path: string): Endpoint | null {
  if (method === 'POST' && path === `${BASE}/chat/completions`) {
    return { kind: 'generation', pathModel: null, read: readChat }
  }
  return method === 'GET' && path === `${BASE}/models` ? { kind: 'models', list: listModels } : null
}

function readChat({ body }: WireRequest): Reading {
  const request = readChatRequest(body, QWEN_COMPLAINTS)
  return 'kind' in request ? { ok: false, problem: request } : { ok: true, generation: qwenGeneration(request) }
}

function listModels(models: readonly Model[]): string {
  const data = models.map(({ id }) => ({ id, object: 'model', created: 1_735_689_600, owned_by: 'system' }))
  return JSON.stringify({ object: 'list', data })
}
