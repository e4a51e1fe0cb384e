// OpenAI: accounts with API keys, speaking the Chat Completions wire.
import type { Provider } from '../provider.ts'
import { decodeFailure } from './errors.ts'

export const openai: Provider = {
  serviceType: 'openai',
  defaultEndpoint: 'https://api.openai.com',
  wires: [{ protocol: 'openai-chat', pathPrefix: '' }],
  credentialHeaders: (apiKey) => ['authorization', `Bearer ${apiKey}`],
  requiredHeaders: {},
  // Never the client's organisation or project: they are the account's.
  forwardedHeaders: ['openai-beta', 'x-client-request-id'],
  decodeFailure,
  requestIdHeader: 'x-request-id',
  probePath: '/v1/models',
}
