// The doctor's check of the providers: whether each address in use answers, through the same guarded connector that the
// gateway uses. No key is sent, so any HTTP answer, also a refusal, is a good one. Addresses that no account uses are never
// contacted.
import type { Providers } from '../../core/providers/registry.ts'
import type { Resolve } from '../../platform/upstream/connector.ts'
import { createEgressGuard, EgressError } from '../../platform/upstream/egress-guard.ts'
import { createUpstream, type Upstream } from '../../platform/upstream/pools.ts'
import type { AccountEndpoint } from './database.ts'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

export interface ProviderCheckOptions {
  allowLoopback: boolean
  providers: Providers
  resolve?: Resolve | undefined
}

/** Long enough for a far continent, short enough to wait for. */
const answerTimeoutMs = 5000

/** `endpoints` undefined: the accounts were not read, so nobody knows which addresses are in use and none is tried. */
export async function checkProviders(
  endpoints: readonly AccountEndpoint[] | undefined,
  options: ProviderCheckOptions,
): Promise<Finding[]> {
  const { allowLoopback, providers, resolve } = options
  if (endpoints === undefined) {
    const text = 'not checked: the accounts, which hold the addresses in use, were not read (see database)'
    return [warn('providers', text, 'correct the database, or stop the gateway that owns it, and run the doctor again')]
  }
  if (endpoints.length === 0) return [ok('providers', 'no account is in use yet')]
  const upstream = createUpstream({
    guard: createEgressGuard({ allowLoopback }),
    connectionsPerOrigin: 1,
    firstByteTimeoutMs: answerTimeoutMs,
    idleTimeoutMs: answerTimeoutMs,
    connectTimeoutMs: answerTimeoutMs,
    ...(resolve === undefined ? {} : { resolve }),
  })
  try {
    const used = new Set<string>()
    const unknown = new Set<string>()
    for (const { serviceType, endpoint } of endpoints) {
      const provider = providers.get(serviceType)
      if (provider) used.add(endpoint ?? provider.defaultEndpoint)
      else unknown.add(serviceType)
    }
    const answers = await Promise.all([...used].map(async (endpoint) => checkEndpoint(upstream, endpoint)))
    return [...answers, ...[...unknown].map(unknownVendor)]
  } finally {
    await upstream.destroy()
  }
}

function unknownVendor(serviceType: string): Finding {
  const text = `accounts of the service type "${serviceType}", which this program does not know, do not serve`
  return fail('provider', text, 'run the release that they were made with, or disable them')
}

async function checkEndpoint(upstream: Upstream, endpoint: string): Promise<Finding> {
  const name = 'provider'
  const origin = URL.parse(endpoint)?.origin
  if (origin === undefined || origin === 'null')
    return fail(name, `"${endpoint}" is not an address`, 'correct the endpoint of the account')
  try {
    const { statusCode, body } = await upstream.pool(origin).request({ method: 'GET', path: '/' })
    await body.dump()
    return ok(name, `${origin} answers (HTTP ${statusCode})`)
  } catch (error) {
    const text = `${origin} does not answer: ${reasonOf(error)}`
    if (error instanceof EgressError && error.reason !== 'name-not-resolved') {
      return fail(
        name,
        text,
        'accounts may point to public https addresses only; see AICARPOOL_EGRESS_ALLOW_LOOPBACK for the demo',
      )
    }
    return fail(name, text, 'check name resolution, firewall and proxy on the way to this address')
  }
}
