// Alibaba Cloud's Qwen by DashScope: accounts with API keys of one region, speaking the wires of other vendors at addresses of
// its own (Model Studio, "OpenAI compatible", "Anthropic compatible").
import type { Provider } from '../provider.ts'
import { decodeFailure, refineFailure } from './errors.ts'

export const qwen: Provider = {
  serviceType: 'qwen',
  defaultEndpoint: 'https://dashscope.aliyuncs.com',
  wires: [
    {
      protocol: 'openai-chat',
      pathPrefix: '/compatible-mode',
      olderMaximumMayLeaveOutThinking: true,
      // A translation writes `max_completion_tokens`, which bounds thinking and answer together; what the older field bounds differs
      // from model to model before qwen4 (Model Studio, "API compatibility upgrades", 2026-11-02).
      // Instructions stand at the beginning alone there.
      support: { cache_marks: 'kept', top_k: 'kept', mid_conversation_system: 'adapted' },
    },
    { protocol: 'anthropic', pathPrefix: '/apps/anthropic' },
    { protocol: 'openai-responses', pathPrefix: '/compatible-mode' },
    { protocol: 'openai-embeddings', pathPrefix: '/compatible-mode' },
  ],
  credentialHeaders: (apiKey) => ['authorization', `Bearer ${apiKey}`],
  requiredHeaders: {},
  withheldHeaders: ['x-dashscope-workspace'],
  decodeFailure,
  refineFailure,
  requestIdHeader: 'x-request-id',
  probePath: '/compatible-mode/v1/models',
}
