// Messages answers as server-sent events ("Streaming messages"): message_start, then for each block its start, deltas
// and stop, then message_delta with the final usage and message_stop. A ping follows the first block's start.
import type { AnswerPart } from '../answer.ts'
import { NO_USAGE } from '../ledger.ts'
import type { Answer, Frame } from '../vendor.ts'
import type { AnswerForm } from './answer.ts'
import { caller, contextFields, emptyText, emptyToolUse, envelope, stopFields } from './answer.ts'
import { finalUsage, fullUsage } from './usage-report.ts'
import { searchBlocks } from './web-search.ts'

/** Tokens in one content_block_delta: the vendor groups a few. */
const DELTA_TOKENS_MAX = 6
/** "A non-negative multiple of a fixed quantum" (SDK 1.12, beta thinking_delta). */
const ESTIMATE_STEP_TOKENS = 10

export function sseEvent(type: string, value: object): string {
  return `event: ${type}\ndata: ${JSON.stringify(value)}\n\n`
}

export function* messageEvents(answer: Answer, form: AnswerForm, tellsInputFirst: boolean): Generator<Frame> {
  yield { text: opening(answer, form, tellsInputFirst), outputTokens: 0, joinsNext: true }
  let isPinged = false
  for (const [index, { start, startTokens, deltas }] of streamedBlocks(answer, form).entries()) {
    const started = sseEvent('content_block_start', { type: 'content_block_start', index, content_block: start })
    yield { text: started, outputTokens: startTokens, reasoningTokens: startTokens, joinsNext: true }
    if (!isPinged) yield { text: sseEvent('ping', { type: 'ping' }), outputTokens: 0 }
    isPinged = true
    for (const { delta, ...tokens } of deltas) {
      yield { text: sseEvent('content_block_delta', { type: 'content_block_delta', index, delta }), ...tokens }
    }
    const stop = sseEvent('content_block_stop', { type: 'content_block_stop', index })
    yield { text: stop, outputTokens: 0, joinsNext: true }
  }
  const usage = answer.usageMissing ? {} : { usage: finalUsage(answer.usage, form) }
  const container = form.isNewer ? { container: null } : {}
  const delta = {
    type: 'message_delta',
    delta: { ...stopFields(answer, form), ...container },
    ...contextFields(form),
    ...usage,
  }
  yield { text: sseEvent('message_delta', delta), outputTokens: 0, joinsNext: true }
  yield { text: sseEvent('message_stop', { type: 'message_stop' }), outputTokens: 0 }
}

function opening(answer: Answer, form: AnswerForm, tellsInputFirst: boolean): string {
  const { usage } = answer
  // The vendor counts the first token as generated when it opens the message; it has not yet thought or searched.
  const begun = { ...usage, output: Math.min(1, usage.output), reasoning: 0, toolInput: 0, webSearches: 0 }
  const known = tellsInputFirst ? begun : { ...NO_USAGE, output: begun.output }
  const usageField = answer.usageMissing ? {} : { usage: fullUsage(known, form) }
  const stop = { stop_reason: null, stop_sequence: null, ...(form.isNewer ? { stop_details: null } : {}) }
  const message = { ...envelope(answer, form), content: [], ...stop, ...usageField }
  return sseEvent('message_start', { type: 'message_start', message })
}

interface StreamedBlock {
  /** The block as its first event shows it. */
  start: object
  /** Thought before it, where nothing of the thoughts is shown. */
  startTokens: number
  deltas: Iterable<Delta>
}

/** Searches come after the thoughts and before what is made of them; a result is whole in its first event. */
function streamedBlocks(answer: Answer, form: AnswerForm): StreamedBlock[] {
  const blocks = answer.parts.map((part): StreamedBlock => {
    if (part.kind === 'thinking' && form.redactsThinking) {
      const start = { type: 'redacted_thinking', data: part.signature }
      return { start, startTokens: part.tokens.length, deltas: [] }
    }
    return { start: emptyBlock(part, form), startTokens: 0, deltas: deltas(part, answer, form) }
  })
  const thoughts = answer.parts.filter(({ kind }) => kind === 'thinking').length
  const searches = searchBlocks(answer).flatMap(({ call, result }): StreamedBlock[] => [
    { start: { ...call, input: {}, ...caller(form) }, startTokens: 0, deltas: jsonDeltas(JSON.stringify(call.input)) },
    { start: result, startTokens: 0, deltas: [] },
  ])
  return blocks.toSpliced(thoughts, 0, ...searches)
}

function jsonDeltas(json: string): Delta[] {
  return ['', json].map((piece) => ({ delta: { type: 'input_json_delta', partial_json: piece }, outputTokens: 0 }))
}

function emptyBlock(part: AnswerPart, form: AnswerForm): object {
  if (part.kind === 'text') return emptyText(form)
  return part.kind === 'thinking' ? { type: 'thinking', thinking: '', signature: '' } : emptyToolUse(part, form)
}

interface Delta {
  delta: object
  outputTokens: number
  reasoningTokens?: number
}

function* deltas(part: AnswerPart, answer: Answer, form: AnswerForm): Generator<Delta> {
  switch (part.kind) {
    case 'text':
      for (const tokens of groups(part.tokens, answer)) {
        yield { delta: { type: 'text_delta', text: tokens.join('') }, outputTokens: tokens.length }
      }
      return
    case 'thinking':
      yield* thinkingDeltas(part, answer, form)
      return
    default:
      yield { delta: { type: 'input_json_delta', partial_json: '' }, outputTokens: 0 }
      // A call without arguments has only the empty piece.
      if (part.argumentsJson === '{}') {
        yield { delta: { type: 'input_json_delta', partial_json: '' }, outputTokens: part.tokens.length }
        return
      }
      for (const tokens of groups(part.tokens, answer)) {
        yield { delta: { type: 'input_json_delta', partial_json: tokens.join('') }, outputTokens: tokens.length }
      }
  }
}

function* thinkingDeltas(
  part: Extract<AnswerPart, { kind: 'thinking' }>,
  answer: Answer,
  form: AnswerForm,
): Generator<Delta> {
  let hidden = part.tokens.length
  const estimate = (tokens: number | null) => (form.countsThinking ? { estimated_tokens: tokens } : {})
  if (form.showsThinking) {
    for (const { length, text } of [...groups(part.tokens, answer)].map(asText)) {
      const delta = { type: 'thinking_delta', thinking: text, ...estimate(null) }
      yield { delta, outputTokens: length, reasoningTokens: length }
      hidden -= length
    }
  } else if (form.countsThinking) {
    const coarse = Math.floor(hidden / ESTIMATE_STEP_TOKENS) * ESTIMATE_STEP_TOKENS
    yield { delta: { type: 'thinking_delta', thinking: '', ...estimate(coarse) }, outputTokens: 0 }
  }
  const signature = { type: 'signature_delta', signature: part.signature }
  yield { delta: signature, outputTokens: hidden, reasoningTokens: hidden }
}

function asText(tokens: readonly string[]): { length: number; text: string } {
  return { length: tokens.length, text: tokens.join('') }
}

function* groups(tokens: readonly string[], { random }: Answer): Generator<readonly string[]> {
  for (let start = 0; start < tokens.length;) {
    const group = tokens.slice(start, start + random.integer(1, DELTA_TOKENS_MAX))
    yield group
    start += group.length
  }
}
