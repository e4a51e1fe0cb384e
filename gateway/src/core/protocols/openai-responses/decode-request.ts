// A client's Responses request → the canonical one (OpenAI API reference, "Create a model response"). The conversation is read by
// decode-items.ts, tools by decode-tools.ts. Nothing is stored here, so what refers to something stored is refused.
import {
  efforts,
  plainRequest,
  type ChatRequest,
  type Effort,
  type ReasoningRequest,
  type ResponseFormat,
} from '../chat.ts'
import type { DecodedRequest } from '../protocol.ts'
import {
  invalidField,
  members,
  nameRest,
  notTranslatable,
  outputTokensMax,
  readCount,
  readFlag,
  readNumber,
  readRecord,
  readStream,
  readText,
  restOf,
  type FieldHandling,
  type RequestBody,
} from '../request-fields.ts'
import { decodeItems } from './decode-items.ts'
import { decodeTools } from './decode-tools.ts'
import { noteRequest } from './request-echo.ts'

const readFields: ReadonlySet<string> = new Set(
  (
    'model input instructions tools tool_choice parallel_tool_calls max_output_tokens temperature top_p reasoning text ' +
    'user safety_identifier stream include'
  ).split(' '),
)

const textMembers = members('format verbosity')

export const otherFields: Readonly<Record<string, FieldHandling>> = {
  // What the vendor has stored, or shall work on alone.
  previous_response_id: 'refused',
  conversation: 'refused',
  prompt: 'refused',
  background: 'refused',
  // Where the vendor caches and files an answer, and how it pads and counts it, changes nothing in it.
  prompt_cache_key: 'ignored',
  prompt_cache_options: 'ignored',
  prompt_cache_retention: 'ignored',
  metadata: 'ignored',
  client_metadata: 'ignored',
  stream_options: 'ignored',
  // It counts calls of the vendor's own tools, which are left out.
  max_tool_calls: 'ignored',
  // An answer with probabilities is worthless without them.
  top_logprobs: 'refused',
}

/** Values that ask for what is done anyway. */
const usualValues: Readonly<Record<string, readonly unknown[]>> = {
  background: [false],
  service_tier: ['auto', 'default'],
  store: [false],
  top_logprobs: [0],
  truncation: ['disabled'],
}

export function decodeRequest(body: RequestBody, model: string): DecodedRequest {
  const dropped = restOf(body, usualFields(body), otherFields)
  checkIncluded(body['include'])
  const { system, messages, tools: found } = decodeItems(body['input'], dropped)
  if (messages.length === 0 && system.length === 0) throw invalidField('input', 'must not be empty')
  const instructions = readOptionalText(body, 'instructions') ?? ''
  const text = readRecord(body['text'] ?? {}, 'text')
  if ((text['verbosity'] ?? 'medium') !== 'medium') dropped.push('text.verbosity')
  nameRest(text, 'text', textMembers, dropped)
  const request: ChatRequest = {
    ...plainRequest,
    model,
    system: instructions === '' ? system : [{ type: 'text', text: instructions }, ...system],
    messages,
    ...decodeTools(body, found, dropped),
    parallelToolCalls: readFlag(body['parallel_tool_calls'], 'parallel_tool_calls'),
    maxOutputTokens: readCount(body, 'max_output_tokens', outputTokensMax),
    temperature: readNumber(body['temperature'], 'temperature'),
    topP: readNumber(body['top_p'], 'top_p'),
    reasoning: decodeReasoning(body['reasoning'], dropped),
    responseFormat: decodeFormat(text['format'], dropped),
    userId: readOptionalText(body, 'safety_identifier') ?? readOptionalText(body, 'user'),
    stream: readStream(body),
  }
  noteRequest(request, body)
  return { request, dropped: [...new Set(dropped)] }
}

/** The fields that need no further look: those that are read, and others with a usual value. */
function usualFields(body: RequestBody): ReadonlySet<string> {
  const fields = new Set(readFields)
  for (const [field, values] of Object.entries(usualValues)) if (values.includes(body[field])) fields.add(field)
  return fields
}

/** What else may be included belongs to the vendor's own tools, or repeats the request. */
function checkIncluded(value: unknown): void {
  if (value === undefined || value === null) return
  if (!Array.isArray(value)) throw invalidField('include', 'must be an array')
  if (value.includes('message.output_text.logprobs')) {
    throw notTranslatable('include', '"message.output_text.logprobs" cannot be passed on.')
  }
}

function readOptionalText(body: RequestBody, field: string): string | undefined {
  const value = body[field]
  return value === undefined || value === null ? undefined : readText(value, field)
}

/** A summary is how this wire shows what was thought; `generate_summary` is its older name. */
function decodeReasoning(value: unknown, dropped: string[]): ReasoningRequest | undefined {
  if (value === undefined || value === null) return undefined
  const reasoning = readRecord(value, 'reasoning')
  const { effort: word, summary, generate_summary: olderSummary, ...others } = reasoning
  const usual: readonly unknown[] = [undefined, null, 'auto', 'standard']
  for (const [field, other] of Object.entries(others)) if (!usual.includes(other)) dropped.push(`reasoning.${field}`)
  const effort = word === undefined || word === null ? undefined : readEffort(readText(word, 'reasoning.effort'))
  const wanted = summary ?? olderSummary ?? undefined
  const isShown = wanted !== undefined && readText(wanted, 'reasoning.summary') !== 'none' && effort !== 'none'
  if (effort === undefined && !isShown) return undefined
  return { effort, budgetTokens: undefined, isShown }
}

function readEffort(word: string): Effort {
  const effort = efforts.find((known) => known === word)
  if (effort === undefined) throw invalidField('reasoning.effort', `must be one of ${efforts.join(', ')}`)
  return effort
}

function decodeFormat(value: unknown, dropped: string[]): ResponseFormat | undefined {
  if (value === undefined || value === null) return undefined
  const format = readRecord(value, 'text.format')
  switch (format['type']) {
    case 'text':
      return undefined
    case 'json_object':
      return { type: 'json' }
    case 'json_schema':
      if ((format['description'] ?? '') !== '') dropped.push('text.format.description')
      return {
        type: 'json-schema',
        name: readText(format['name'], 'text.format.name'),
        schema: readRecord(format['schema'], 'text.format.schema'),
        strict: readFlag(format['strict'], 'text.format.strict'),
      }
    default:
      throw invalidField('text.format.type', 'must be one of text, json_object, json_schema')
  }
}
