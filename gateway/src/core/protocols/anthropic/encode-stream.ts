// Canonical events → the wire's answer for its own clients: server-sent events from message_start to message_stop, or one message
// (Anthropic Messages API, "Streaming messages", Message). Both are made of the same blocks, and end after settlement with the
// usage that was billed.
import type { AppError } from '@aicarpool/contract'
import type { ChatEvent, ChatRequest } from '../chat.ts'
import { failureRefusal } from '../failure-refusal.ts'
import type { UpstreamFailure } from '../failure.ts'
import type { AnswerContext, AnswerEncoder, Closing } from '../protocol.ts'
import { sseText } from '../sse-text.ts'
import { noUsage, type Usage } from '../usage.ts'
import { BlockWriter, type AnswerBlock, type BlockForm, type BlockSink } from './answer-blocks.ts'
import { encodeFinalUsage, encodeUsage } from './encode-usage.ts'
import { renderError, renderStreamError } from './errors.ts'
import { stopReasonOf } from './wire.ts'

/** From this version on, answers name every field, null where there is nothing to say. Versions are dates. */
const fullVersionMin = '2026-10-21'

type Ending = Extract<ChatEvent, { type: 'message-end' }>
/** Of an answer that was closed without one. */
const noEnding: Ending = { type: 'message-end', reason: 'other' }

export function createAnswerEncoder(request: ChatRequest, context: AnswerContext): AnswerEncoder {
  const form: BlockForm = { isFull: (context.version ?? '') >= fullVersionMin, reasoning: request.reasoning }
  return request.stream
    ? new StreamEncoder(request.model, context, form)
    : new PlainEncoder(request.model, context, form)
}

class StreamEncoder implements AnswerEncoder, BlockSink {
  readonly keepsContent = false
  readonly #context: AnswerContext
  readonly #blocks: BlockWriter
  #text = ''
  #model: string
  #usage: Usage = noUsage
  #ending = noEnding
  #isOpen = false
  #isFailed = false
  #index = -1

  constructor(model: string, context: AnswerContext, form: BlockForm) {
    this.#model = model
    this.#context = context
    this.#blocks = new BlockWriter(form, this)
  }

  push(events: readonly ChatEvent[]): Buffer | undefined {
    for (const event of events) if (!this.#isFailed) this.#encode(event)
    return this.#text === '' ? undefined : this.#take()
  }

  close({ usage }: Closing): Buffer {
    if (this.#isFailed) return Buffer.alloc(0)
    this.#openMessage()
    this.#blocks.end()
    const delta = { ...stopFields(this.#ending), container: null }
    this.#event('message_delta', { delta, usage: encodeFinalUsage(usage) })
    this.#event('message_stop', {})
    return this.#take()
  }

  closeWithError(error: AppError): Buffer {
    return renderStreamError(error, this.#context.requestId)
  }

  start(block: AnswerBlock): void {
    this.#openMessage()
    this.#index++
    this.#event('content_block_start', { index: this.#index, content_block: block })
  }

  delta(delta: object): void {
    // Nearly all of a stream: written without a copy of the delta.
    const data = `{"type":"content_block_delta","index":${this.#index},"delta":${JSON.stringify(delta)}}`
    this.#text += `event: content_block_delta\ndata: ${data}\n\n`
  }

  stop(): void {
    this.#event('content_block_stop', { index: this.#index })
  }

  #encode(event: ChatEvent): void {
    switch (event.type) {
      case 'message-start':
        if (event.model !== '') this.#model = event.model
        return
      case 'usage':
        this.#usage = event.usage
        return
      case 'message-end':
        this.#ending = event
        this.#blocks.end()
        return
      case 'failure':
        this.#isFailed = true
        this.#text += this.closeWithError(failureRefusal(event.failure)).toString('utf8')
        return
      default:
        this.#blocks.write(event)
    }
  }

  /** The message opens with its first block, so that figures which are known by then are told with it. */
  #openMessage(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    const head = { ...envelope(this.#context, this.#model), content: [], ...stopFields(undefined) }
    this.#event('message_start', { message: { ...head, usage: encodeUsage(this.#usage) } })
  }

  #event(type: string, members: object): void {
    this.#text += sseText({ type, ...members }, type)
  }

  #take(): Buffer {
    const bytes = Buffer.from(this.#text)
    this.#text = ''
    return bytes
  }
}

class PlainEncoder implements AnswerEncoder {
  readonly #context: AnswerContext
  readonly #content: AnswerBlock[] = []
  readonly #blocks: BlockWriter
  #model: string
  #ending = noEnding
  #failure: UpstreamFailure | undefined

  constructor(model: string, context: AnswerContext, form: BlockForm) {
    this.#model = model
    this.#context = context
    const stop = (block: AnswerBlock) => void this.#content.push(block)
    this.#blocks = new BlockWriter(form, { keepsContent: true, start() {}, delta() {}, stop })
  }

  push(events: readonly ChatEvent[]): undefined {
    for (const event of events) if (this.#failure === undefined) this.#encode(event)
    return undefined
  }

  close({ usage }: Closing): Buffer {
    if (this.#failure !== undefined) return this.closeWithError(failureRefusal(this.#failure))
    this.#blocks.end()
    const head = { ...envelope(this.#context, this.#model), content: this.#content, ...stopFields(this.#ending) }
    return Buffer.from(JSON.stringify({ ...head, usage: encodeUsage(usage) }))
  }

  closeWithError(error: AppError): Buffer {
    return renderError(error, this.#context.requestId)
  }

  #encode(event: ChatEvent): void {
    switch (event.type) {
      case 'message-start':
        if (event.model !== '') this.#model = event.model
        return
      case 'usage':
        return
      case 'message-end':
        this.#ending = event
        return
      case 'failure':
        this.#failure = event.failure
        return
      default:
        this.#blocks.write(event)
    }
  }
}

function envelope({ requestId }: AnswerContext, model: string): object {
  return { model, id: `msg_${requestId}`, type: 'message', role: 'assistant', container: null, diagnostics: null }
}

/** All null before the end. */
function stopFields(ending: Ending | undefined): object {
  if (ending === undefined) return { stop_reason: null, stop_sequence: null, stop_details: null }
  const stopReason = stopReasonOf(ending.reason, ending.stopSequence)
  return {
    stop_reason: stopReason,
    stop_sequence: stopReason === 'stop_sequence' ? ending.stopSequence : null,
    stop_details: stopReason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null,
  }
}
