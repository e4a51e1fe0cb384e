// Anthropic: accounts with API keys, speaking the Messages wire.
import type { Provider } from '../provider.ts'
import { decodeFailure } from './errors.ts'

export const claude: Provider = {
  serviceType: 'claude',
  defaultEndpoint: 'https://api.anthropic.com',
  wires: [{ protocol: 'anthropic', pathPrefix: '' }],
  credentialHeaders: (apiKey) => ['x-api-key', apiKey],
  // The version that translated requests are written for; clients of the wire bring their own.
  requiredHeaders: { 'anthropic-version': '2023-06-01' },
  withheldHeaders: ['anthropic-organization-id', 'anthropic-workspace-id'],
  decodeFailure,
  requestIdHeader: 'request-id',
  probePath: '/v1/models?limit=1',
}
