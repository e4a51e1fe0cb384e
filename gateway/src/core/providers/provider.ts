// The interface of a vendor: where it is, which wires it speaks at which path, how the credential is sent, how its
// failures read. A vendor is not a protocol: one vendor may speak several wires, and one wire is spoken by several vendors.
import type { ServiceType } from '@aicarpool/contract'
import type { UpstreamFailure } from '../protocols/failure.ts'
import type { AccountProtocolId } from '../protocols/index.ts'
import type { WireOptions } from '../protocols/protocol.ts'

export interface ProviderWire extends WireOptions {
  protocol: AccountProtocolId
  /** Put before the protocol's own path: '' or '/compatible-mode'. */
  pathPrefix: string
}

/** Lower-case header names to values, as Node delivers them. */
export type HeaderView = Record<string, string | string[] | undefined>

export interface Provider {
  readonly serviceType: ServiceType
  /** Origin used when the account names none. */
  readonly defaultEndpoint: string
  /** A client's own wire is used where it is among them; a translation uses the one that the model prefers, else the first. */
  readonly wires: readonly ProviderWire[]
  /** Headers that carry the credential, as a flat [name, value, …] list, made once for each account and key. */
  credentialHeaders(apiKey: string): readonly string[]
  /** Headers that a request must have when the client did not send them (name → value). */
  readonly requiredHeaders: Readonly<Record<string, string>>
  /** Client headers (lower case) of this vendor that belong to the account and are never sent on: organisations, projects. */
  readonly withheldHeaders: readonly string[]
  /** An answer with an error status, decoded. `body` is at most a few KB of it; `nowMs` makes deadlines into waits. */
  decodeFailure(status: number, headers: HeaderView, body: string, nowMs: number): UpstreamFailure
  /** What the vendor means by an error inside a 200 answer, where the wire's own words mean something else; else undefined. */
  refineFailure?(failure: UpstreamFailure): UpstreamFailure | undefined
  /** The header in which the vendor names its own request id. */
  readonly requestIdHeader: string
  /** A request that costs nothing and proves that the key works. */
  readonly probePath: string
}
