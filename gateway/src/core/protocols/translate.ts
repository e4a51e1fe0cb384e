// A request of one protocol as another's, and the answer back: what the wire cannot carry is taken out and named, then the account
// side's encoder writes the body; its decoder feeds the client side's encoder with canonical events. Knows no protocol.
// `answer.ts` of the data plane picks the pair.
import type { AppError } from '@aicarpool/contract'
import type { ChatEvent, ChatRequest } from './chat.ts'
import type { UpstreamFailure } from './failure.ts'
import { fitRequest } from './features.ts'
import type {
  AccountTranslation,
  AnswerEncoder,
  Closing,
  EncodedRequest,
  EncodeTarget,
  ResponseTransform,
  StreamDecoder,
} from './protocol.ts'
import { nameTools, type NamedRequest } from './tool-names.ts'
import type { Usage } from './usage.ts'

export interface FittedBody extends EncodedRequest {
  clientNames: NamedRequest['clientNames']
}

/** Throws AppError('not_translatable') where the wire or the model cannot carry what the answer would be worthless without. */
export function encodeFitted(request: ChatRequest, translation: AccountTranslation, target: EncodeTarget): FittedBody {
  const fitted = fitRequest(request, { ...translation.support, ...target.options.support }, target.traits)
  const named = nameTools(fitted.request, translation.toolNames)
  const encoded = translation.encodeRequest(named.request, target)
  return {
    body: encoded.body,
    dropped: [...fitted.dropped, ...encoded.dropped],
    clientNames: named.clientNames,
  }
}

/** `clientNames`: of tools that the provider calls by another name. */
export function createTranslation(
  decoder: StreamDecoder,
  encoder: AnswerEncoder,
  clientNames?: NamedRequest['clientNames'],
): ResponseTransform {
  return new Translation(decoder, encoder, clientNames)
}

export interface TranslatedAnswer {
  usage: Usage | undefined
  rawUsage: unknown
  failure: UpstreamFailure | undefined
  outputBytes: number
  close(closing: Closing): Buffer
}

/** A complete answer, decoded, as the client's; undefined when the events do not make a complete answer. */
export function translateAnswer(
  events: readonly ChatEvent[],
  encoder: AnswerEncoder,
  clientNames?: NamedRequest['clientNames'],
): TranslatedAnswer | undefined {
  const translation = new Translation({ push: () => [...events], end: () => [] }, encoder, clientNames)
  // Nothing of a plain answer; of a stream, which a provider may answer in one piece, all that comes before its end.
  const said = translation.push(Buffer.alloc(0))
  if (!translation.finished && translation.failure === undefined) return undefined
  const { usage, rawUsage, failure, outputBytes } = translation
  return {
    usage,
    rawUsage,
    failure,
    outputBytes,
    close: (closing) => (said ? Buffer.concat([said, encoder.close(closing)]) : encoder.close(closing)),
  }
}

class Translation implements ResponseTransform {
  committed = false
  finished = false
  failure: UpstreamFailure | undefined = undefined
  usage: Usage | undefined = undefined
  rawUsage: unknown = undefined
  usageFinal = false
  outputBytes = 0
  readonly #decoder: StreamDecoder
  readonly #encoder: AnswerEncoder
  readonly #clientNames: NamedRequest['clientNames']

  constructor(decoder: StreamDecoder, encoder: AnswerEncoder, clientNames: NamedRequest['clientNames']) {
    this.#decoder = decoder
    this.#encoder = encoder
    this.#clientNames = clientNames
  }

  push(chunk: Buffer): Buffer | undefined {
    return this.#pass(this.#decoder.push(chunk))
  }

  end(): Buffer | undefined {
    return this.#pass(this.#decoder.end())
  }

  close(closing: Closing): Buffer | undefined {
    // A failure was rendered where it happened; what came before it is no complete answer.
    return this.failure === undefined ? this.#encoder.close(closing) : undefined
  }

  closeWithError(error: AppError): Buffer {
    return this.#encoder.closeWithError(error)
  }

  #pass(events: readonly ChatEvent[]): Buffer | undefined {
    if (events.length === 0 || this.finished || this.failure !== undefined) return undefined
    for (const event of events) this.#note(event)
    const names = this.#clientNames
    return this.#encoder.push(names ? events.map((event) => withClientName(event, names)) : events)
  }

  #note(event: ChatEvent): void {
    switch (event.type) {
      case 'message-start':
      case 'tool-call-end':
        return
      case 'text-delta':
      case 'reasoning-delta':
        this.committed = true
        this.outputBytes += Buffer.byteLength(event.text)
        return
      case 'tool-call-start':
        this.committed = true
        this.outputBytes += Buffer.byteLength(event.name)
        return
      case 'tool-call-delta':
        this.outputBytes += Buffer.byteLength(event.argumentsJson)
        return
      case 'usage':
        this.usage = event.usage
        this.rawUsage = event.raw
        this.usageFinal = event.isFinal
        return
      case 'message-end':
        this.committed = true
        this.finished = true
        return
      case 'failure':
        this.failure = event.failure
    }
  }
}

function withClientName(event: ChatEvent, names: ReadonlyMap<string, string>): ChatEvent {
  const name = event.type === 'tool-call-start' ? names.get(event.name) : undefined
  return event.type === 'tool-call-start' && name !== undefined ? { ...event, name } : event
}
