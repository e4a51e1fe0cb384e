// Opens every outbound connection of the gateway. The name is resolved once, every address that came back is checked, and
// the socket goes to one of those very addresses: a name that answers differently a moment later gains nothing.
// Owns sockets, not requests; pools.ts and the doctor use it.
import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { EgressError, hostOf, type EgressGuard } from './egress-guard.ts'

/** All addresses of a name, as `dns.lookup` with `all` gives them. Replaced in tests. */
export type Resolve = (
  hostname: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void

export interface ConnectorOptions {
  guard: EgressGuard
  connectTimeoutMs: number
  resolve?: Resolve
}

type Scheme = 'http:' | 'https:'

const resolveBySystem: Resolve = (hostname, done) => systemLookup(hostname, { all: true, order: 'verbatim' }, done)
/** A name with more addresses than this is an attempt to keep the check busy. */
const addressesMax = 64
/** TCP keep-alive finds a vanished peer on connections that wait for a slow model. */
const keepAliveInitialDelayMs = 60_000

export function createConnector(options: ConnectorOptions): buildConnector.connector {
  const connectors = { 'http:': build('http:', options), 'https:': build('https:', options) }
  return (target, done) => {
    const scheme = target.protocol
    if (scheme !== 'http:' && scheme !== 'https:') {
      done(new EgressError('scheme-forbidden', `Only https is allowed, not "${scheme}".`), null)
      return
    }
    const host = hostOf(target.hostname)
    // A literal is connected to without a lookup, so it is checked here.
    const decision = isIP(host) === 0 ? undefined : options.guard.decideAddress(host, scheme)
    if (decision?.allowed === false) done(new EgressError(decision.reason, decision.message), null)
    else connectors[scheme](target, done)
  }
}

function build(scheme: Scheme, options: ConnectorOptions): buildConnector.connector {
  return buildConnector({
    timeout: options.connectTimeoutMs,
    allowH2: false,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveInitialDelayMs,
    lookup: guardedLookup(scheme, options.guard, options.resolve ?? resolveBySystem),
  })
}

/** What net.connect and tls.connect call to resolve a name; what it answers is where the socket goes. */
export function guardedLookup(scheme: Scheme, guard: EgressGuard, resolve: Resolve): LookupFunction {
  return (hostname, lookupOptions, done) => {
    resolve(hostname, (error, addresses) => {
      const refusal = error ?? findRefusal(hostname, addresses, scheme, guard)
      const first = addresses?.[0]
      if (refusal || first === undefined) done(refusal ?? null, '', 0)
      else if (lookupOptions.all) done(null, [...addresses])
      else done(null, first.address, first.family)
    })
  }
}

/** One forbidden address refuses the name as a whole: a mixed answer is how a check is slipped past. */
function findRefusal(
  hostname: string,
  addresses: readonly LookupAddress[],
  scheme: Scheme,
  guard: EgressGuard,
): EgressError | undefined {
  if (addresses.length === 0) return new EgressError('name-not-resolved', `${hostname} has no address.`)
  if (addresses.length > addressesMax)
    return new EgressError('address-forbidden', `${hostname} has more than ${addressesMax} addresses.`)
  for (const { address } of addresses) {
    const decision = guard.decideAddress(address, scheme)
    if (!decision.allowed)
      return new EgressError(decision.reason, `${hostname} resolves to a forbidden address: ${decision.message}`)
  }
  return undefined
}
