// Anthropic's Messages answers, whole and streamed (API reference "Messages" and "Streaming messages"): usage excludes
// both cache figures from input_tokens, and message_delta repeats it cumulatively.
import type { Answer, Frame, Generation } from '../../vendor.ts'
import { claudeErrorBody } from './errors.ts'
import type { MessagesRequest } from './messages-request.ts'

/** Tokens in one content_block_delta: the vendor groups a few. */
const DELTA_TOKENS_MAX = 6

export function claudeGeneration(request: MessagesRequest): Generation {
  return {
    ...request,
    streamContentType: 'text/event-stream; charset=utf-8',
    body: message,
    frames: events,
    errorFrame: (problem, context) => event('error', claudeErrorBody(problem, context)),
  }
}

function inputUsage({ usage }: Answer): Record<string, number> {
  return {
    input_tokens: usage.input,
    cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    cache_read_input_tokens: usage.cacheRead,
  }
}

/** The split by life is told once, in the message, and not repeated in the stream's last usage. */
function fullUsage(answer: Answer, outputTokens: number): object {
  const { cacheWrite5m, cacheWrite1h } = answer.usage
  return {
    ...inputUsage(answer),
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite5m, ephemeral_1h_input_tokens: cacheWrite1h },
    output_tokens: outputTokens,
    service_tier: 'standard',
  }
}

function envelope(answer: Answer): object {
  return { model: answer.model, id: answer.id, type: 'message', role: 'assistant' }
}

function stopReason(answer: Answer): string {
  return answer.finish === 'length' ? 'max_tokens' : 'end_turn'
}

function message(answer: Answer): string {
  return JSON.stringify({
    ...envelope(answer),
    content: [{ type: 'text', text: answer.tokens.join('') }],
    stop_reason: stopReason(answer),
    stop_sequence: null,
    ...(answer.usageMissing ? {} : { usage: fullUsage(answer, answer.usage.output) }),
  })
}

function event(type: string, value: object): string {
  return `event: ${type}\ndata: ${JSON.stringify(value)}\n\n`
}

function opening(answer: Answer): string {
  // The vendor counts the first token as generated when it opens the message.
  const usage = answer.usageMissing ? {} : { usage: fullUsage(answer, Math.min(1, answer.usage.output)) }
  const opened = { ...envelope(answer), content: [], stop_reason: null, stop_sequence: null, ...usage }
  return event('message_start', { type: 'message_start', message: opened })
}

function* events(answer: Answer): Generator<Frame> {
  yield { text: opening(answer), outputTokens: 0, joinsNext: true }
  const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }
  yield { text: event('content_block_start', block), outputTokens: 0, joinsNext: true }
  yield { text: event('ping', { type: 'ping' }), outputTokens: 0 }
  for (let start = 0; start < answer.tokens.length;) {
    const tokens = answer.tokens.slice(start, start + answer.random.integer(1, DELTA_TOKENS_MAX))
    const delta = { type: 'text_delta', text: tokens.join('') }
    const text = event('content_block_delta', { type: 'content_block_delta', index: 0, delta })
    yield { text, outputTokens: tokens.length }
    start += tokens.length
  }
  const stop = event('content_block_stop', { type: 'content_block_stop', index: 0 })
  yield { text: stop, outputTokens: 0, joinsNext: true }
  const usage = answer.usageMissing ? {} : { usage: { ...inputUsage(answer), output_tokens: answer.usage.output } }
  const delta = { type: 'message_delta', delta: { stop_reason: stopReason(answer), stop_sequence: null }, ...usage }
  yield { text: event('message_delta', delta), outputTokens: 0, joinsNext: true }
  yield { text: event('message_stop', { type: 'message_stop' }), outputTokens: 0 }
}
