// The events of a streamed response (API reference, "Streaming events"): each with its number, items opened, filled and
// done one after the other, and one terminal event that repeats the whole response.
import type { JsonRecord } from '../json.ts'
import { obfuscate, wantsObfuscation } from '../obfuscation.ts'
import type { Answer, Frame } from '../vendor.ts'
import type { ResponsesDialect, ResponsesRequest } from './dialect.ts'
import type { OutputItem } from './output-items.ts'
import { messageContent, outputItems } from './output-items.ts'

/** An event without its number, and what was generated for it. */
interface Step {
  type: string
  fields: JsonRecord
  outputTokens?: number
  reasoningTokens?: number
  /** Bookkeeping that leaves together with the next event. */
  joinsNext?: boolean
}

export function* responseEvents(
  answer: Answer,
  request: ResponsesRequest,
  dialect: ResponsesDialect,
  { unfinished, finished }: { unfinished: JsonRecord; finished: JsonRecord },
): Generator<Frame> {
  const isPadded = dialect.hasObfuscation && wantsObfuscation(request.fields)
  let sequence = 0
  for (const step of steps(outputItems(answer, request, dialect), request, unfinished, finished)) {
    const { delta } = step.fields
    const padding = isPadded && typeof delta === 'string' ? { obfuscation: obfuscate(delta, answer.random) } : {}
    const text = event(step.type, { ...step.fields, ...padding }, sequence)
    sequence += 1
    const { outputTokens = 0, reasoningTokens = 0, joinsNext = false } = step
    yield { text, outputTokens, reasoningTokens, joinsNext }
  }
}

/** An error inside a stream is two events: the error itself, in an object of its own, and the response that failed. */
export function failureFrame(error: object, failed: JsonRecord, eventsBefore: number): string {
  return event('error', { ...error }, eventsBefore) + event('response.failed', { response: failed }, eventsBefore + 1)
}

function event(type: string, fields: JsonRecord, sequence: number): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...fields })}\n\n`
}

function* steps(
  items: readonly OutputItem[],
  request: ResponsesRequest,
  unfinished: JsonRecord,
  finished: JsonRecord,
): Generator<Step> {
  yield { type: 'response.created', fields: { response: unfinished }, joinsNext: true }
  yield { type: 'response.in_progress', fields: { response: unfinished } }
  for (const [index, item] of items.entries()) {
    const place = { output_index: index }
    yield { type: 'response.output_item.added', fields: { ...place, item: item.opened }, joinsNext: true }
    yield* contentSteps(item, { item_id: item.id, ...place }, request)
    // Reasoning without a summary shows only in the time it took.
    const hidden = item.part.kind === 'thinking' && !request.wantsSummary ? item.part.tokens.length : 0
    const generated = { outputTokens: hidden, reasoningTokens: hidden }
    yield { type: 'response.output_item.done', fields: { ...place, item: item.closed }, ...generated, joinsNext: true }
  }
  yield { type: `response.${String(finished['status'])}`, fields: { response: finished } }
}

function contentSteps(item: OutputItem, place: JsonRecord, request: ResponsesRequest): Iterable<Step> {
  const { kind } = item.part
  if (kind === 'text') return messageSteps(item, { ...place, content_index: 0 })
  if (kind === 'tool-call') return callSteps(item, place)
  return request.wantsSummary ? summarySteps(item, { ...place, summary_index: 0 }) : []
}

function* messageSteps({ part, content }: OutputItem, place: JsonRecord): Generator<Step> {
  const type = `response.${content}`
  const text = part.tokens.join('')
  const logprobs = content === 'refusal' ? {} : { logprobs: [] }
  const empty = { ...place, part: messageContent(content, '') }
  yield { type: 'response.content_part.added', fields: empty, joinsNext: true }
  for (const token of part.tokens) {
    yield { type: `${type}.delta`, fields: { ...place, delta: token, ...logprobs }, outputTokens: 1 }
  }
  const whole = content === 'refusal' ? { refusal: text } : { text }
  yield { type: `${type}.done`, fields: { ...place, ...whole, ...logprobs }, joinsNext: true }
  const full = { ...place, part: messageContent(content, text) }
  yield { type: 'response.content_part.done', fields: full, joinsNext: true }
}

function* callSteps({ part, opened }: OutputItem, place: JsonRecord): Generator<Step> {
  const isCustom = opened['type'] === 'custom_tool_call'
  const type = isCustom ? 'response.custom_tool_call_input' : 'response.function_call_arguments'
  for (const token of part.tokens) {
    yield { type: `${type}.delta`, fields: { ...place, delta: token }, outputTokens: 1 }
  }
  const whole = part.tokens.join('')
  const done = isCustom ? { input: whole } : { arguments: whole }
  yield { type: `${type}.done`, fields: { ...place, ...done }, joinsNext: true }
}

function* summarySteps({ part }: OutputItem, place: JsonRecord): Generator<Step> {
  const summary = (text: string) => ({ ...place, part: { type: 'summary_text', text } })
  const text = part.tokens.join('')
  yield { type: 'response.reasoning_summary_part.added', fields: summary(''), joinsNext: true }
  for (const token of part.tokens) {
    const fields = { ...place, delta: token }
    yield { type: 'response.reasoning_summary_text.delta', fields, outputTokens: 1, reasoningTokens: 1 }
  }
  yield { type: 'response.reasoning_summary_text.done', fields: { ...place, text }, joinsNext: true }
  yield { type: 'response.reasoning_summary_part.done', fields: summary(text), joinsNext: true }
}
