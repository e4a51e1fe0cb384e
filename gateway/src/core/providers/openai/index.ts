// OpenAI: accounts with API keys, speaking the Chat Completions wire and that of embeddings.
import type { Provider } from '../provider.ts'
import { decodeFailure } from './errors.ts'

export const openai: Provider = {
  serviceType: 'openai',
  defaultEndpoint: 'https://api.openai.com',
  wires: [
    { protocol: 'openai-chat', pathPrefix: '', refusesOlderMaximumField: true },
    { protocol: 'openai-embeddings', pathPrefix: '' },
  ],
  credentialHeaders: (apiKey) => ['authorization', `Bearer ${apiKey}`],
  requiredHeaders: {},
  withheldHeaders: ['openai-organization', 'openai-project'],
  decodeFailure,
  requestIdHeader: 'x-request-id',
  probePath: '/v1/models',
}
