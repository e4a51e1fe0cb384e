// Answers of the Responses wire → canonical events, streamed and complete (OpenAI API reference, "Streaming events", "The response
// object"). Items of the vendor's own tools say nothing to a client of another wire and are passed over.
import { brokenAnswer } from '../broken-answer.ts'
import type { ChatEvent, FinishReason } from '../chat.ts'
import { asRecord, asText, parseRecord, type JsonRecord } from '../lenient-json.ts'
import type { StreamDecoder } from '../protocol.ts'
import { createSseDecoder } from '../stream-decoder.ts'
import { readStreamError } from './errors.ts'
import { ItemOrder } from './item-order.ts'
import { usageOf } from './usage.ts'
import { readItemTexts, readResponse } from './wire.ts'

export function createStreamDecoder(): StreamDecoder {
  const reading = new Reading()
  return createSseDecoder({ decode: (json, _event, out) => reading.push(json, out) })
}

/** A complete JSON answer as events. */
export function decodeResponse(body: Buffer): ChatEvent[] {
  const json = parseRecord(body)
  if (json === undefined) return [{ type: 'failure', failure: brokenAnswer('not_json') }]
  const { status, error } = readResponse(json)
  if (error === undefined && !Array.isArray(json['output'])) {
    return [{ type: 'failure', failure: brokenAnswer('no_answer') }]
  }
  const out: ChatEvent[] = []
  const reading = new Reading()
  if (error === undefined && status !== 'failed') reading.finish(json, out)
  else reading.fail(json, out)
  return out
}

/** What is said by the events of these names, and whether it is the answer or what was thought. */
const wordsByEvent = new Map<string, 'text-delta' | 'reasoning-delta'>([
  ['output_text', 'text-delta'],
  ['refusal', 'text-delta'],
  ['reasoning_summary_text', 'reasoning-delta'],
  ['reasoning_text', 'reasoning-delta'],
])
const eventPattern = /^response\.(.+)\.(delta|done)$/

/** One answer, as far as it was read. */
class Reading {
  readonly #items = new ItemOrder()
  #hasStarted = false
  #isRefused = false

  push(json: JsonRecord, out: ChatEvent[]): void {
    const type = asText(json['type']) ?? ''
    const index = json['output_index']
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
        this.#start(asRecord(json['response']) ?? {}, out)
        return
      case 'response.output_item.added':
        this.#start({}, out)
        this.#items.open(index, asRecord(json['item']) ?? {}, out)
        return
      case 'response.output_item.done':
        this.#close(index, asRecord(json['item']) ?? {}, out)
        return
      case 'response.completed':
      case 'response.incomplete':
        this.finish(asRecord(json['response']) ?? {}, out)
        return
      case 'response.failed':
        this.fail(asRecord(json['response']) ?? {}, out)
        return
      case 'error':
        out.push({ type: 'failure', failure: readStreamError(json) })
        return
      default:
        this.#pushPiece(type, index, json, out)
    }
  }

  finish(json: JsonRecord, out: ChatEvent[]): void {
    this.#start(json, out)
    const { items } = readResponse(json)
    // A server that gives the items here alone is heard too.
    if (this.#items.isEmpty) for (const [index, item] of items.entries()) this.#close(index, item, out)
    this.#items.end(out)
    this.#report(json, out)
    out.push({ type: 'message-end', reason: this.#reason(json) })
  }

  fail(json: JsonRecord, out: ChatEvent[]): void {
    this.#report(json, out)
    out.push({ type: 'failure', failure: readStreamError(json) })
  }

  #pushPiece(type: string, index: unknown, json: JsonRecord, out: ChatEvent[]): void {
    const [, name = '', stage] = eventPattern.exec(type) ?? []
    if (stage !== undefined) this.#start({}, out)
    if (name === 'function_call_arguments' && stage === 'delta') {
      this.#items.argue(index, asText(json['delta']) ?? '', out)
      return
    }
    const kind = wordsByEvent.get(name)
    if (kind === undefined) return
    const part = `${name} ${String(json['content_index'] ?? json['summary_index'])}`
    const text = asText(json[stage === 'delta' ? 'delta' : name === 'refusal' ? 'refusal' : 'text']) ?? ''
    this.#isRefused ||= name === 'refusal' && text !== ''
    if (stage === 'delta') this.#items.say(index, kind, part, text, out)
    else this.#items.sayWhole(index, kind, part, text, out)
  }

  #close(index: unknown, item: JsonRecord, out: ChatEvent[]): void {
    this.#start({}, out)
    this.#isRefused ||= item['type'] === 'message' && readItemTexts(item).some(({ isRefusal }) => isRefusal)
    this.#items.close(index, item, out)
  }

  #start(json: JsonRecord, out: ChatEvent[]): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    const { id, model } = readResponse(json)
    this.#items.start(id)
    out.push({ type: 'message-start', id, model })
  }

  #report(json: JsonRecord, out: ChatEvent[]): void {
    const response = readResponse(json)
    const usage = usageOf(response)
    if (usage) out.push({ type: 'usage', usage, raw: response.usage, isFinal: true })
  }

  #reason(json: JsonRecord): FinishReason {
    const { incompleteReason, status } = readResponse(json)
    if (incompleteReason === 'max_output_tokens') return 'length'
    if (incompleteReason === 'content_filter') return 'content-filter'
    if (this.#items.hasCalls) return 'tool-calls'
    if (this.#isRefused) return 'refusal'
    return status === 'completed' ? 'stop' : 'other'
  }
}
