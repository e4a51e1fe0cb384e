// Messages answers as one document (Messages API reference, Message). The stream of the same answer is event-stream.ts.
import type { AnswerPart } from '../answer.ts'
import { partText } from '../answer.ts'
import { isRecord, parseJson } from '../json.ts'
import type { Answer } from '../vendor.ts'
import type { ReportForm } from './usage-report.ts'
import { fullUsage } from './usage-report.ts'
import { searchBlocks } from './web-search.ts'

/** How one request wants its answer written. */
export interface AnswerForm extends ReportForm {
  /** Off: thoughts come back without their words, only with the signature. */
  showsThinking: boolean
  /** `[[redact]]`: thoughts come back as a redacted_thinking block. */
  redactsThinking: boolean
  /** The beta that tells how far hidden thinking has come. */
  countsThinking: boolean
  /** The request asked for its context to be edited; here there is never anything to edit. */
  managesContext: boolean
}

export function toolUseId({ id }: { id: string }): string {
  return `toolu_01${id.slice(0, 22)}`
}

export function messageBody(answer: Answer, form: AnswerForm): string {
  return JSON.stringify({
    ...envelope(answer, form),
    content: contentBlocks(answer, form),
    ...stopFields(answer, form),
    ...contextFields(form),
    ...(answer.usageMissing ? {} : { usage: fullUsage(answer.usage, form) }),
  })
}

export function contextFields({ managesContext }: AnswerForm): object {
  return managesContext ? { context_management: { applied_edits: [] } } : {}
}

export function envelope(answer: Answer, form: ReportForm): object {
  const extra = form.isNewer ? { container: null, diagnostics: null } : {}
  return { model: answer.model, id: answer.id, type: 'message', role: 'assistant', ...extra }
}

/** Searches come after the thoughts and before what is made of them. */
function contentBlocks(answer: Answer, form: AnswerForm): object[] {
  const blocks = answer.parts.map((part) => contentBlock(part, form))
  const thoughts = answer.parts.filter(({ kind }) => kind === 'thinking').length
  const searches = searchBlocks(answer).flatMap(({ call, result }) => [{ ...call, ...caller(form) }, result])
  return blocks.toSpliced(thoughts, 0, ...searches)
}

/** Who called a tool: always the model itself. */
export function caller(form: ReportForm): object {
  return form.isNewer ? { caller: { type: 'direct' } } : {}
}

function contentBlock(part: AnswerPart, form: AnswerForm): object {
  const text = partText(part)
  switch (part.kind) {
    case 'text':
      return { ...emptyText(form), text }
    case 'thinking':
      if (form.redactsThinking) return { type: 'redacted_thinking', data: part.signature }
      return { type: 'thinking', thinking: form.showsThinking ? text : '', signature: part.signature }
    default: {
      // Cut short by the cap, the arguments are no JSON.
      const input = parseJson(part.argumentsJson)
      return { ...emptyToolUse(part, form), input: isRecord(input) ? input : {} }
    }
  }
}

export function emptyText(form: ReportForm): object {
  return { type: 'text', text: '', ...(form.isNewer ? { citations: null } : {}) }
}

export function emptyToolUse(part: { id: string; name: string }, form: ReportForm): object {
  return { type: 'tool_use', id: toolUseId(part), name: part.name, input: {}, ...caller(form) }
}

export function stopFields(answer: Answer, form: ReportForm): object {
  const isRefusal = answer.finish === 'content-filter'
  const details = isRefusal ? { type: 'refusal', category: null, explanation: null } : null
  return {
    stop_reason: stopReason(answer),
    stop_sequence: answer.stopSequence,
    ...(isRefusal || form.isNewer ? { stop_details: details } : {}),
  }
}

function stopReason({ finish, stopSequence }: Answer): string {
  switch (finish) {
    case 'length':
      return 'max_tokens'
    case 'tool-calls':
      return 'tool_use'
    case 'content-filter':
      return 'refusal'
    default:
      return stopSequence === null ? 'end_turn' : 'stop_sequence'
  }
}
