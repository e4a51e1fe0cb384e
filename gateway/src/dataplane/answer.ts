// How a request becomes the provider's and its answer the client's: the same bytes with somebody listening, or decoded and
// encoded anew. The relay only sees this interface and knows nothing of protocols.
import type { UpstreamFailure } from '../core/protocols/failure.ts'
import { accountProtocols } from '../core/protocols/index.ts'
import type { AccountProtocol, Closing, ResponseTransform } from '../core/protocols/protocol.ts'
import { createTranslation, encodeFitted, translateAnswer } from '../core/protocols/translate.ts'
import type { Usage } from '../core/protocols/usage.ts'
import type { ModelView } from '../core/routing/account-models.ts'
import type { DecodedCall } from './call.ts'
import type { ChosenWire } from './wire.ts'

export interface PlainAnswer {
  usage: Usage | undefined
  rawUsage: unknown
  failure: UpstreamFailure | undefined
  outputBytes: number
  /** As in `ResponseTransform`. */
  storedIds?: readonly string[] | undefined
  close(closing: Closing): Buffer
}

export interface Answer {
  isNative: boolean
  /** The path below the account's base path, and the body to send. */
  path: string
  body: Buffer
  /** Names of what the provider is not told of, for `x-aicarpool-dropped`. */
  dropped: readonly string[]
  /** The output maximum that was sent instead of the client's own, which does not fit under a limit. */
  loweredTo: number | undefined
  /** What the model thinks may come on top of the request's maximum. */
  leavesOutThinking: boolean
  createTransform(): ResponseTransform
  /** The provider's refusal in the form that the client reads; without it, the very bytes. */
  adaptRejection?: ((body: Buffer) => Buffer) | undefined
  /** A complete JSON answer; undefined when the bytes are none. */
  readPlain(body: Buffer): PlainAnswer | undefined
}

/**
 * `loweredTo`: a maximum below the client's own. Throws AppError('not_translatable') or AppError('invalid_request') for what this
 * account cannot be told.
 */
export function answerFor(
  call: DecodedCall,
  wire: ChosenWire,
  model: ModelView,
  nowMs: number,
  loweredTo?: number,
): Answer {
  const protocol: AccountProtocol = accountProtocols[wire.protocol]
  const path = wire.pathPrefix + protocol.path(model.name, call.facts.stream)
  const { translation } = call.client
  if (wire.isNative || !translation || !protocol.translation)
    return nativeAnswer(call, protocol, wire, path, model, loweredTo)
  const { request: asked, dropped } = translation.decodeRequest(call.parsed, model.name, call.target)
  const request = loweredTo === undefined ? asked : { ...asked, maxOutputTokens: loweredTo }
  const target = { traits: model.traits, options: wire }
  const encoded = encodeFitted(request, protocol.translation, target)
  const { createStreamDecoder, decodeResponse } = protocol.translation
  const encoder = () =>
    translation.createAnswerEncoder(request, {
      requestId: call.id,
      createdAtMs: nowMs,
      target: call.target,
      version: versionOf(call),
    })
  return {
    isNative: false,
    path,
    body: encoded.body,
    dropped: [...dropped, ...encoded.dropped],
    loweredTo,
    leavesOutThinking: false,
    createTransform: () => createTranslation(createStreamDecoder(), encoder(), encoded.clientNames),
    readPlain: (body) => translateAnswer(decodeResponse(body), encoder(), encoded.clientNames),
  }
}

function nativeAnswer(
  call: DecodedCall,
  protocol: AccountProtocol,
  wire: ChosenWire,
  path: string,
  model: ModelView,
  loweredTo: number | undefined,
): Answer {
  const changes = {
    ...(loweredTo === undefined ? {} : { maxOutputTokens: loweredTo }),
    ...(call.facts.model === model.name ? {} : { model: model.name }),
    renamesNewerMaximum: wire.ignoresNewerMaximumField === true,
    olderMaximumMayLeaveOutThinking: wire.olderMaximumMayLeaveOutThinking === true && model.traits.reasoning !== 'none',
    renamesOlderMaximum: wire.refusesOlderMaximumField === true && model.traits.reasoning !== 'none',
  }
  const adapted = protocol.adaptRequest(call.body, call.facts, changes, call.target)
  return {
    isNative: true,
    path: path + queryOf(call, path),
    body: adapted.body,
    dropped: [],
    loweredTo,
    leavesOutThinking: adapted.leavesOutThinking === true,
    createTransform: adapted.createTransform,
    adaptRejection: adapted.adaptRejection,
    readPlain: (body) => {
      const read = protocol.readAnswer(body)
      const storedIds = call.facts.isStored ? protocol.readStoredIds?.(body) : undefined
      return read && { ...read, storedIds, close: () => body }
    },
  }
}

/** A client's query is passed on as it stands, unless its wire keeps its own meaning there. */
function queryOf({ client, request }: DecodedCall, path: string): string {
  if (client.matchAddress || path.includes('?')) return ''
  const url = request.url ?? ''
  const at = url.indexOf('?')
  return at === -1 ? '' : url.slice(at)
}

function versionOf({ client, request }: DecodedCall): string | undefined {
  const sent = client.versionHeader === undefined ? undefined : request.headers[client.versionHeader]
  return typeof sent === 'string' ? sent : undefined
}
