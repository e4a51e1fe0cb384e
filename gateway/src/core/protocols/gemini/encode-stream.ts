// Canonical events → the answer of a generateContent client, as a stream of chunks or as one body, which have the same shape
// (Gemini API reference, "GenerateContentResponse"). The last chunk says how it ended and what was used.
import type { AppError } from '@aicarpool/contract'
import type { ChatEvent, ChatRequest } from '../chat.ts'
import { failureRefusal } from '../failure-refusal.ts'
import type { AnswerContext, AnswerEncoder, Closing } from '../protocol.ts'
import { statusBody } from '../rpc-status.ts'
import { AnswerParts, type AnswerPart } from './answer-parts.ts'
import { renderError } from './errors.ts'
import { createArrayFrame, eventFrame, type StreamFrame } from './stream-frame.ts'
import { renderUsage } from './usage.ts'

export function createAnswerEncoder(request: ChatRequest, context: AnswerContext): AnswerEncoder {
  if (!request.stream) return new WholeEncoder(request, context.requestId)
  const frame = context.target.isArrayStream === true ? createArrayFrame() : eventFrame
  return new StreamEncoder(request, context.requestId, frame)
}

const nothing = Buffer.alloc(0)
/** A candidate always has content, and content always a part: clients' readers take both for granted. */
const emptyPart: AnswerPart = Object.freeze({ text: '' })

class StreamEncoder implements AnswerEncoder {
  readonly #parts: AnswerParts
  readonly #requestId: string
  readonly #frame: StreamFrame
  /** What every chunk ends with, made once. */
  #tail = ''
  #hasFailed = false

  constructor(request: ChatRequest, requestId: string, frame: StreamFrame) {
    this.#parts = new AnswerParts(request)
    this.#requestId = requestId
    this.#frame = frame
  }

  push(events: readonly ChatEvent[]): Buffer | undefined {
    let text = ''
    for (const event of events) if (!this.#hasFailed) text += this.#encode(event)
    return text === '' ? undefined : Buffer.from(text)
  }

  close({ usage }: Closing): Buffer {
    if (this.#hasFailed) return nothing
    const ending = JSON.stringify(this.#parts.ending()).slice(1, -1)
    const counts = `,"usageMetadata":${JSON.stringify(renderUsage(usage))}`
    return Buffer.from(this.#chunk(emptyPart, `,${ending}`, counts) + this.#frame.end())
  }

  closeWithError(error: AppError): Buffer {
    this.#hasFailed = true
    return Buffer.from(this.#frame.chunk(JSON.stringify(statusBody(error, this.#requestId))) + this.#frame.end())
  }

  #encode(event: ChatEvent): string {
    if (event.type === 'failure') return this.closeWithError(failureRefusal(event.failure)).toString('utf8')
    const part = this.#parts.read(event)
    return part === undefined ? '' : this.#chunk(part)
  }

  #chunk(part: AnswerPart, ending = '', counts = ''): string {
    this.#tail ||= JSON.stringify({ modelVersion: this.#parts.model, responseId: this.#requestId }).slice(1)
    const content = `{"parts":[${JSON.stringify(part)}],"role":"model"}`
    return this.#frame.chunk(`{"candidates":[{"content":${content}${ending},"index":0}]${counts},${this.#tail}`)
  }
}

class WholeEncoder implements AnswerEncoder {
  readonly #parts: AnswerParts
  readonly #requestId: string
  readonly #content: AnswerPart[] = []
  #hasFailed = false

  constructor(request: ChatRequest, requestId: string) {
    this.#parts = new AnswerParts(request)
    this.#requestId = requestId
  }

  push(events: readonly ChatEvent[]): undefined {
    for (const event of events) {
      if (event.type === 'failure') this.#hasFailed = true
      const part = this.#hasFailed ? undefined : this.#parts.read(event)
      if (part !== undefined) this.#add(part)
    }
    return undefined
  }

  close({ usage }: Closing): Buffer {
    if (this.#hasFailed) return nothing
    const content = { parts: this.#content.length === 0 ? [emptyPart] : this.#content, role: 'model' }
    return Buffer.from(
      JSON.stringify({
        candidates: [{ content, ...this.#parts.ending(), index: 0 }],
        usageMetadata: renderUsage(usage),
        modelVersion: this.#parts.model,
        responseId: this.#requestId,
      }),
    )
  }

  closeWithError(error: AppError): Buffer {
    return renderError(error, this.#requestId)
  }

  /** Deltas of one text are one part. */
  #add(part: AnswerPart): void {
    const last = this.#content.at(-1)
    if (part.text !== undefined && last?.text !== undefined && last.thought === part.thought) last.text += part.text
    else this.#content.push({ ...part })
  }
}
