// The interface of a wire protocol. A protocol folder implements the sides that it has: what clients speak to us, what
// accounts speak, or both; index.ts lists them. Everything here is synchronous and total: bad input becomes a value, never a
// throw (except AppError for a caller's request that cannot be decoded).
import type { AppError, NanoUsd, ServiceType } from '@aicarpool/contract'
import type { ChatEvent, ChatRequest } from './chat.ts'
import type { UpstreamFailure } from './failure.ts'
import type { Usage } from './usage.ts'

/** Names a wire, in the registries of index.ts and wherever wires are compared. */
export type ProtocolId = string

/** What routing and quota need to know of a request, without a full decode. */
export interface RequestFacts {
  /** As the client named it; undefined where the protocol lets the gateway choose. */
  model: string | undefined
  stream: boolean
  /** The request's own output maximum in tokens. */
  maxOutputTokens: number | undefined
  /** Answers wanted at once: each has the full output maximum. */
  choices: number
  /** The group the caller names; it must be the key's. Most protocols name none. */
  groupId?: string | undefined
  /** The kind of account the caller insists on. Most protocols have no such field. */
  serviceType?: ServiceType | undefined
}

/**
 * Bytes from the provider in, bytes for the client out, one call a chunk; what was seen on the way stands in the fields.
 * A native pass-through returns the very chunk it was given wherever nothing has to change.
 */
export interface ResponseTransform {
  /** The bytes to send on, or undefined when there is nothing to send yet. */
  push(chunk: Buffer): Buffer | undefined
  /** The upstream ended: the rest of the bytes, if any. */
  end(): Buffer | undefined
  /** After settlement: bytes that close the answer and may name its cost. Undefined for a native pass-through. */
  close(closing: Closing): Buffer | undefined
  /** True once content for the client was seen: the commit point, after which there is no failover. */
  readonly committed: boolean
  /** True once the protocol's terminal event was seen; an upstream that ends before it was cut. */
  readonly finished: boolean
  /** An error event inside a 200 answer. */
  readonly failure: UpstreamFailure | undefined
  /** The latest usage, and the vendor's own object that it was read from. */
  readonly usage: Usage | undefined
  readonly rawUsage: unknown
  /** Whether the figures are the final ones. */
  readonly usageFinal: boolean
  /** UTF-8 bytes of answer text seen, for estimating a cut answer. */
  readonly outputBytes: number
}

/** What is known of an answer once it is settled. */
export interface Closing {
  usage: Usage
  costNanoUsd: NanoUsd
  account: { id: string; name: string; serviceType: ServiceType }
}

/** Canonical events in, the client's dialect out. A plain answer gives no bytes before `close`. */
export interface AnswerEncoder {
  push(events: readonly ChatEvent[]): Buffer | undefined
  close(closing: Closing): Buffer
}

/** What a client-side protocol does with requests and refusals. */
export interface ClientProtocol {
  readonly id: ProtocolId
  /** Where its requests are POSTed. */
  readonly paths: readonly string[]
  /** How requests of this protocol are served by accounts that speak another; undefined where only native accounts serve. */
  readonly translation: ClientTranslation | undefined
  /** Reads the facts off the parsed body. Throws AppError('invalid_request') naming the field. */
  inspectRequest(body: Record<string, unknown>): RequestFacts
  /** Renders a refusal as a complete JSON body of this dialect. */
  renderError(error: AppError, requestId: string): Buffer
  /** Renders a refusal inside a stream that has begun: the bytes that end it in this dialect. */
  renderStreamError(error: AppError, requestId: string): Buffer
}

export interface ClientTranslation {
  /** Full decode; `model` is the vendor's name that routing resolved. Throws AppError('invalid_request') naming the field. */
  decodeRequest(body: Record<string, unknown>, model: string): ChatRequest
  createAnswerEncoder(stream: boolean): AnswerEncoder
}

/** Where the vendors that speak one wire differ, declared by the vendor for each of its wires. */
export interface WireOptions {
  /** The wire's older field carries the output maximum; the newer one would be ignored, and the answer unbounded. */
  readonly usesOlderMaximumField?: boolean
}

/** A complete native answer as far as metering needs it. */
export interface NativeAnswer {
  /** Undefined when the provider reported none. */
  usage: Usage | undefined
  rawUsage: unknown
  /** An error that came with a success status. */
  failure: UpstreamFailure | undefined
  /** UTF-8 bytes of answer text, for estimating an answer without usage. */
  outputBytes: number
}

/** What an account-side protocol does: decodes answers, and encodes canonical requests when translating. */
export interface AccountProtocol {
  readonly id: ProtocolId
  /** The path below the endpoint for a model: pass-through and translation use the same. */
  path(model: string, stream: boolean): string
  encodeRequest(request: ChatRequest, options?: WireOptions): Buffer
  /** `push(text) → events[]`, `end() → events[]`; any split of the bytes gives the same events. */
  createStreamDecoder(): StreamDecoder
  /** A complete JSON answer as events. */
  decodeResponse(body: Buffer): ChatEvent[]
  /** Reads usage off a complete native answer without decoding the rest; undefined when there is none. */
  readUsage(body: Buffer): { usage: Usage; raw: unknown } | undefined
  /** The same, with what else may be wrong or missing; undefined when the bytes are no JSON object. */
  readAnswer(body: Buffer): NativeAnswer | undefined
  /**
   * Prepares a client's own request for native pass-through: the same bytes wherever possible, and a transform that
   * listens. `adaptRequest` makes the one change that metering needs by splicing.
   */
  adaptRequest(body: Buffer, facts: RequestFacts): { body: Buffer; createTransform: () => ResponseTransform }
}

export interface StreamDecoder {
  push(chunk: Buffer): ChatEvent[]
  end(): ChatEvent[]
}
