// Canonical events → the wire's answer for its own clients: chunks, or one completion (OpenAI API reference, "Chat completion",
// "Chat completion chunk"). What was thought stands in `reasoning_content`, as the wire's other vendors and most of its clients
// have it. Both end after settlement with the usage that was billed.
import type { AppError } from '@aicarpool/contract'
import type { ChatEvent, ChatRequest, FinishReason } from '../chat.ts'
import { failureRefusal } from '../failure-refusal.ts'
import type { UpstreamFailure } from '../failure.ts'
import type { AnswerContext, AnswerEncoder, Closing } from '../protocol.ts'
import { sseText } from '../sse-text.ts'
import { AnswerCalls } from './answer-calls.ts'
import { doneMarker } from './decode-stream.ts'
import { renderError, renderStreamError } from './errors.ts'
import { encodeUsage } from './usage.ts'

const finishReasons: Readonly<Record<Exclude<FinishReason, 'tool-calls'>, string>> = {
  stop: 'stop',
  'stop-sequence': 'stop',
  length: 'length',
  'content-filter': 'content_filter',
  // Told apart from an answer by `refusal`, or where its text was streamed as an answer's already, by this.
  refusal: 'content_filter',
  other: 'stop',
}

export function createAnswerEncoder(request: ChatRequest, context: AnswerContext): AnswerEncoder {
  return request.stream ? new StreamEncoder(request, context) : new PlainEncoder(request, context)
}

class StreamEncoder implements AnswerEncoder {
  readonly #context: AnswerContext
  readonly #calls: AnswerCalls
  readonly #includesUsage: boolean
  #model: string
  #text = ''
  /** What every chunk begins and ends with; the model is only known once the answer has begun. */
  #head = ''
  #tail = ''
  #reason: FinishReason = 'other'
  #isFailed = false

  constructor(request: ChatRequest, context: AnswerContext) {
    this.#context = context
    this.#model = request.model
    this.#calls = new AnswerCalls(request, false)
    this.#includesUsage = request.reportsUsage === true
  }

  push(events: readonly ChatEvent[]): Buffer | undefined {
    for (const event of events) if (!this.#isFailed) this.#encode(event)
    return this.#text === '' ? undefined : this.#take()
  }

  close({ usage }: Closing): Buffer {
    if (this.#isFailed) return Buffer.alloc(0)
    this.#open(false)
    this.#chunk({}, this.#reason === 'tool-calls' ? this.#calls.finishReason : finishReasons[this.#reason])
    if (this.#includesUsage) {
      this.#text += sseText({ ...this.#envelope(), choices: [], usage: encodeUsage(usage) })
    }
    this.#text += `data: ${doneMarker}\n\n`
    return this.#take()
  }

  closeWithError(error: AppError): Buffer {
    return renderStreamError(error)
  }

  #encode(event: ChatEvent): void {
    switch (event.type) {
      case 'message-start':
        if (event.model !== '') this.#model = event.model
        return
      case 'usage':
        return
      case 'message-end':
        this.#reason = event.reason
        return
      case 'failure':
        this.#isFailed = true
        this.#text += this.closeWithError(failureRefusal(event.failure)).toString('utf8')
        return
      case 'text-delta':
        this.#say({ content: event.text }, false)
        return
      case 'reasoning-delta':
        this.#say({ reasoning_content: event.text }, false)
        return
      default:
        this.#say(this.#calls.push(event), true)
    }
  }

  #say(delta: object | undefined, isCall: boolean): void {
    if (delta === undefined) return
    this.#open(isCall)
    this.#chunk(delta)
  }

  /** The first chunk names the role; that of an answer of calls alone says that there is no text. */
  #open(isCall: boolean): void {
    if (this.#head !== '') return
    const envelope = JSON.stringify(this.#envelope())
    this.#head = `data: ${envelope.slice(0, -1)},"choices":[{"index":0,"delta":`
    this.#tail = this.#includesUsage ? `}],"usage":null}\n\n` : `}]}\n\n`
    this.#chunk({ role: 'assistant', content: isCall ? null : '', refusal: null })
  }

  #chunk(delta: object, finishReason?: string): void {
    const finish = finishReason === undefined ? 'null' : `"${finishReason}"`
    this.#text += `${this.#head}${JSON.stringify(delta)},"logprobs":null,"finish_reason":${finish}${this.#tail}`
  }

  #envelope(): object {
    return envelopeOf(this.#context, 'chat.completion.chunk', this.#model)
  }

  #take(): Buffer {
    const bytes = Buffer.from(this.#text)
    this.#text = ''
    return bytes
  }
}

class PlainEncoder implements AnswerEncoder {
  readonly #context: AnswerContext
  readonly #calls: AnswerCalls
  #model: string
  #content = ''
  #reasoning = ''
  #reason: FinishReason = 'other'
  #failure: UpstreamFailure | undefined

  constructor(request: ChatRequest, context: AnswerContext) {
    this.#context = context
    this.#model = request.model
    this.#calls = new AnswerCalls(request, true)
  }

  push(events: readonly ChatEvent[]): undefined {
    for (const event of events) if (this.#failure === undefined) this.#encode(event)
    return undefined
  }

  close({ usage }: Closing): Buffer {
    if (this.#failure !== undefined) return this.closeWithError(failureRefusal(this.#failure))
    const choice = { index: 0, message: this.#message(), logprobs: null, finish_reason: this.#finishReason() }
    const tier = tierOf(usage.serviceTier)
    return Buffer.from(
      JSON.stringify({
        ...envelopeOf(this.#context, 'chat.completion', this.#model),
        choices: [choice],
        usage: encodeUsage(usage),
        ...(tier === undefined ? {} : { service_tier: tier }),
      }),
    )
  }

  closeWithError(error: AppError): Buffer {
    return renderError(error)
  }

  #message(): object {
    const calls = this.#calls.members()
    const isRefused = this.#reason === 'refusal'
    const isEmpty = this.#content === '' && Object.keys(calls).length > 0
    return {
      role: 'assistant',
      content: isRefused || isEmpty ? null : this.#content,
      refusal: isRefused ? this.#content : null,
      annotations: [],
      ...(this.#reasoning === '' ? {} : { reasoning_content: this.#reasoning }),
      ...calls,
    }
  }

  #finishReason(): string {
    if (this.#reason === 'tool-calls') return this.#calls.finishReason
    return this.#reason === 'refusal' ? finishReasons.stop : finishReasons[this.#reason]
  }

  #encode(event: ChatEvent): void {
    switch (event.type) {
      case 'message-start':
        if (event.model !== '') this.#model = event.model
        return
      case 'text-delta':
        this.#content += event.text
        return
      case 'reasoning-delta':
        this.#reasoning += event.text
        return
      case 'usage':
        return
      case 'message-end':
        this.#reason = event.reason
        return
      case 'failure':
        this.#failure = event.failure
        return
      default:
        this.#calls.push(event)
    }
  }
}

function envelopeOf({ requestId, createdAtMs }: AnswerContext, object: string, model: string): object {
  return { id: `chatcmpl-${requestId}`, object, created: Math.floor(createdAtMs / 1000), model }
}

const tiers: ReadonlySet<string> = new Set(['auto', 'default', 'flex', 'scale', 'priority', 'fast'])

/** The wire knows tiers of these names only. */
function tierOf(serviceTier: string | undefined): string | undefined {
  return serviceTier !== undefined && tiers.has(serviceTier) ? serviceTier : undefined
}
