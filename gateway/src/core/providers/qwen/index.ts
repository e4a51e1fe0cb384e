// Alibaba Cloud's Qwen by DashScope: accounts with API keys of one region, speaking Chat Completions in its compatible mode.
import type { Provider } from '../provider.ts'
import { decodeFailure } from './errors.ts'

export const qwen: Provider = {
  serviceType: 'qwen',
  defaultEndpoint: 'https://dashscope.aliyuncs.com',
  // The compatible mode documents `max_tokens` only ("OpenAI Chat", Model Studio API reference).
  wires: [{ protocol: 'openai-chat', pathPrefix: '/compatible-mode', usesOlderMaximumField: true }],
  credentialHeaders: (apiKey) => ['authorization', `Bearer ${apiKey}`],
  requiredHeaders: {},
  // Never the client's workspace: it is the account's.
  forwardedHeaders: ['x-dashscope-datainspection'],
  decodeFailure,
  requestIdHeader: 'x-request-id',
  probePath: '/compatible-mode/v1/models',
}
