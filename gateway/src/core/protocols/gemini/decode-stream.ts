// Answers of the generateContent wire → canonical events, streamed and complete. The wire has no terminal event: an answer is
// whole when a reason to finish (or to block) was given and the upstream then ended.
import { brokenAnswer } from '../broken-answer.ts'
import type { ChatEvent, FinishReason } from '../chat.ts'
import { parseRecord } from '../lenient-json.ts'
import type { StreamDecoder } from '../protocol.ts'
import { createSseDecoder } from '../stream-decoder.ts'
import { readStatusError } from '../rpc-status.ts'
import { readUsage, withSearches } from './usage.ts'
import { reasonOf } from './wire-names.ts'
import { readGenerateAnswer, type AnswerPart, type GenerateAnswer } from './wire.ts'

/** The answer's end as far as this part of it tells. */
function endOf(answer: GenerateAnswer): FinishReason | undefined {
  if (answer.finishReason !== undefined) return reasonOf(answer.finishReason)
  return answer.blockReason !== undefined && answer.candidates === 0 ? 'content-filter' : undefined
}

/** What has been seen of an answer. */
class Reading {
  #hasStarted = false
  #id = ''
  #calls = 0
  #searches = 0
  #reason: FinishReason | undefined
  #hasSaid = false

  push(answer: GenerateAnswer, isComplete: boolean, out: ChatEvent[]): void {
    if (answer.error !== undefined) {
      out.push({ type: 'failure', failure: readStatusError(answer.error) })
      return
    }
    this.#reason = endOf(answer) ?? this.#reason
    if (!this.#hasStarted) {
      this.#hasStarted = true
      this.#id = answer.id ?? ''
      out.push({ type: 'message-start', id: this.#id, model: answer.model ?? '' })
    }
    for (const part of answer.parts) this.#say(part, out)
    this.#searches = Math.max(this.#searches, answer.searches)
    const figures = answer.usage && readUsage(answer.usage)
    if (!figures) return
    const usage = withSearches(figures, this.#searches)
    out.push({ type: 'usage', usage, raw: answer.usage, isFinal: isComplete || this.#reason !== undefined })
  }

  end(isComplete: boolean, out: ChatEvent[]): void {
    const reason = this.#reason ?? (isComplete ? 'other' : undefined)
    if (reason === undefined) return
    if (reason === 'other' && !this.#hasSaid) {
      out.push({ type: 'failure', failure: brokenAnswer('nothing_said') })
      return
    }
    // Calls end with the same reason as text here.
    out.push({ type: 'message-end', reason: this.#calls > 0 && reason === 'stop' ? 'tool-calls' : reason })
  }

  #say(part: AnswerPart, out: ChatEvent[]): void {
    this.#hasSaid = true
    if (part.type === 'text') out.push({ type: 'text-delta', text: part.text })
    else if (part.type === 'thought') out.push({ type: 'reasoning-delta', text: part.text })
    // A call without a name cannot be made.
    else if (part.name !== '') {
      const id = part.id === '' ? madeUpId(this.#id, this.#calls) : part.id
      this.#calls += 1
      out.push({ type: 'tool-call-start', id, name: part.name })
      out.push({ type: 'tool-call-delta', argumentsJson: part.argumentsJson }, { type: 'tool-call-end' })
    }
  }
}

/** Longer ids are refused by other wires' vendors, and so are other characters. */
const answerIdCharsMax = 32

function madeUpId(answerId: string, index: number): string {
  return `call_${answerId.replace(/[^\w-]/g, '').slice(0, answerIdCharsMax)}_${index}`
}

export function createStreamDecoder(): StreamDecoder {
  const reading = new Reading()
  return createSseDecoder({
    decode: (json, _event, out) => reading.push(readGenerateAnswer(json), false, out),
    end: (out) => reading.end(false, out),
  })
}

/** A complete JSON answer as events. */
export function decodeResponse(body: Buffer): ChatEvent[] {
  const json = parseRecord(body)
  if (json === undefined) return [{ type: 'failure', failure: brokenAnswer('not_json') }]
  const answer = readGenerateAnswer(json)
  if (answer.error === undefined && answer.candidates === 0 && endOf(answer) === undefined) {
    return [{ type: 'failure', failure: brokenAnswer('no_answer') }]
  }
  const out: ChatEvent[] = []
  const reading = new Reading()
  reading.push(answer, true, out)
  if (answer.error === undefined) reading.end(true, out)
  return out
}
