// One request on its way through the hops: what each of them has found out so far. Made by `entry.ts`, completed by `decode.ts`.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Original } from '../core/idempotency/idempotency-keys.ts'
import type { ClientProtocol, RequestFacts, RequestTarget } from '../core/protocols/protocol.ts'
import type { RouteRequest } from '../core/routing/eligible.ts'
import type { KeyView } from '../core/routing/snapshot.ts'

export interface Call {
  readonly id: string
  readonly client: ClientProtocol
  /** What the request's address says beside the protocol. */
  readonly target: RequestTarget
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Monotonic milliseconds. */
  readonly startedMs: number
}

/** A call whose caller is known and whose body was read. */
export interface DecodedCall extends Call {
  /** Of the configuration that was in force when the last seat was taken. */
  key: KeyView
  readonly body: Buffer
  readonly parsed: Record<string, unknown>
  readonly facts: RequestFacts
  route: RouteRequest
  /** Of a request that was sent under an idempotency key. */
  idempotency: RequestHashes | undefined
  /** How it was answered, once it was. */
  answered: NonNullable<Original['ended']> | undefined
}

/** SHA-256 as base64url: of the API key and the idempotency key, and of what was asked. */
export interface RequestHashes {
  key: string
  body: string
}
