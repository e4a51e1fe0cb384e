// Answers of the generateContent wire → canonical events, streamed and complete. The wire has no terminal event: an answer is
// whole when a reason to finish (or to block) was given and the upstream then ended.
import { brokenAnswer } from '../broken-answer.ts'
import type { ChatEvent, FinishReason } from '../chat.ts'
import { parseRecord } from '../lenient-json.ts'
import type { StreamDecoder } from '../protocol.ts'
import { createSseDecoder } from '../stream-decoder.ts'
import { readStreamError } from './errors.ts'
import { readUsage } from './usage.ts'
import { readGenerateAnswer, type GenerateAnswer } from './wire.ts'

/** Everything else that starts an end is one of the many names for content that was held back. */
const finishReasons = new Map<string | undefined, FinishReason>([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content-filter'],
  ['RECITATION', 'content-filter'],
  ['LANGUAGE', 'content-filter'],
  ['BLOCKLIST', 'content-filter'],
  ['PROHIBITED_CONTENT', 'content-filter'],
  ['SPII', 'content-filter'],
])

/** The answer's end as far as this part of it tells. */
function endOf(answer: GenerateAnswer): FinishReason | undefined {
  if (answer.finishReason !== undefined) return finishReasons.get(answer.finishReason) ?? 'other'
  return answer.blockReason !== undefined && answer.candidates === 0 ? 'content-filter' : undefined
}

export function createStreamDecoder(): StreamDecoder {
  let hasStarted = false
  let reason: FinishReason | undefined
  return createSseDecoder({
    decode(json, _event, out) {
      const answer = readGenerateAnswer(json)
      reason = endOf(answer) ?? reason
      pushBody(answer, !hasStarted, reason !== undefined, out)
      hasStarted = true
    },
    end(out) {
      if (reason !== undefined) out.push({ type: 'message-end', reason })
    },
  })
}

/** A complete JSON answer as events. */
export function decodeResponse(body: Buffer): ChatEvent[] {
  const json = parseRecord(body)
  if (json === undefined) return [{ type: 'failure', failure: brokenAnswer('not_json') }]
  const answer = readGenerateAnswer(json)
  const reason = endOf(answer)
  if (answer.error === undefined && answer.candidates === 0 && reason === undefined) {
    return [{ type: 'failure', failure: brokenAnswer('no_answer') }]
  }
  const out: ChatEvent[] = []
  pushBody(answer, true, true, out)
  if (answer.error === undefined) out.push({ type: 'message-end', reason: reason ?? 'other' })
  return out
}

function pushBody(answer: GenerateAnswer, isFirst: boolean, isFinal: boolean, out: ChatEvent[]): void {
  if (answer.error !== undefined) {
    out.push({ type: 'failure', failure: readStreamError(answer.error) })
    return
  }
  if (isFirst) out.push({ type: 'message-start', id: answer.id ?? '', model: answer.model ?? '' })
  if (answer.text !== '') out.push({ type: 'text-delta', text: answer.text })
  const usage = answer.usage && readUsage(answer.usage)
  if (usage) out.push({ type: 'usage', usage, raw: answer.usage, isFinal })
}
