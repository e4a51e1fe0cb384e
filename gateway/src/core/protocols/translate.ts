// The answer of one protocol as another: the account side's decoder feeds the client side's encoder with canonical events.
// Knows no protocol. `answer.ts` of the data plane picks the pair.
import type { ChatEvent } from './chat.ts'
import type { UpstreamFailure } from './failure.ts'
import type { AnswerEncoder, Closing, ResponseTransform, StreamDecoder } from './protocol.ts'
import type { Usage } from './usage.ts'

export function createTranslation(decoder: StreamDecoder, encoder: AnswerEncoder): ResponseTransform {
  return new Translation(decoder, encoder)
}

export interface TranslatedAnswer {
  usage: Usage | undefined
  rawUsage: unknown
  failure: UpstreamFailure | undefined
  outputBytes: number
  close(closing: Closing): Buffer
}

/** A complete answer, decoded, as the client's; undefined when the events do not make a complete answer. */
export function translateAnswer(events: readonly ChatEvent[], encoder: AnswerEncoder): TranslatedAnswer | undefined {
  const translation = new Translation({ push: () => [...events], end: () => [] }, encoder)
  translation.push(Buffer.alloc(0))
  if (!translation.finished && translation.failure === undefined) return undefined
  const { usage, rawUsage, failure, outputBytes } = translation
  return { usage, rawUsage, failure, outputBytes, close: (closing) => encoder.close(closing) }
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

  constructor(decoder: StreamDecoder, encoder: AnswerEncoder) {
    this.#decoder = decoder
    this.#encoder = encoder
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

  #pass(events: readonly ChatEvent[]): Buffer | undefined {
    if (events.length === 0 || this.finished || this.failure !== undefined) return undefined
    for (const event of events) this.#note(event)
    return this.#encoder.push(events)
  }

  #note(event: ChatEvent): void {
    switch (event.type) {
      case 'message-start':
        return
      case 'text-delta':
        this.committed = true
        this.outputBytes += Buffer.byteLength(event.text)
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
