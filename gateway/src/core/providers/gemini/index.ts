// Google's Gemini API: accounts with API keys, speaking the generateContent wire and those of embeddings.
import type { Provider } from '../provider.ts'
import { decodeFailure } from './errors.ts'

export const gemini: Provider = {
  serviceType: 'gemini',
  defaultEndpoint: 'https://generativelanguage.googleapis.com',
  wires: [
    { protocol: 'gemini', pathPrefix: '' },
    { protocol: 'gemini-embed', pathPrefix: '' },
    { protocol: 'gemini-batch-embed', pathPrefix: '' },
  ],
  credentialHeaders: (apiKey) => ['x-goog-api-key', apiKey],
  requiredHeaders: {},
  // A client's billing project must not replace the account's.
  withheldHeaders: ['x-goog-user-project', 'x-goog-request-params'],
  decodeFailure,
  requestIdHeader: 'x-request-id',
  probePath: '/v1beta/models?pageSize=1',
}
