// Answers of the Chat Completions wire → canonical events, streamed and complete. Only the first choice: canonical requests
// ask for one.
import { brokenAnswer } from '../broken-answer.ts'
import type { ChatEvent, FinishReason } from '../chat.ts'
import { parseRecord } from '../lenient-json.ts'
import type { StreamDecoder } from '../protocol.ts'
import { createSseDecoder } from '../stream-decoder.ts'
import { ContentOrder } from './content-order.ts'
import { readStreamError } from './errors.ts'
import { readUsage } from './usage.ts'
import { readChatAnswer, type ChatAnswer } from './wire.ts'

export const doneMarker = '[DONE]'

const finishReasons = new Map<string | undefined, FinishReason>([
  ['stop', 'stop'],
  ['length', 'length'],
  ['content_filter', 'content-filter'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
])

export function createStreamDecoder(): StreamDecoder {
  const reading = new Reading()
  return createSseDecoder({
    decode: (json, _event, out) => reading.push(readChatAnswer(json, 'delta'), false, out),
    decodeText(text, out) {
      if (text.trim() === doneMarker) reading.end(out)
    },
  })
}

/** A complete JSON answer as events. */
export function decodeResponse(body: Buffer): ChatEvent[] {
  const json = parseRecord(body)
  if (json === undefined) return [{ type: 'failure', failure: brokenAnswer('not_json') }]
  const answer = readChatAnswer(json, 'message')
  if (answer.error === undefined && answer.choices === 0) {
    return [{ type: 'failure', failure: brokenAnswer('no_answer') }]
  }
  const out: ChatEvent[] = []
  const reading = new Reading()
  reading.push(answer, true, out)
  if (answer.error === undefined) reading.end(out)
  return out
}

/** Usage comes in a chunk of its own behind the last choice, or with the choice's end; figures before that may grow. */
export function isLastUsage(answer: ChatAnswer): boolean {
  return answer.choices === 0 || answer.finishReason !== undefined
}

/** One answer, as far as it was read. */
class Reading {
  readonly #content = new ContentOrder()
  #id = ''
  #hasStarted = false
  #isRefused = false
  #finishReason: string | undefined
  #serviceTier: string | undefined

  push(answer: ChatAnswer, isComplete: boolean, out: ChatEvent[]): void {
    if (answer.error !== undefined) {
      out.push({ type: 'failure', failure: readStreamError(answer.error) })
      return
    }
    this.#start(answer, out)
    this.#content.pushText({ type: 'reasoning-delta', text: answer.reasoning }, out)
    this.#content.pushText({ type: 'text-delta', text: answer.text }, out)
    this.#content.pushText({ type: 'text-delta', text: answer.refusal }, out)
    for (const piece of answer.calls) this.#content.pushCall(piece, this.#id, out)
    this.#isRefused ||= answer.refusal !== ''
    if (answer.finishReason !== undefined) {
      this.#finishReason = answer.finishReason
      this.#content.end(out)
    }
    this.#serviceTier = answer.serviceTier ?? this.#serviceTier
    const usage = answer.usage && readUsage(answer.usage, this.#serviceTier)
    if (usage) out.push({ type: 'usage', usage, raw: answer.usage, isFinal: isComplete || isLastUsage(answer) })
  }

  end(out: ChatEvent[]): void {
    this.#content.end(out)
    out.push({ type: 'message-end', reason: this.#reason() })
  }

  #start(answer: ChatAnswer, out: ChatEvent[]): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    this.#id = answer.id ?? ''
    out.push({ type: 'message-start', id: this.#id, model: answer.model ?? '' })
  }

  #reason(): FinishReason {
    const reason = finishReasons.get(this.#finishReason) ?? 'other'
    if (reason === 'length' || reason === 'content-filter') return reason
    // Some servers end an answer with calls by "stop", or say "tool_calls" where none was made.
    if (this.#content.hasCalls) return 'tool-calls'
    if (this.#isRefused) return 'refusal'
    return reason === 'tool-calls' ? 'stop' : reason
  }
}
