// The items of a response (API reference, "The response object", `output`): reasoning, messages and calls, as they are
// when they open in a stream and when they are done. Their ids follow from the response's, so that body, stream and
// store agree.
import type { AnswerPart } from '../answer.ts'
import { partText } from '../answer.ts'
import type { JsonRecord } from '../json.ts'
import type { Random } from '../random.ts'
import { createRandom } from '../random.ts'
import type { Answer } from '../vendor.ts'
import type { ResponsesDialect, ResponsesRequest } from './dialect.ts'
import { sealReasoning } from './encrypted-reasoning.ts'

export type MessageContent = 'output_text' | 'refusal'

export interface OutputItem {
  part: AnswerPart
  /** What a text part is called; calls and reasoning have none. */
  content: MessageContent
  id: string
  opened: JsonRecord
  closed: JsonRecord
}

export function outputItems(answer: Answer, request: ResponsesRequest, dialect: ResponsesDialect): OutputItem[] {
  const random = createRandom('response items', answer.id)
  const isCut = answer.finish === 'length' || statusOf(answer, request) === 'incomplete'
  return answer.parts.map((part, index) => {
    const status = isCut && index === answer.parts.length - 1 ? 'incomplete' : 'completed'
    if (part.kind === 'thinking') return reasoningItem(part, request, dialect, random)
    if (part.kind === 'tool-call') return callItem(part, status, request, dialect, random)
    return messageItem(part, status, answer, request, dialect, random)
  })
}

/** A refusal within a JSON schema has a content of its own; any other ends the response early. */
export function statusOf(answer: Answer, request: ResponsesRequest): 'completed' | 'incomplete' {
  if (answer.finish === 'content-filter') return isRefusal(answer, request) ? 'completed' : 'incomplete'
  return answer.finish === 'length' ? 'incomplete' : 'completed'
}

function isRefusal({ finish }: Answer, { prompt }: ResponsesRequest): boolean {
  return finish === 'content-filter' && prompt.outputSchema !== undefined
}

function reasoningItem(
  part: Extract<AnswerPart, { kind: 'thinking' }>,
  { wantsEncrypted, wantsSummary, organisation }: ResponsesRequest,
  dialect: ResponsesDialect,
  random: Random,
): OutputItem {
  const id = dialect.itemId('rs', random)
  const sealed = wantsEncrypted ? { encrypted_content: sealReasoning(part.signature, organisation) } : {}
  const summary = wantsSummary ? [{ type: 'summary_text', text: partText(part) }] : []
  const item = { id, type: 'reasoning', ...sealed }
  return { part, content: 'output_text', id, opened: { ...item, summary: [] }, closed: { ...item, summary } }
}

function messageItem(
  part: AnswerPart,
  status: string,
  answer: Answer,
  request: ResponsesRequest,
  dialect: ResponsesDialect,
  random: Random,
): OutputItem {
  const id = dialect.itemId('msg', random)
  const content = isRefusal(answer, request) ? 'refusal' : 'output_text'
  // What is said before a call is not the last word.
  const phase = answer.finish === 'tool-calls' ? 'commentary' : 'final_answer'
  const item = {
    id,
    type: 'message',
    ...(dialect.hasPhases(answer.model) ? { phase } : {}),
    role: 'assistant',
  }
  const closed = { ...item, status, content: [messageContent(content, partText(part))] }
  return { part, content, id, opened: { ...item, status: 'in_progress', content: [] }, closed }
}

export function messageContent(content: MessageContent, text: string): JsonRecord {
  return content === 'refusal'
    ? { type: 'refusal', refusal: text }
    : { type: 'output_text', annotations: [], logprobs: [], text }
}

function callItem(
  part: Extract<AnswerPart, { kind: 'tool-call' }>,
  status: string,
  { tools }: ResponsesRequest,
  dialect: ResponsesDialect,
  random: Random,
): OutputItem {
  const shape = tools.get(part.name)
  const isCustom = shape?.kind === 'custom'
  const id = dialect.itemId(isCustom ? 'ctc' : 'fc', random)
  const namespace = shape?.namespace ?? null
  const item = (state: string, text: string) => ({
    id,
    type: isCustom ? 'custom_tool_call' : 'function_call',
    status: state,
    ...(isCustom ? { input: text } : { arguments: text }),
    call_id: `call_${part.id}`,
    name: part.name,
    ...(namespace === null ? {} : { namespace }),
  })
  return { part, content: 'output_text', id, opened: item('in_progress', ''), closed: item(status, part.argumentsJson) }
}
