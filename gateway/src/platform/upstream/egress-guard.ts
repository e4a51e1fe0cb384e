// Decides where the gateway may connect to: which URLs an account may have, and which resolved addresses a connection may
// go to. Default is no: only public unicast addresses over https. Owns the decision; connector.ts applies it to sockets.
import { BlockList, isIP } from 'node:net'

export type EgressRefusal =
  | 'invalid-url'
  | 'scheme-forbidden'
  | 'credentials-in-url'
  | 'address-forbidden'
  | 'name-not-resolved'

/** A connection that the guard did not let happen. The message names host and reason, never a path or a credential. */
export class EgressError extends Error {
  override readonly name = 'EgressError'
  readonly code = 'egress_refused'
  readonly reason: EgressRefusal

  constructor(reason: EgressRefusal, message: string) {
    super(message)
    this.reason = reason
  }
}

export type EgressDecision = { allowed: true } | { allowed: false; reason: EgressRefusal; message: string }

export interface EgressGuard {
  /** What can be said of a URL without asking the name service. Called when an account is saved, and before connecting. */
  decideUrl(url: string): EgressDecision
  /** Whether a connection by this scheme may go to this address (a literal, as resolved). */
  decideAddress(address: string, scheme: 'http:' | 'https:'): EgressDecision
}

/** IANA IPv4 Special-Purpose Address Registry, multicast and class E, and the metadata address outside of them. */
const forbiddenV4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Azure's platform address answers inside virtual machines (Microsoft Learn, "What is IP address 168.63.129.16?").
  ['168.63.129.16', 32],
]

/** IPv6 is closed but for global unicast; this range holds everything the registries hand out (RFC 4291, section 2.4). */
const globalUnicastV6: readonly [string, number] = ['2000::', 3]

/** Parts of global unicast that are no hosts of the internet, or that carry an IPv4 address inside. */
const forbiddenV6: readonly [string, number][] = [
  ['2001::', 23], // protocol assignments: Teredo, benchmarking, ORCHID
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4: holds an IPv4 address that may be private
  ['2620:4f:8000::', 48], // AS112
  ['3fff::', 20], // documentation
]

const forbiddenV4Ranges = blockList('ipv4', forbiddenV4)
const forbiddenV6Ranges = blockList('ipv6', forbiddenV6)
const globalV6Range = blockList('ipv6', [globalUnicastV6])
const loopbackV4Range = blockList('ipv4', [['127.0.0.0', 8]])

const allowed: EgressDecision = { allowed: true }
const refuse = (reason: EgressRefusal, message: string): EgressDecision => ({ allowed: false, reason, message })

export function createEgressGuard(options: { allowLoopback: boolean }): EgressGuard {
  function decideAddress(address: string, scheme: 'http:' | 'https:'): EgressDecision {
    if (isLoopback(address)) {
      if (options.allowLoopback) return allowed
      return refuse('address-forbidden', `${address} is this machine; connecting to it is switched off.`)
    }
    if (scheme === 'http:') return refuse('scheme-forbidden', `http is for this machine only, ${address} needs https.`)
    return isPublic(address) ? allowed : refuse('address-forbidden', `${address} is not a public internet address.`)
  }

  function decideUrl(text: string): EgressDecision {
    // The WHATWG parser turns decimal, octal, hexadecimal and shortened IPv4 forms into the usual one before we look.
    const url = URL.parse(text)
    if (url === null || url.hostname === '') return refuse('invalid-url', 'This is not a complete URL.')
    if (url.username !== '' || url.password !== '') {
      return refuse('credentials-in-url', 'A URL must not carry a user name or password.')
    }
    if (url.protocol !== 'https:' && url.protocol !== 'http:') {
      return refuse('scheme-forbidden', `Only https is allowed, not "${url.protocol}".`)
    }
    const host = hostOf(url.hostname)
    if (isIP(host) !== 0) return decideAddress(host, url.protocol)
    const local = isLocalName(host)
    if (local && !options.allowLoopback)
      return refuse('address-forbidden', `${host} is this machine; connecting to it is switched off.`)
    if (url.protocol === 'http:' && !local)
      return refuse('scheme-forbidden', `http is for this machine only, ${host} needs https.`)
    return allowed
  }

  return { decideUrl, decideAddress }
}

/** The host as the resolver takes it: IPv6 literals stand in brackets in URLs. */
export function hostOf(urlHostname: string): string {
  return urlHostname.startsWith('[') ? urlHostname.slice(1, -1) : urlHostname
}

/** RFC 6761, section 6.3: `localhost` and everything below it, with or without the root's dot. */
function isLocalName(host: string): boolean {
  return /(^|\.)localhost\.?$/i.test(host)
}

function isLoopback(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return loopbackV4Range.check(address, 'ipv4')
  return family === 6 && address === '::1'
}

function isPublic(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !forbiddenV4Ranges.check(address, 'ipv4')
  // A zone ("fe80::1%eth0") only exists on links; global addresses have none.
  if (family !== 6 || address.includes('%')) return false
  return globalV6Range.check(address, 'ipv6') && !forbiddenV6Ranges.check(address, 'ipv6')
}

function blockList(family: 'ipv4' | 'ipv6', ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family)
  return list
}
