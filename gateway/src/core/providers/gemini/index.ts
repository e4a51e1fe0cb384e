// Google's Gemini API: accounts with API keys, speaking the generateContent wire.
import type { Provider } from '../provider.ts'
import { decodeFailure } from './errors.ts'

export const gemini: Provider = {
  serviceType: 'gemini',
  defaultEndpoint: 'https://generativelanguage.googleapis.com',
  wires: [{ protocol: 'gemini', pathPrefix: '' }],
  credentialHeaders: (apiKey) => ['x-goog-api-key', apiKey],
  requiredHeaders: {},
  // The wire has no headers that change the answer; a client's billing project must not replace the account's.
  forwardedHeaders: [],
  decodeFailure,
  requestIdHeader: 'x-request-id',
  probePath: '/v1beta/models?pageSize=1',
}
