// DeepSeek as a gateway would ship it: accounts with API keys, speaking the wires of two other vendors at addresses of its own
// (DeepSeek API documentation, "Your First API Call", "Anthropic API").
import type { Provider } from '../../../src/core/providers/provider.ts'
import { decodeFailure } from './errors.ts'

export const deepseek: Provider = {
  serviceType: 'deepseek',
  defaultEndpoint: 'https://api.deepseek.com',
  wires: [
    {
      protocol: 'openai-chat',
      pathPrefix: '',
      usesOlderMaximumField: true,
      ignoresNewerMaximumField: true,
      // Strict tools are of its beta address alone; the others are not in its reference.
      support: { strict_tools: 'dropped', parallel_tool_calls: 'dropped', seed: 'dropped', user: 'dropped' },
    },
    { protocol: 'anthropic', pathPrefix: '/anthropic' },
  ],
  credentialHeaders: (apiKey) => ['authorization', `Bearer ${apiKey}`],
  requiredHeaders: {},
  withheldHeaders: [],
  decodeFailure,
  requestIdHeader: 'x-ds-trace-id',
  probePath: '/models',
}
