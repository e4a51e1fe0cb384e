// One try of a request against one account: INTENT into the journal, then the bytes to the provider. Returns what the relay
// made of the answer; never throws for anything that the outside world does.
import { printDecimal } from '@aicarpool/contract'
import { joinJson, type AttemptScope, type AttemptStart, type ProgressEntry } from '../core/journal/entry.ts'
import { rateClasses, type PriceView } from '../core/pricing/cost.ts'
import type { ClientProtocol } from '../core/protocols/protocol.ts'
import type { Reservation } from '../core/quota/ledger.ts'
import { inlineImages } from '../core/quota/inline-images.ts'
import type { Amounts } from '../core/quota/limits.ts'
import type { ModelView } from '../core/routing/account-models.ts'
import type { AccountView, KeyView } from '../core/routing/snapshot.ts'
import type { Clock } from '../platform/clock.ts'
import type { Timers } from '../platform/timers.ts'
import { UnpackingHandler } from '../platform/upstream/unpack.ts'
import type { Upstream } from '../platform/upstream/pools.ts'
import type { Answer } from './answer.ts'
import type { DecodedCall } from './call.ts'
import type { Credentials } from './credentials.ts'
import type { Journal } from './journal.ts'
import type { Live } from './live.ts'
import { Relay, type RelayOptions, type RelayOutcome, type SeenAnswer } from './relay.ts'

export interface AttemptPorts {
  live: Live
  journal: Journal
  upstream: Upstream
  credentials: Credentials
  clock: Clock
  timers: Timers
  firstByteTimeoutMs: number
  idleTimeoutMs: number
}

/** Typical English and code; what a crashed attempt is billed by, and the start of every estimate. */
const inputBytesPerToken = 4

/** An image of an ordinary size costs about so many tokens at all vendors. */
const imageTokens = 1500
/** A body below it holds no image worth looking for. */
const imageBodyBytesMin = 64 * 1024

/** `inputBytes`: of what the model reads, where the wire tells it apart; else the body, with images by what they usually cost. */
export function estimatedInputTokens(body: Buffer, parsed: unknown, inputBytes?: number): number {
  if (inputBytes !== undefined) return Math.ceil(inputBytes / inputBytesPerToken)
  const images = body.length < imageBodyBytesMin ? { count: 0, bytes: 0 } : inlineImages(parsed)
  return Math.ceil(Math.max(0, body.length - images.bytes) / inputBytesPerToken) + images.count * imageTokens
}

export interface Intent {
  scope: AttemptScope
  inputEstimate: number
  /** The request was sent under an idempotency key. */
  isIdempotent: boolean
  /** Of scope and start together. */
  json: string
}

type RequestType = ClientProtocol['requestType']

interface WrittenScope {
  scope: AttemptScope
  json: string
}

/** A model's view belongs to one account, so key and model name the scope. Dropped with the snapshot they belong to. */
type Scopes = WeakMap<KeyView, WeakMap<ModelView, WrittenScope>>
const scopes: Record<RequestType, Scopes> = { chat: new WeakMap(), embedding: new WeakMap() }

function scopeOf(requestType: RequestType, key: KeyView, account: AccountView, model: ModelView): WrittenScope {
  const ofKey = scopes[requestType].get(key) ?? new WeakMap<ModelView, WrittenScope>()
  scopes[requestType].set(key, ofKey)
  const present = ofKey.get(model)
  if (present) return present
  const scope: AttemptScope = {
    enterpriseId: key.enterprise.id,
    departmentId: key.group.departmentId,
    groupId: key.group.id,
    userId: key.userId,
    keyId: key.id,
    accountId: account.id,
    serviceType: account.serviceType,
    requestType,
    modelUsed: model.name,
    priceVersion: model.price?.version,
    inputPrice: model.price?.input ?? 0,
    prices: model.price && unlikeInput(model.price),
    fixedCallCost: key.enterprise.fixedCallCostNanoUsd,
    discountBasisPoints: key.enterprise.discountBasisPoints,
  }
  const written = { scope, json: JSON.stringify(scope) }
  ofKey.set(model, written)
  return written
}

/** Only those that differ: each record of the journal carries them. */
function unlikeInput(price: PriceView): AttemptScope['prices'] {
  const prices: AttemptScope['prices'] = {}
  for (const name of rateClasses) if (price[name] !== price.input) prices[name] = price[name]
  return prices
}

/** `atMs`: when the attempt's reservation was granted, so that ledger and database count it in the same window. */
export function intentOf(call: DecodedCall, account: AccountView, model: ModelView, atMs: number): Intent {
  const { scope, json } = scopeOf(call.client.requestType, call.key, account, model)
  const start: AttemptStart = {
    time: atMs,
    modelRequested: call.facts.model,
    inputEstimate: estimatedInputTokens(call.body, call.parsed, call.facts.inputBytes),
    clientRequestId: clientRequestIdOf(call),
    idempotency: call.idempotency,
  }
  return {
    scope,
    inputEstimate: start.inputEstimate,
    isIdempotent: call.idempotency !== undefined,
    json: joinJson(json, JSON.stringify(start)),
  }
}

/** Ids longer than this are somebody's mistake; ours and the vendors' are UUIDs. */
const clientRequestIdMax = 128

function clientRequestIdOf(call: DecodedCall): string | undefined {
  const sent = call.request.headers['x-client-request-id'] ?? call.request.headers['x-request-id']
  return typeof sent === 'string' && sent !== '' ? sent.slice(0, clientRequestIdMax) : undefined
}

/** Sends the request. Call it only after the INTENT was handed over. The relay's outcome tells how it went. */
export function send(
  call: DecodedCall,
  attempt: number,
  account: AccountView,
  answer: Answer,
  reservation: Reservation,
  ports: AttemptPorts,
): Relay {
  const { provider } = account
  const relay = new Relay({
    response: call.response,
    answer,
    headers: answerHeaders(call, answer, reservation.left),
    contentTypes: contentTypesOf(call, answer),
    signOfLife: answer.isNative ? undefined : (call.client.signOfLife ?? eventComment),
    requestIdHeader: provider.requestIdHeader,
    onProgress: (seen) => noteProgress(call, attempt, seen, ports.journal),
    startedMs: call.startedMs,
    clock: ports.clock,
    timers: ports.timers,
    decodeFailure: (status, headers, body) =>
      provider.decodeFailure(status, headers, ports.credentials.redact(account, body), ports.clock.now()),
    refineFailure: (failure) => provider.refineFailure?.(failure) ?? failure,
  })
  if (call.facts.isStored) void relay.outcome.then((outcome) => noteStored(call, account, outcome, ports.live))
  // It may have left while the INTENT was written: then it is not even sent.
  if (call.response.destroyed) relay.clientGone()
  try {
    ports.upstream.pool(account.origin).dispatch(
      {
        path: account.basePath + answer.path,
        method: 'POST',
        headers: ports.credentials.headersFor(account, answer.isNative ? call.request.headers : undefined),
        body: answer.body,
        headersTimeout: ports.firstByteTimeoutMs,
        bodyTimeout: ports.idleTimeoutMs,
      },
      new UnpackingHandler(relay),
    )
  } catch (error) {
    relay.onResponseError(undefined, error instanceof Error ? error : new DispatchFailed(String(error)))
  }
  return relay
}

function noteProgress(
  { id }: DecodedCall,
  attempt: number,
  { usage, outputBytes }: SeenAnswer,
  journal: Journal,
): void {
  const progress: ProgressEntry = { usage, outputBytes }
  journal.note(id, attempt, JSON.stringify(progress))
}

/** Known before the last bytes leave: the client may refer to them at once. */
function noteStored(call: DecodedCall, account: AccountView, outcome: RelayOutcome, live: Live): void {
  const ids = outcome.kind === 'failed' ? undefined : outcome.source.storedIds
  if (ids) live.stored.note(ids, { groupId: call.key.group.id, accountId: account.id })
}

/** A comment, which every reader of server-sent events passes over (WHATWG HTML, section 9.2.6). */
const eventComment = Buffer.from(': keep-alive\n\n')
const jsonType = 'application/json'
const eventStreamType = 'text/event-stream; charset=utf-8'
/** A translation has the form that the client asked for, in whichever form the provider answers. */
function contentTypesOf({ client, facts }: DecodedCall, { isNative }: Answer): RelayOptions['contentTypes'] {
  const streamed = client.streamContentType ?? eventStreamType
  if (isNative) return { whole: jsonType, streamed }
  const asked = facts.stream ? streamed : jsonType
  return { whole: asked, streamed: asked }
}

/** Header lines beyond this are cut by proxies; a request has a few dozen features at most. */
const droppedCharactersMax = 1000

function answerHeaders(call: DecodedCall, answer: Answer, left: Amounts): readonly string[] {
  const headers = ['x-request-id', call.id, ...(call.client.answerHeaders?.(call.id) ?? [])]
  if (answer.dropped.length > 0) headers.push('x-aicarpool-dropped', headerText(answer.dropped))
  if (answer.loweredTo !== undefined) headers.push('x-aicarpool-max-output-tokens', String(answer.loweredTo))
  // What was left before this request, where a limit applies.
  if (Number.isFinite(left.tokens)) headers.push('x-aicarpool-remaining-tokens', String(left.tokens))
  if (Number.isFinite(left.costNanoUsd)) headers.push('x-aicarpool-remaining-usd', printDecimal(left.costNanoUsd, 9))
  if (Number.isFinite(left.requests)) headers.push('x-aicarpool-remaining-requests', String(left.requests))
  return headers
}

/** Names of fields come from clients: what a header line cannot hold is written as a question mark. */
function headerText(names: readonly string[]): string {
  const text = [...new Set(names)].join(', ').replaceAll(/[^\x20-\x7e]/g, '?')
  return text.length <= droppedCharactersMax ? text : `${text.slice(0, droppedCharactersMax)}, ...`
}

class DispatchFailed extends Error {
  override readonly name = 'DispatchFailed'
}
