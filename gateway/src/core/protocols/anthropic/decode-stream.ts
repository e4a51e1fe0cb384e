// Answers of the Messages wire → canonical events, streamed and complete (Anthropic Messages API, "Streaming messages").
// Blocks come one after another; a block of a kind that no translated request asks for is passed over.
import { brokenAnswer } from '../broken-answer.ts'
import type { ChatEvent } from '../chat.ts'
import { asRecord, asRecords, asText, parseRecord, type JsonRecord } from '../lenient-json.ts'
import type { StreamDecoder } from '../protocol.ts'
import { createSseDecoder } from '../stream-decoder.ts'
import { readStreamError } from './errors.ts'
import { mergeUsage, readUsage } from './usage.ts'
import { finishReasonOf, typeOf } from './wire.ts'

export function createStreamDecoder(): StreamDecoder {
  const blocks = new BlockDecoder()
  let rawUsage: JsonRecord | undefined
  let stop: JsonRecord = {}

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
          out.push(blocks.open(message))
          noteUsage(asRecord(message['usage']), false, out)
          return
        }
        case 'content_block_start':
          blocks.start(json['index'], asRecord(json['content_block']) ?? {}, out)
          return
        case 'content_block_delta':
          blocks.delta(json['index'], asRecord(json['delta']) ?? {}, out)
          return
        case 'content_block_stop':
          blocks.stop(out)
          return
        case 'message_delta':
          blocks.stop(out)
          stop = { ...stop, ...asRecord(json['delta']) }
          noteUsage(asRecord(json['usage']), true, out)
          return
        case 'message_stop':
          blocks.stop(out)
          out.push(endOf(stop))
          return
        case 'error':
          out.push({ type: 'failure', failure: readStreamError(asRecord(json['error']) ?? {}) })
          return
        default:
        // Pings and kinds of event that are still to come hold nothing of the answer.
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
  const blocks = new BlockDecoder()
  const out: ChatEvent[] = [blocks.open(json)]
  for (const [index, block] of asRecords(json['content']).entries()) {
    blocks.start(index, block, out)
    blocks.stop(out)
  }
  const raw = asRecord(json['usage'])
  const usage = raw && readUsage(raw)
  if (usage) out.push({ type: 'usage', usage, raw, isFinal: true })
  out.push(endOf(json))
  return out
}

function endOf(stop: JsonRecord): ChatEvent {
  const stopSequence = asText(stop['stop_sequence'])
  const reason = finishReasonOf(stop['stop_reason'])
  return stopSequence === undefined ? { type: 'message-end', reason } : { type: 'message-end', reason, stopSequence }
}

/** Content blocks to events. At most one call is open: whatever begins beside it ends it. */
class BlockDecoder {
  #messageId = ''
  #calls = 0
  /** The block that the open call stands in; undefined when none is open. */
  #callIndex: unknown = undefined
  #isCallOpen = false
  /** The arguments that the call was opened with: complete answers, and some compatible servers, have them there. */
  #givenInput: JsonRecord | undefined = undefined
  #hasArguments = false

  open(message: JsonRecord): ChatEvent {
    this.#messageId = asText(message['id']) ?? ''
    return { type: 'message-start', id: this.#messageId, model: asText(message['model']) ?? '' }
  }

  start(index: unknown, block: JsonRecord, out: ChatEvent[]): void {
    this.stop(out)
    switch (block['type']) {
      case 'text':
        addText('text-delta', block['text'], out)
        return
      case 'thinking':
        addText('reasoning-delta', block['thinking'], out)
        return
      case 'tool_use': {
        const made = `${this.#messageId || 'call'}_${this.#calls++}`
        out.push({ type: 'tool-call-start', id: asText(block['id']) || made, name: asText(block['name']) ?? '' })
        this.#isCallOpen = true
        this.#callIndex = index
        this.#givenInput = asRecord(block['input'])
        this.#hasArguments = false
        return
      }
      default:
      // Redacted thoughts are for the vendor alone; its own tools were not asked for.
    }
  }

  delta(index: unknown, delta: JsonRecord, out: ChatEvent[]): void {
    switch (delta['type']) {
      case 'text_delta':
        this.#addText('text-delta', delta['text'], out)
        return
      case 'thinking_delta':
        this.#addText('reasoning-delta', delta['thinking'], out)
        return
      case 'input_json_delta': {
        const argumentsJson = asText(delta['partial_json']) ?? ''
        if (!this.#isCallOpen || index !== this.#callIndex || argumentsJson === '') return
        this.#hasArguments = true
        out.push({ type: 'tool-call-delta', argumentsJson })
        return
      }
      default:
      // Signatures are for the vendor alone; citations have no counterpart.
    }
  }

  /** The current block is over. */
  stop(out: ChatEvent[]): void {
    if (!this.#isCallOpen) return
    this.#isCallOpen = false
    if (!this.#hasArguments) {
      out.push({ type: 'tool-call-delta', argumentsJson: JSON.stringify(this.#givenInput ?? {}) })
    }
    out.push({ type: 'tool-call-end' })
  }

  #addText(type: 'text-delta' | 'reasoning-delta', text: unknown, out: ChatEvent[]): void {
    if (typeof text === 'string' && text !== '') this.stop(out)
    addText(type, text, out)
  }
}

function addText(type: 'text-delta' | 'reasoning-delta', text: unknown, out: ChatEvent[]): void {
  if (typeof text === 'string' && text !== '') out.push({ type, text })
}
