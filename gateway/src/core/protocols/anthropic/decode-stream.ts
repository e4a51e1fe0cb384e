// Answers of the Messages wire → canonical events, streamed and complete (Anthropic Messages API, "Streaming messages").
import { brokenAnswer } from '../broken-answer.ts'
import type { ChatEvent, FinishReason } from '../chat.ts'
import { asList, asRecord, asText, parseRecord, type JsonRecord } from '../lenient-json.ts'
import type { StreamDecoder } from '../protocol.ts'
import { createSseDecoder } from '../stream-decoder.ts'
import { readStreamError } from './errors.ts'
import { mergeUsage, readUsage } from './usage.ts'
import { textOf, typeOf } from './wire.ts'

const finishReasons = new Map<unknown, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['pause_turn', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['refusal', 'content-filter'],
])

export function createStreamDecoder(): StreamDecoder {
  let rawUsage: JsonRecord | undefined
  let reason: FinishReason = 'other'

  function noteUsage(later: JsonRecord | undefined, isFinal: boolean, out: ChatEvent[]): void {
    if (later === undefined) return
    rawUsage = mergeUsage(rawUsage, later)
    const usage = readUsage(rawUsage)
    if (usage) out.push({ type: 'usage', usage, raw: rawUsage, isFinal })
  }

  return createSseDecoder({
    decode(json, event, out) {
      switch (typeOf(json, event)) {
        case 'message_start': {
          const message = asRecord(json['message']) ?? {}
          out.push(startOf(message))
          noteUsage(asRecord(message['usage']), false, out)
          return
        }
        case 'content_block_start':
        case 'content_block_delta': {
          const text = textOf(json)
          if (text !== '') out.push({ type: 'text-delta', text })
          return
        }
        case 'message_delta':
          reason = finishReasons.get(asRecord(json['delta'])?.['stop_reason']) ?? reason
          noteUsage(asRecord(json['usage']), true, out)
          return
        case 'message_stop':
          out.push({ type: 'message-end', reason })
          return
        case 'error':
          out.push({ type: 'failure', failure: readStreamError(asRecord(json['error']) ?? {}) })
          return
        default:
        // Pings, block ends and kinds of event that are still to come hold no text.
      }
    },
  })
}

/** A complete JSON answer as events. */
export function decodeResponse(body: Buffer): ChatEvent[] {
  const json = parseRecord(body)
  if (json === undefined) return [{ type: 'failure', failure: brokenAnswer('not_json') }]
  const error = asRecord(json['error'])
  if (error !== undefined) return [{ type: 'failure', failure: readStreamError(error) }]
  if (!Array.isArray(json['content'])) return [{ type: 'failure', failure: brokenAnswer('no_answer') }]
  const out: ChatEvent[] = [startOf(json)]
  for (const block of asList(json['content'])) {
    const text = textOf({ content_block: block })
    if (text !== '') out.push({ type: 'text-delta', text })
  }
  const raw = asRecord(json['usage'])
  const usage = raw && readUsage(raw)
  if (usage) out.push({ type: 'usage', usage, raw, isFinal: true })
  out.push({ type: 'message-end', reason: finishReasons.get(json['stop_reason']) ?? 'other' })
  return out
}

function startOf(message: JsonRecord): ChatEvent {
  return { type: 'message-start', id: asText(message['id']) ?? '', model: asText(message['model']) ?? '' }
}
