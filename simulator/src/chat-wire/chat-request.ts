// Reads a Chat Completions request, the wire that OpenAI defined and DashScope's compatible mode also speaks. What the
// two have in common is here; a vendor adds its own rules and fields before and after, and its wording of complaints.
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'
import type { Problem } from '../problem.ts'
import type { Prompt, PromptBlock, Tool } from '../prompt.ts'
import { promptBlock, unknownFieldBlocks } from '../prompt.ts'
import { createTurnLog } from '../turn-log.ts'
import type { PartRules } from './chat-messages.ts'
import { findMessagesProblem, readMessages } from './chat-messages.ts'
import type { Complaints } from './complaints.ts'
import { findNumberProblem } from './complaints.ts'
import { findFormatProblem, findFunctionProblem } from './tool-definitions.ts'

/** OpenAI API reference: `stop`, "up to 4 sequences"; `n`, at most 128. */
const STOPS_MAX = 4
const CHOICES_MAX = 128

export interface ChatRequest {
  model: string
  streamed: boolean
  usageWanted: boolean
  outputTokensMax: number | null
  /** Without thinking: whether a model can is the vendor's knowledge. */
  prompt: Prompt
  /** Names of the tools that take free text instead of JSON. */
  customTools: ReadonlySet<string>
  /** The request as it came. */
  fields: JsonRecord
}

const FORMATS = ['json_object', 'json_schema', 'text']

/** Fields that steer the answer without being part of the prompt. Any other field counts as input. */
const STEERING_FIELDS: ReadonlySet<string> = new Set(
  (
    'model messages tools stream stream_options max_tokens max_completion_tokens temperature top_p top_k n stop seed ' +
    'user presence_penalty frequency_penalty logit_bias logprobs top_logprobs response_format service_tier metadata ' +
    'store parallel_tool_calls tool_choice reasoning_effort verbosity prompt_cache_key safety_identifier ' +
    'enable_thinking thinking_budget preserve_thinking enable_search modalities prompt_cache_retention ' +
    'prompt_cache_options moderation repetition_penalty vl_high_resolution_images'
  ).split(' '),
)

export function readChatRequest(body: unknown, rules: PartRules, complaints: Complaints): ChatRequest | Problem {
  const request = isRecord(body) ? body : {}
  const problem = findProblem(request, complaints)
  if (problem !== null) return problem
  const { stream_options: options } = request
  const cap = request['max_completion_tokens'] ?? request['max_tokens']
  return {
    model: request['model'] as string,
    streamed: request['stream'] === true,
    usageWanted: isRecord(options) && options['include_usage'] === true,
    outputTokensMax: typeof cap === 'number' ? cap : null,
    prompt: readPrompt(request, rules),
    customTools: new Set(toolRecords(request).flatMap((tool) => customName(tool) ?? [])),
    fields: request,
  }
}

function findProblem(request: JsonRecord, complaints: Complaints): Problem | null {
  const { model, messages, stream, stream_options: options } = request
  if (model === undefined) return complaints.missing('model')
  if (typeof model !== 'string') return complaints.wrongType('model', 'a string', model)
  if (messages === undefined) return complaints.missing('messages')
  if (!Array.isArray(messages)) return complaints.wrongType('messages', 'an array of objects', messages)
  if (messages.length === 0) return complaints.emptyArray('messages')
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    return complaints.wrongType('stream', 'a boolean', stream)
  }
  if (isRecord(options) && stream !== true) return complaints.streamOptionsWithoutStream()
  return (
    findNumberProblem(request, 'max_tokens', [1, Infinity], complaints) ??
    findNumberProblem(request, 'max_completion_tokens', [1, Infinity], complaints) ??
    findNumberProblem(request, 'n', [1, CHOICES_MAX], complaints) ??
    findNumberProblem(request, 'temperature', [0, 2], complaints, 'a number') ??
    findNumberProblem(request, 'top_p', [0, 1], complaints, 'a number') ??
    findStopProblem(request['stop'] ?? null, complaints) ??
    findMessagesProblem(messages, complaints) ??
    findToolsProblem(request, complaints) ??
    findResponseFormatProblem(request, complaints)
  )
}

function findStopProblem(stop: unknown, complaints: Complaints): Problem | null {
  if (stop === null || typeof stop === 'string') return null
  if (!Array.isArray(stop)) return complaints.wrongType('stop', 'one of a string or array of strings', stop)
  return stop.length > STOPS_MAX ? complaints.tooManyItems('stop', STOPS_MAX, stop.length) : null
}

function findToolsProblem(request: JsonRecord, complaints: Complaints): Problem | null {
  const { tools, tool_choice: choice, parallel_tool_calls: parallel } = request
  if (tools === undefined || tools === null) {
    const early = [
      ['tool_choice', choice !== undefined && choice !== null && choice !== 'none' && choice !== 'auto'],
      ['parallel_tool_calls', parallel !== undefined && parallel !== null],
    ] as const
    const field = early.find(([, isGiven]) => isGiven)?.[0]
    const words = `'${field}' is only allowed when 'tools' are specified.`
    return field === undefined ? null : complaints.unfit(field, `Invalid value for '${field}': ${words}`)
  }
  if (!Array.isArray(tools)) return complaints.wrongType('tools', 'an array of objects', tools)
  if (tools.length === 0) return complaints.emptyArray('tools')
  for (const [index, tool] of tools.entries()) {
    const place = `tools[${index}]`
    if (!isRecord(tool)) return complaints.wrongType(place, 'an object', tool)
    if (tool['type'] === undefined) return complaints.missing(`${place}.type`)
    if (tool['type'] !== 'function' && tool['type'] !== 'custom') {
      return complaints.wrongValue(`${place}.type`, tool['type'], ['function', 'custom'])
    }
    const definition = tool[tool['type']]
    if (!isRecord(definition)) return complaints.missing(`${place}.${tool['type']}`)
    const problem = findFunctionProblem(definition, `${place}.${tool['type']}`, complaints)
    if (problem !== null) return problem
  }
  return findChoiceProblem(request, complaints)
}

function findChoiceProblem(request: JsonRecord, complaints: Complaints): Problem | null {
  const { tool_choice: choice } = request
  if (choice === undefined || choice === null || typeof choice === 'string') {
    const words = ['none', 'auto', 'required']
    return typeof choice === 'string' && !words.includes(choice)
      ? complaints.wrongValue('tool_choice', choice, words)
      : null
  }
  if (!isRecord(choice)) return complaints.wrongType('tool_choice', 'one of a string or object', choice)
  const named = chosenNames(choice)
  const known = toolRecords(request).map((tool) => toolOf(tool).name)
  const stranger = named.find((name) => !known.includes(name))
  if (stranger === undefined) return null
  return complaints.unfit('tool_choice', `Tool choice '${stranger}' not found in 'tools' parameter.`)
}

function findResponseFormatProblem({ response_format: format, messages }: JsonRecord, complaints: Complaints) {
  if (format === undefined || format === null) return null
  if (!isRecord(format)) return complaints.wrongType('response_format', 'an object', format)
  const { type, json_schema: definition } = format
  if (type === 'json_object' && !/json/i.test(JSON.stringify(messages))) {
    const message = `'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.`
    return complaints.unfit('messages', message)
  }
  if (type === 'text' || type === 'json_object') return null
  if (type !== 'json_schema') return complaints.wrongValue('response_format.type', type, FORMATS)
  if (!isRecord(definition)) return complaints.missing('response_format.json_schema')
  if (typeof definition['name'] !== 'string') return complaints.missing('response_format.json_schema.name')
  const schema = isRecord(definition['schema']) ? definition['schema'] : {}
  return findFormatProblem(schema, definition['name'], definition['strict'], 'response_format', complaints)
}

function readPrompt(request: JsonRecord, rules: PartRules): Prompt {
  const blocks: PromptBlock[] = []
  const { stop, n, response_format: format } = request
  if (request['tools'] !== undefined) blocks.push(promptBlock('tools', JSON.stringify(request['tools'])))
  const turns = createTurnLog()
  blocks.push(...readMessages(request['messages'] as JsonRecord[], rules, turns))
  const outputSchema = readFormat(format)
  if (outputSchema !== null) blocks.push(promptBlock('format', JSON.stringify(format)))
  blocks.push(...unknownFieldBlocks(request, STEERING_FIELDS))
  const stops = typeof stop === 'string' ? [stop] : Array.isArray(stop) ? stop.map(String) : []
  return {
    blocks,
    ...turns.ending(),
    ...readTools(request),
    parallelCalls: request['parallel_tool_calls'] !== false,
    stops,
    choices: typeof n === 'number' ? n : 1,
    ...(outputSchema === null ? {} : { outputSchema }),
  }
}

/** Null for plain text; `{}` for any JSON object. */
function readFormat(format: unknown): JsonRecord | null {
  if (!isRecord(format) || format['type'] === 'text') return null
  const definition = format['json_schema']
  return isRecord(definition) && isRecord(definition['schema']) ? definition['schema'] : {}
}

function readTools(request: JsonRecord): Pick<Prompt, 'tools' | 'toolChoice'> {
  const tools = toolRecords(request).map(toolOf)
  const { tool_choice: choice } = request
  if (choice === 'none' || choice === 'required') return { tools, toolChoice: choice }
  if (!isRecord(choice)) return { tools, toolChoice: 'auto' }
  const names = chosenNames(choice)
  const allowed = choice['allowed_tools']
  if (isRecord(allowed) && allowed['mode'] !== 'required') {
    return { tools: tools.filter(({ name }) => names.includes(name)), toolChoice: 'auto' }
  }
  return { tools, toolChoice: names }
}

function chosenNames(choice: JsonRecord): string[] {
  const allowed = choice['allowed_tools']
  const chosen: unknown[] = isRecord(allowed) && Array.isArray(allowed['tools']) ? allowed['tools'] : [choice]
  return chosen.filter(isRecord).map((tool) => toolOf(tool).name)
}

function toolRecords({ tools }: JsonRecord): JsonRecord[] {
  return Array.isArray(tools) ? tools.filter(isRecord) : []
}

function toolOf(tool: JsonRecord): Tool {
  const { function: called, custom } = tool
  if (isRecord(custom)) return { name: String(custom['name']), schema: null }
  const definition = isRecord(called) ? called : {}
  const schema = isRecord(definition['parameters']) ? definition['parameters'] : {}
  return { name: String(definition['name']), schema }
}

function customName({ custom }: JsonRecord): string | null {
  return isRecord(custom) ? String(custom['name']) : null
}
