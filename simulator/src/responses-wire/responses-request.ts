// Reads a Responses request (API reference, "Create a model response"): its validation, the conversation it continues,
// and the prompt. Counting tokens takes the same request.
import type { Complaints } from '../chat-wire/complaints.ts'
import { findNumberProblem } from '../chat-wire/complaints.ts'
import { findFormatProblem } from '../chat-wire/tool-definitions.ts'
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'
import type { Problem } from '../problem.ts'
import type { Prompt } from '../prompt.ts'
import { promptBlock, unknownFieldBlocks } from '../prompt.ts'
import { createTurnLog } from '../turn-log.ts'
import type { WireRequest } from '../vendor.ts'
import type { ResponsesDialect, ResponsesRequest } from './dialect.ts'
import type { InputItems } from './input-items.ts'
import { findOrderProblem, readItems, resolveInput } from './input-items.ts'
import { findResponse } from './stored-responses.ts'
import { callShapes, findToolsProblem, readToolWishes } from './tools.ts'

/** Fields that steer the answer without being part of the prompt. Any other field counts as input. */
const STEERING_FIELDS: ReadonlySet<string> = new Set(
  (
    'model input instructions tools tool_choice parallel_tool_calls stream stream_options store include ' +
    'previous_response_id max_output_tokens max_tool_calls temperature top_p top_logprobs text reasoning truncation ' +
    'metadata user safety_identifier prompt_cache_key prompt_cache_retention prompt_cache_options service_tier ' +
    'background conversation client_metadata moderation enable_thinking thinking_budget personality'
  ).split(' '),
)

const FORMATS = ['json_object', 'json_schema', 'text']

export function readResponsesRequest(
  { body, stored, organisation }: WireRequest,
  dialect: ResponsesDialect,
): ResponsesRequest | Problem {
  const request = isRecord(body) ? body : {}
  const { complaints } = dialect
  const problem = findProblem(request, dialect)
  if (problem !== null) return problem
  const isStored = request['store'] !== false
  const previous = typeof request['previous_response_id'] === 'string' ? request['previous_response_id'] : null
  const earlier = previous === null ? null : findResponse(stored, previous)
  if (previous !== null && earlier === null) {
    const message = `Previous response with id '${previous}' not found.`
    return { kind: 'invalid-request', message, param: 'previous_response_id', code: 'previous_response_not_found' }
  }
  const input = resolveInput(request['input'] ?? [], { stored, organisation, isStored, complaints })
  if ('kind' in input) return input
  const conversation = [...(earlier?.conversation ?? []), ...input.items]
  return findOrderProblem(conversation, complaints) ?? assemble(request, conversation, input, organisation, dialect)
}

function assemble(
  request: JsonRecord,
  conversation: readonly JsonRecord[],
  input: InputItems,
  organisation: string,
  dialect: ResponsesDialect,
): ResponsesRequest {
  const { reasoning, include, max_output_tokens: cap } = request
  return {
    model: modelOf(request, dialect),
    streamed: request['stream'] === true,
    outputTokensMax: typeof cap === 'number' ? cap : null,
    prompt: readPrompt(request, conversation, dialect),
    tools: callShapes(request),
    conversation,
    input: input.items,
    wantsSummary: dialect.alwaysSummarises || asksForSummary(reasoning),
    wantsEncrypted: Array.isArray(include) && include.includes('reasoning.encrypted_content'),
    isStored: request['store'] !== false,
    removedReasoning: input.removedReasoning,
    organisation,
    fields: request,
  }
}

/** `generate_summary` is the older name. */
function asksForSummary(reasoning: unknown): boolean {
  return isRecord(reasoning) && typeof (reasoning['summary'] ?? reasoning['generate_summary']) === 'string'
}

function modelOf({ model }: JsonRecord, { defaultModel }: ResponsesDialect): string {
  return typeof model === 'string' ? model : defaultModel
}

function findProblem(request: JsonRecord, dialect: ResponsesDialect): Problem | null {
  const { model, input, stream, instructions, stream_options: options } = request
  const { complaints } = dialect
  if (model !== undefined && model !== null && typeof model !== 'string') {
    return complaints.wrongType('model', 'a string', model)
  }
  if (Array.isArray(input) && input.length === 0) return complaints.emptyArray('input')
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    return complaints.wrongType('stream', 'a boolean', stream)
  }
  if (isRecord(options) && stream !== true) return complaints.streamOptionsWithoutStream()
  if (instructions !== undefined && instructions !== null && typeof instructions !== 'string') {
    return complaints.wrongType('instructions', 'a string', instructions)
  }
  return (
    findNumberProblem(request, 'max_output_tokens', [dialect.outputTokensMin, Infinity], complaints) ??
    findNumberProblem(request, 'temperature', [0, 2], complaints, 'a number') ??
    findNumberProblem(request, 'top_p', [0, 1], complaints, 'a number') ??
    findToolsProblem(request, complaints) ??
    findTextProblem(request['text'], complaints) ??
    dialect.findModelProblem(request, modelOf(request, dialect))
  )
}

/** What only a request for an answer must have; counting takes less. */
export function findAnswerProblem(body: unknown, complaints: Complaints): Problem | null {
  const request = isRecord(body) ? body : {}
  if (typeof request['model'] !== 'string') return complaints.missing('model')
  const isContinued = request['previous_response_id'] !== undefined || request['conversation'] !== undefined
  return request['input'] === undefined && !isContinued ? complaints.missing('input') : null
}

function findTextProblem(text: unknown, complaints: Complaints): Problem | null {
  const format = isRecord(text) ? text['format'] : undefined
  if (format === undefined || format === null) return null
  if (!isRecord(format)) return complaints.wrongType('text.format', 'an object', format)
  const { type, name, schema, strict } = format
  if (typeof type !== 'string' || !FORMATS.includes(type))
    return complaints.wrongValue('text.format.type', type, FORMATS)
  if (type !== 'json_schema') return null
  if (typeof name !== 'string') return complaints.missing('text.format.name')
  if (!isRecord(schema)) return complaints.missing('text.format.schema')
  return findFormatProblem(schema, name, strict, 'text.format.schema', complaints)
}

/** Instructions first, then the tools, then the turns: the order in which a prefix is cached. */
function readPrompt(request: JsonRecord, conversation: readonly JsonRecord[], dialect: ResponsesDialect): Prompt {
  const { instructions, tools, text } = request
  const turns = createTurnLog()
  const blocks = [
    ...(Array.isArray(tools) && tools.length > 0 ? [promptBlock('tools', JSON.stringify(tools))] : []),
    ...(typeof instructions === 'string' ? [promptBlock('system', instructions)] : []),
    ...readItems(conversation, dialect, turns),
  ]
  const outputSchema = readFormat(text)
  if (outputSchema !== null) blocks.push(promptBlock('format', JSON.stringify(outputSchema)))
  blocks.push(...unknownFieldBlocks(request, STEERING_FIELDS))
  const thinking = dialect.thinking(request, modelOf(request, dialect))
  return {
    blocks,
    ...turns.ending(),
    ...readToolWishes(request),
    parallelCalls: request['parallel_tool_calls'] !== false,
    ...(thinking === null || thinking === undefined ? {} : { thinking }),
    ...(outputSchema === null ? {} : { outputSchema }),
  }
}

/** Null for plain text; `{}` for any JSON object. */
function readFormat(text: unknown): JsonRecord | null {
  const format = isRecord(text) ? text['format'] : undefined
  if (!isRecord(format) || format['type'] === 'text') return null
  return isRecord(format['schema']) ? format['schema'] : {}
}
