// Answers of the Chat Completions wire → canonical events, streamed and complete. Only the first choice: canonical requests
// ask for one.
import { brokenAnswer } from '../broken-answer.ts'
import type { ChatEvent, FinishReason } from '../chat.ts'
import { parseRecord } from '../lenient-json.ts'
import type { StreamDecoder } from '../protocol.ts'
import { createSseDecoder } from '../stream-decoder.ts'
import { readStreamError } from './errors.ts'
import { readUsage } from './usage.ts'
import { readChatAnswer, type ChatAnswer } from './wire.ts'

export const doneMarker = '[DONE]'

const finishReasons = new Map<string | undefined, FinishReason>([
  ['stop', 'stop'],
  ['length', 'length'],
  ['content_filter', 'content-filter'],
])

export function createStreamDecoder(): StreamDecoder {
  let hasStarted = false
  let reason: FinishReason = 'other'
  return createSseDecoder({
    decode(json, _event, out) {
      const answer = readChatAnswer(json, 'delta')
      if (!hasStarted && answer.error === undefined) {
        hasStarted = true
        out.push(startOf(answer))
      }
      pushBody(answer, out)
      if (answer.finishReason !== undefined) reason = finishReasons.get(answer.finishReason) ?? 'other'
    },
    decodeText(text, out) {
      if (text.trim() === doneMarker) out.push({ type: 'message-end', reason })
    },
  })
}

/** A complete JSON answer as events. */
export function decodeResponse(body: Buffer): ChatEvent[] {
  const json = parseRecord(body)
  if (json === undefined) return [{ type: 'failure', failure: brokenAnswer('not_json') }]
  const answer = readChatAnswer(json, 'message')
  const out: ChatEvent[] = []
  if (answer.error === undefined) {
    if (answer.choices === 0) return [{ type: 'failure', failure: brokenAnswer('no_answer') }]
    out.push(startOf(answer))
  }
  pushBody(answer, out, true)
  if (answer.error === undefined) {
    out.push({ type: 'message-end', reason: finishReasons.get(answer.finishReason) ?? 'other' })
  }
  return out
}

function startOf(answer: ChatAnswer): ChatEvent {
  return { type: 'message-start', id: answer.id ?? '', model: answer.model ?? '' }
}

function pushBody(answer: ChatAnswer, out: ChatEvent[], isComplete = false): void {
  if (answer.error !== undefined) {
    out.push({ type: 'failure', failure: readStreamError(answer.error) })
    return
  }
  if (answer.text !== '') out.push({ type: 'text-delta', text: answer.text })
  const usage = answer.usage && readUsage(answer.usage)
  if (usage) out.push({ type: 'usage', usage, raw: answer.usage, isFinal: isComplete || isLastUsage(answer) })
}

/** Usage comes in a chunk of its own behind the last choice, or with the choice's end; figures before that may grow. */
export function isLastUsage(answer: ChatAnswer): boolean {
  return answer.choices === 0 || answer.finishReason !== undefined
}
