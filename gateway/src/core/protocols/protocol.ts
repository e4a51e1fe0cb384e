// The interface of a wire protocol. A protocol folder implements the sides that it has: what clients speak to us, what
// accounts speak, or both; index.ts lists them. Everything here is synchronous and total: bad input becomes a value, never a
// throw (except AppError for a caller's request that cannot be decoded).
import type { AppError, NanoUsd, ServiceType } from '@aicarpool/contract'
import type { ChatEvent, ChatRequest } from './chat.ts'
import type { UpstreamFailure } from './failure.ts'
import type { Support } from './features.ts'
import type { ModelTraits } from './model-traits.ts'
import type { FieldHandling } from './request-fields.ts'
import type { UnboundedPart } from './unbounded.ts'
import type { Usage } from './usage.ts'

/** Names a wire, in the registries of index.ts and wherever wires are compared. */
export type ProtocolId = string

/** What a request's address says, where it says more than which protocol it is: some wires name the model there. */
export interface RequestTarget {
  model?: string | undefined
  stream?: boolean | undefined
  /** A stream as one JSON array instead of server-sent events. */
  isArrayStream?: boolean | undefined
}

/** What routing and quota need to know of a request, without a full decode. */
export interface RequestFacts {
  /** As the client named it; undefined where the protocol lets the gateway choose. */
  model: string | undefined
  stream: boolean
  /** The request's own output maximum in tokens. */
  maxOutputTokens: number | undefined
  /** Answers wanted at once: each has the full output maximum. */
  choices: number
  /** UTF-8 bytes of what the model reads, where an answer may come without usage; without it, the body stands for it. */
  inputBytes?: number | undefined
  /** The group the caller names; it must be the key's. Most protocols name none. */
  groupId?: string | undefined
  /** The kind of account the caller insists on. Most protocols have no such field. */
  serviceType?: ServiceType | undefined
  /** The service tier that the client insists on, by the name that usage has for it; undefined: the vendor's standard one. */
  serviceTier?: string | undefined
  /** What vendors have stored of earlier answers: only the account that has it can serve. Most protocols store nothing. */
  refersTo?: readonly StoredReference[] | undefined
  /** The vendor is asked to store the answer, so that later requests can refer to it. */
  isStored?: boolean | undefined
}

/** A field of a request, as the client wrote it, with the id of something that lies with one account alone. */
export interface StoredReference {
  field: string
  id: string
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
  /** After settlement: bytes that close the answer and may name its cost. Undefined where the provider's own bytes did. */
  close(closing: Closing): Buffer | undefined
  /** Bytes that end a begun answer with an error; without it, the client protocol's `renderStreamError` makes them. */
  closeWithError?(error: AppError): Buffer
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
  /** Ids by which later requests can refer to what the vendor may have stored; those of a complete answer. */
  readonly storedIds?: readonly string[]
}

/** What is known of an answer once it is settled. */
export interface Closing {
  usage: Usage
  costNanoUsd: NanoUsd
  account: { id: string; name: string; serviceType: ServiceType }
}

/** What an answer's encoder is told beside the events. */
export interface AnswerContext {
  /** Ours; answers' own ids are made of it, with the prefix that the client's wire uses. */
  requestId: string
  createdAtMs: number
  target: RequestTarget
  /** What the client's `versionHeader` said. */
  version?: string | undefined
}

/**
 * Canonical events in, the client's dialect out. Streams give bytes as events come and end with those of `close`; a plain
 * answer gives no bytes before `close`. After a `failure` event, which a stream renders where it stands, nothing follows.
 */
export interface AnswerEncoder {
  push(events: readonly ChatEvent[]): Buffer | undefined
  close(closing: Closing): Buffer
  /** Ends a stream that has begun with an error. */
  closeWithError(error: AppError): Buffer
}

/** What a client-side protocol does with requests and refusals. */
export interface ClientProtocol {
  readonly id: ProtocolId
  /** What the vendor calls it, for docs/protocols.md. */
  readonly title: string
  /** What the usage row says was asked for. */
  readonly requestType: 'chat' | 'embedding'
  /** Where its requests are POSTed. */
  readonly paths: readonly string[]
  /** Addresses that name more than the protocol: what this one says, or undefined when it is none of this protocol. */
  matchAddress?(path: string, query: string): RequestTarget | undefined
  /** How those addresses look ("/v1/models/{model}:act"), for docs/protocols.md. */
  readonly addressForms?: readonly string[]
  /** The header by which clients say which version of the wire they speak, lower case, where answers differ by it. */
  readonly versionHeader?: string
  /** How requests of this protocol are served by accounts that speak another; undefined where only native accounts serve. */
  readonly translation: ClientTranslation | undefined
  /** The content type of a streamed answer, where it is not server-sent events. */
  readonly streamContentType?: string
  /** What its clients pass over between two pieces of a stream; undefined: a comment of server-sent events. */
  readonly signOfLife?: Buffer
  /** Reads the facts off the parsed body. Throws AppError('invalid_request') naming the field. */
  inspectRequest(body: Record<string, unknown>, target: RequestTarget): RequestFacts
  /** What of the request its bytes say nothing of; undefined where the wire has no such parts. Total. */
  unboundedParts?(body: Record<string, unknown>): UnboundedPart[]
  /** Renders a refusal as a complete JSON body of this dialect. */
  renderError(error: AppError, requestId: string): Buffer
  /** Renders a refusal inside a stream that has begun: the bytes that end it in this dialect. */
  renderStreamError(error: AppError, requestId: string): Buffer
  /** Headers that answers and refusals of this dialect carry, as a flat [name, value, …] list. */
  answerHeaders?(requestId: string): readonly string[]
  /** Where its clients ask for the models they may use; undefined where the wire has no such address. */
  readonly modelList?: ModelList
  /** Where its clients have a request's tokens counted beforehand; undefined where the wire has no such address. */
  readonly tokenCounting?: TokenCounting
  /** Its clients may put the key into the address, as `?key=`. */
  readonly takesKeyInQuery?: boolean
  /** Addresses of the wire that are not served: why not, or undefined for an address that is none of these. */
  refuseAddress?(path: string): AppError | undefined
}

/** A model that the caller may use, as far as it is known. */
export interface ListedModel {
  name: string
  contextTokens: number | undefined
  outputTokensMax: number | undefined
  /** By which of the list's protocols the caller can use it. */
  protocols: readonly ProtocolId[]
}

export interface ModelList {
  /** The list; one model stands below it, as `path/name`. */
  readonly path: string
  /** Another protocol's address where its clients look too, and the header by which they are known there, lower case. */
  readonly guestAt?: { readonly path: string; readonly header: string }
  /** Protocols without a list of their own whose models stand on this one too: clients look for all models in one place. */
  readonly covers?: readonly ProtocolId[]
  render(models: readonly ListedModel[]): Buffer
  renderOne(model: ListedModel): Buffer
}

export interface TokenCounting {
  /** Where clients POST it. */
  readonly paths: readonly string[]
  /** Addresses that name the model: what this one says, or undefined when it is none of these. */
  matchAddress?(path: string): RequestTarget | undefined
  /** How those addresses look, for docs/protocols.md. */
  readonly addressForms?: readonly string[]
  /** Below an account's endpoint. */
  path(model: string): string
  /** The model that it is counted for. Throws AppError('invalid_request') naming the field. */
  inspectRequest(body: Record<string, unknown>, target: RequestTarget): { model: string }
  /** The body as an account takes it, where that is not as the client sent it. */
  adaptBody?(body: Buffer): Buffer
  /** The number in a native answer; undefined when there is none. */
  readAnswer(body: Buffer): number | undefined
  renderAnswer(tokens: number): Buffer
}

export interface ClientTranslation {
  /** What becomes of fields without a counterpart in the canonical request; those that are not named here are dropped. */
  readonly otherFields: Readonly<Record<string, FieldHandling>>
  /**
   * Full decode; `model` is the vendor's name that routing resolved. Fields without a counterpart in the canonical request are
   * named in `dropped`, unless the answer would be worthless without them. Throws AppError('invalid_request') for a malformed
   * field and AppError('not_translatable') for one that cannot be left out, each naming the field.
   */
  decodeRequest(body: Record<string, unknown>, model: string, target: RequestTarget): DecodedRequest
  /** `request` as `decodeRequest` made it: an answer may have to name things as the client did. */
  createAnswerEncoder(request: ChatRequest, context: AnswerContext): AnswerEncoder
}

export interface DecodedRequest {
  request: ChatRequest
  /** Names of fields as the client wrote them ("logit_bias", "tools[2]"), for `x-aicarpool-dropped`. */
  dropped: string[]
}

/** Where the vendors that speak one wire differ, declared by the vendor for each of its wires. */
export interface WireOptions {
  /** The wire's older field carries the output maximum; the newer one would be ignored, and the answer unbounded. */
  readonly usesOlderMaximumField?: boolean
  /** The newer field is ignored also where a client writes it, and its answer would have no bound. */
  readonly ignoresNewerMaximumField?: boolean
  /** Models that think refuse the older field, which many clients still send. */
  readonly refusesOlderMaximumField?: boolean
  /** What a model thinks may come on top of the older field's maximum; the newer one bounds both. */
  readonly olderMaximumMayLeaveOutThinking?: boolean
  /** What was thought is not told to everybody, and asking for it is refused: a translation never asks. */
  readonly refusesSummaries?: boolean
  /** Where this vendor can carry more or less of a request than its wire in general. */
  readonly support?: Partial<Support>
}

/** Whom a canonical request is encoded for. */
export interface EncodeTarget {
  traits: ModelTraits
  options: WireOptions
}

export interface EncodedRequest {
  body: Buffer
  /** What the encoder had to leave out beside what the features table had told, as names of features. */
  dropped: string[]
}

/** What must differ between the client's own body and the one that is sent; absent members stay as they are. */
export interface RequestChanges {
  /** The vendor's name of a model that the client called by an alias. */
  model?: string | undefined
  /** A lower output maximum than the client asked for, in tokens. */
  maxOutputTokens?: number | undefined
  /** The wire's older field of the output maximum becomes the newer one: this model refuses it. */
  renamesOlderMaximum?: boolean
  /** The newer one becomes the older one: this vendor would ignore it. */
  renamesNewerMaximum?: boolean
  /** What this model thinks may come on top of the older one. */
  olderMaximumMayLeaveOutThinking?: boolean
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

/** What an account-side protocol does: passes native requests through, and has requests of other protocols translated to it. */
export interface AccountProtocol {
  readonly id: ProtocolId
  /** The path below the endpoint for a model: pass-through and translation use the same. */
  path(model: string, stream: boolean): string
  /** The least output maximum that the wire takes, in tokens; what we write is raised to it. 1 unless said. */
  readonly outputTokensMin?: number
  /** Undefined where only its own clients are served. */
  readonly translation: AccountTranslation | undefined
  /** A complete native answer as far as metering needs it; undefined when the bytes are no JSON object. */
  readAnswer(body: Buffer): NativeAnswer | undefined
  /** Of a complete native answer, ids as in `ResponseTransform`. Undefined where the wire's vendors store nothing. */
  readStoredIds?(body: Buffer): readonly string[]
  /**
   * Prepares a client's own request for native pass-through: the same bytes wherever possible, `changes` and what metering
   * needs by splicing, and a transform that listens.
   */
  adaptRequest(body: Buffer, facts: RequestFacts, changes: RequestChanges, target: RequestTarget): AdaptedRequest
}

export interface AdaptedRequest {
  body: Buffer
  createTransform: () => ResponseTransform
  /** The provider's refusal in the form that the client reads; without it, the very bytes. */
  adaptRejection?: (body: Buffer) => Buffer
  /** What the model thinks may come on top of the request's maximum. */
  leavesOutThinking?: boolean
}

export interface AccountTranslation {
  /** What of a canonical request this wire can carry. `fitRequest` has taken out the rest before `encodeRequest` is called. */
  readonly support: Support
  /** What a tool's name may be; `nameTools` has renamed the others before `encodeRequest` is called. */
  readonly toolNames: RegExp
  encodeRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest
  /** `push(text) → events[]`, `end() → events[]`; any split of the bytes gives the same events. */
  createStreamDecoder(): StreamDecoder
  /** A complete JSON answer as events. */
  decodeResponse(body: Buffer): ChatEvent[]
}

export interface StreamDecoder {
  push(chunk: Buffer): ChatEvent[]
  end(): ChatEvent[]
}
