// OpenAI: accounts with API keys, speaking the Chat Completions and the Responses wire, and that of embeddings.
import type { Provider } from '../provider.ts'
import { decodeFailure } from './errors.ts'

export const openai: Provider = {
  serviceType: 'openai',
  defaultEndpoint: 'https://api.openai.com',
  // Chat Completions first: other servers that accounts may point to speak it, too. Models say themselves where they prefer
  // the other.
  wires: [
    { protocol: 'openai-chat', pathPrefix: '', refusesOlderMaximumField: true },
    { protocol: 'openai-responses', pathPrefix: '', refusesSummaries: true },
    { protocol: 'openai-embeddings', pathPrefix: '' },
  ],
  credentialHeaders: (apiKey) => ['authorization', `Bearer ${apiKey}`],
  requiredHeaders: {},
  withheldHeaders: ['openai-organization', 'openai-project'],
  decodeFailure,
  requestIdHeader: 'x-request-id',
  probePath: '/v1/models',
}
