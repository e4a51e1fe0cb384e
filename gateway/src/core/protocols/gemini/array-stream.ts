// Native pass-through for clients that take their stream as one JSON array: the provider is asked for server-sent events, so that
// one way of reading meters both, and what each event holds becomes an element, byte for byte.
import type { AppError } from '@aicarpool/contract'
import { brokenAnswer } from '../broken-answer.ts'
import type { UpstreamFailure } from '../failure.ts'
import { scanObject } from '../json-scan.ts'
import type { AnswerNotes, Listener } from '../native-stream.ts'
import type { ResponseTransform } from '../protocol.ts'
import { statusBody } from '../rpc-status.ts'
import { SseReader } from '../sse.ts'
import type { Usage } from '../usage.ts'
import { createArrayFrame } from './stream-frame.ts'

export class ArrayStream implements ResponseTransform, AnswerNotes {
  committed = false
  finished = false
  failure: UpstreamFailure | undefined = undefined
  usage: Usage | undefined = undefined
  rawUsage: unknown = undefined
  usageFinal = false
  outputBytes = 0
  cutStart = 0
  cutEnd = 0
  readonly #reader = new SseReader()
  readonly #frame = createArrayFrame()
  readonly #listener: Listener

  constructor(listener: Listener) {
    this.#listener = listener
  }

  push(chunk: Buffer): Buffer | undefined {
    this.#reader.push(chunk)
    let text = ''
    while (this.failure === undefined && this.#reader.next()) text += this.#element(false)
    if (this.#reader.overflowed) this.failure ??= brokenAnswer('event_too_large')
    return text === '' ? undefined : Buffer.from(text)
  }

  end(): Buffer | undefined {
    this.#reader.finish()
    const text = this.failure === undefined && this.#reader.next() ? this.#element(true) : ''
    this.#listener.end?.(this)
    return text === '' ? undefined : Buffer.from(text)
  }

  close(): Buffer | undefined {
    const text = this.#frame.end()
    return text === '' ? undefined : Buffer.from(text)
  }

  closeWithError(error: AppError): Buffer {
    // No request id: the transform is made before it is known whose answer it carries.
    return Buffer.from(this.#frame.chunk(JSON.stringify(statusBody(error, ''))) + this.#frame.end())
  }

  /** An event that is no object would break the whole array: it ends the answer. The rest of a cut stream is left out. */
  #element(isRest: boolean): string {
    const { data, dataStart, dataEnd } = this.#reader
    if (dataStart < 0 || dataStart >= dataEnd) return ''
    if (scanObject(data, dataStart, dataEnd) === undefined) {
      if (!isRest) this.failure = brokenAnswer('malformed_event')
      return ''
    }
    this.#listener.see(this.#reader, this)
    return this.#frame.chunk(data.toString('utf8', dataStart, dataEnd))
  }
}
