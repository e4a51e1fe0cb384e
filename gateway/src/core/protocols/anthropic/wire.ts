// The events of the Messages wire, read leniently, and the words that both directions share (Anthropic Messages API,
// "Streaming messages", "Stop reasons").
import type { FinishReason } from '../chat.ts'
import { asRecord, asText, type JsonRecord } from '../lenient-json.ts'
import type { SseReader } from '../sse.ts'

/** The event's type, from its data or, where a server leaves it out there, from the `event` field. */
export function typeOf(json: JsonRecord, event: SseReader): string | undefined {
  return asText(json['type']) ?? event.eventName()
}

const finishReasons = new Map<unknown, FinishReason>([
  ['end_turn', 'stop'],
  // Only the vendor's own tools pause a turn, and no translated request has them.
  ['pause_turn', 'stop'],
  ['stop_sequence', 'stop-sequence'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool-calls'],
  // "When streaming classifiers intervene to handle potential policy violations": the vendor refuses, not the model.
  ['refusal', 'content-filter'],
])

export function finishReasonOf(stopReason: unknown): FinishReason {
  return finishReasons.get(stopReason) ?? 'other'
}

const stopReasons: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  refusal: 'refusal',
  other: 'end_turn',
}

/** `stopSequence` is what tells a stop sequence from a natural end: without one clients would show an empty name. */
export function stopReasonOf(reason: FinishReason, stopSequence: string | undefined): string {
  return reason === 'stop-sequence' && stopSequence === undefined ? stopReasons.stop : stopReasons[reason]
}

const foreignLetters = /[^a-zA-Z0-9_-]/g

/** Ids of calls come back in later requests, where the wire accepts only these letters ("^[a-zA-Z0-9_-]+$"). */
export function toolUseId(id: string): string {
  return id.replace(foreignLetters, '_')
}

const textMembers = ['text', 'thinking', 'partial_json', 'signature', 'data'] as const

/**
 * Whether a block or delta holds something for the client. Text blocks open empty; a tool call's opening names the tool;
 * a citation is content of its own.
 */
export function holdsContent(json: JsonRecord): boolean {
  const delta = asRecord(json['delta']) ?? asRecord(json['content_block'])
  if (delta === undefined) return false
  const member = textMembers.find((name) => typeof delta[name] === 'string')
  return member === undefined || delta[member] !== ''
}
