// The events of the Messages wire, read leniently (Anthropic Messages API, "Streaming messages").
import { asRecord, asText, type JsonRecord } from '../lenient-json.ts'
import type { SseReader } from '../sse.ts'

/** The event's type, from its data or, where a server leaves it out there, from the `event` field. */
export function typeOf(json: JsonRecord, event: SseReader): string | undefined {
  return asText(json['type']) ?? event.eventName()
}

/** The text of a `content_block_start` or `content_block_delta`; '' for thinking, tools and all else. */
export function textOf(json: JsonRecord): string {
  const delta = asRecord(json['delta']) ?? asRecord(json['content_block'])
  const type = delta?.['type']
  return type === 'text_delta' || type === 'text' ? (asText(delta?.['text']) ?? '') : ''
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
