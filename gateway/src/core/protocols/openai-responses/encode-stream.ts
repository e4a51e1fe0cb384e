// Canonical events → the wire's answer for its own clients: events, or one response (OpenAI API reference, "The response object",
// "Streaming events"). Both end after settlement with the usage that was billed.
import type { AppError } from '@aicarpool/contract'
import type { ChatEvent, ChatRequest, FinishReason } from '../chat.ts'
import { failureRefusal } from '../failure-refusal.ts'
import type { UpstreamFailure } from '../failure.ts'
import type { JsonRecord } from '../lenient-json.ts'
import type { AnswerContext, AnswerEncoder, Closing } from '../protocol.ts'
import type { Usage } from '../usage.ts'
import { AnswerItems, asRefusals } from './answer-items.ts'
import { failureText, renderError } from './errors.ts'
import { echoOf } from './request-echo.ts'
import { encodeUsage } from './usage.ts'

export function createAnswerEncoder(request: ChatRequest, context: AnswerContext): AnswerEncoder {
  return request.stream ? new StreamEncoder(request, context) : new PlainEncoder(request, context)
}

interface Ending {
  status: 'completed' | 'incomplete'
  incomplete_details: { reason: string } | null
}

const completed: Ending = { status: 'completed', incomplete_details: null }

/** A refusal in words is an answer; one without can only be told as an end. */
function endingOf(reason: FinishReason, hasText: boolean): Ending {
  if (reason === 'length') return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
  const isFiltered = reason === 'content-filter' || (reason === 'refusal' && !hasText)
  return isFiltered ? { status: 'incomplete', incomplete_details: { reason: 'content_filter' } } : completed
}

class StreamEncoder implements AnswerEncoder {
  readonly #response: ResponseDocument
  readonly #items: AnswerItems
  #text = ''
  #sequence = 0
  #reason: FinishReason = 'other'
  #hasBegun = false
  #isFailed = false

  constructor(request: ChatRequest, context: AnswerContext) {
    this.#response = new ResponseDocument(request, context)
    this.#items = new AnswerItems(request, context.requestId, (type, members) => this.#emit(type, members))
  }

  push(events: readonly ChatEvent[]): Buffer | undefined {
    for (const event of events) if (!this.#isFailed) this.#encode(event)
    return this.#text === '' ? undefined : this.#take()
  }

  close({ usage }: Closing): Buffer {
    if (this.#isFailed) return Buffer.alloc(0)
    this.#begin()
    const ending = endingOf(this.#reason, this.#items.hasText)
    this.#items.end(ending.status)
    this.#emit(`response.${ending.status}`, this.#member({ ...ending, ...finalMembers(this.#items.output, usage) }))
    return this.#take()
  }

  closeWithError(error: AppError): Buffer {
    const response = this.#response.object({ output: this.#items.output })
    return Buffer.from(failureText(error, this.#sequence, response))
  }

  #encode(event: ChatEvent): void {
    switch (event.type) {
      case 'message-start':
        this.#response.name(event.model)
        this.#begin()
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
      default:
        this.#begin()
        this.#items.push(event)
    }
  }

  #begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    const begun = this.#member({})
    this.#emit('response.created', begun)
    this.#emit('response.in_progress', begun)
  }

  #member(state: JsonRecord): string {
    return `"response":${this.#response.text(state)}`
  }

  #emit(type: string, members: string): void {
    this.#text += `event: ${type}\ndata: {"type":"${type}","sequence_number":${this.#sequence},${members}}\n\n`
    this.#sequence++
  }

  #take(): Buffer {
    const bytes = Buffer.from(this.#text)
    this.#text = ''
    return bytes
  }
}

class PlainEncoder implements AnswerEncoder {
  readonly #response: ResponseDocument
  readonly #items: AnswerItems
  #reason: FinishReason = 'other'
  #failure: UpstreamFailure | undefined

  constructor(request: ChatRequest, context: AnswerContext) {
    this.#response = new ResponseDocument(request, context)
    this.#items = new AnswerItems(request, context.requestId, ignoreEvent)
  }

  push(events: readonly ChatEvent[]): undefined {
    for (const event of events) if (this.#failure === undefined) this.#encode(event)
    return undefined
  }

  close({ usage }: Closing): Buffer {
    if (this.#failure !== undefined) return this.closeWithError(failureRefusal(this.#failure))
    const ending = endingOf(this.#reason, this.#items.hasText)
    this.#items.end(ending.status)
    const output = this.#reason === 'refusal' ? asRefusals(this.#items.output) : this.#items.output
    return Buffer.from(this.#response.text({ ...ending, ...finalMembers(output, usage) }))
  }

  closeWithError(error: AppError): Buffer {
    return renderError(error)
  }

  #encode(event: ChatEvent): void {
    switch (event.type) {
      case 'message-start':
        this.#response.name(event.model)
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
        this.#items.push(event)
    }
  }
}

/** A plain answer shows its items in the end alone. */
function ignoreEvent(): void {}

/** The response as it stands in several events, with what it repeats of the request: tools may be long and are written once. */
class ResponseDocument {
  readonly #context: AnswerContext
  readonly #echo: JsonRecord
  readonly #echoTail: string
  #model: string

  constructor(request: ChatRequest, context: AnswerContext) {
    this.#context = context
    this.#model = request.model
    this.#echo = echoOf(request)
    this.#echoTail = `,${JSON.stringify(this.#echo).slice(1)}`
  }

  name(model: string): void {
    if (model !== '') this.#model = model
  }

  text(state: JsonRecord): string {
    return JSON.stringify(this.#members(state)).slice(0, -1) + this.#echoTail
  }

  object(state: JsonRecord): object {
    return { ...this.#members(state), ...this.#echo }
  }

  #members(state: JsonRecord): JsonRecord {
    const { requestId, createdAtMs } = this.#context
    return {
      id: `resp_${requestId}`,
      object: 'response',
      created_at: Math.floor(createdAtMs / 1000),
      status: 'in_progress',
      // There is no clock here, and the member may be null.
      completed_at: null,
      error: null,
      incomplete_details: null,
      model: this.#model,
      output: [],
      service_tier: tierDefault,
      usage: null,
      ...state,
    }
  }
}

function finalMembers(output: readonly object[], usage: Usage): JsonRecord {
  const { serviceTier } = usage
  const tier = serviceTier !== undefined && tiers.has(serviceTier) ? serviceTier : tierDefault
  return { output, service_tier: tier, usage: encodeUsage(usage) }
}

/** The wire knows tiers of these names only. */
const tiers: ReadonlySet<string> = new Set(['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast'])
const tierDefault = 'default'
