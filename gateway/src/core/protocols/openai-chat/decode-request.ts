// A client's Chat Completions request → the canonical one (OpenAI API reference, "Create chat completion"; members that clients of
// the wire's other vendors send are read where they have a counterpart). The conversation is read by decode-messages.ts, tools
// by decode-tools.ts.
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
  requireMessages,
  restOf,
  type FieldHandling,
  type RequestBody,
} from '../request-fields.ts'
import { noteOlderForm } from './answer-form.ts'
import { decodeMessages } from './decode-messages.ts'
import { decodeTools } from './decode-tools.ts'
import { choicesMax } from './inspect-request.ts'

const readFields: ReadonlySet<string> = new Set(
  (
    'model messages tools tool_choice functions function_call parallel_tool_calls max_tokens max_completion_tokens ' +
    'temperature top_p top_k stop seed presence_penalty frequency_penalty reasoning_effort enable_thinking ' +
    'thinking_budget response_format user safety_identifier stream stream_options n'
  ).split(' '),
)

const schemaMembers = members('name schema strict')

export const otherFields: Readonly<Record<string, FieldHandling>> = {
  // Answers in sound, with probabilities or from a search are worthless without these.
  audio: 'refused',
  logprobs: 'refused',
  web_search_options: 'refused',
  modalities: 'refused',
  // Where the vendor caches, stores and files an answer changes nothing in it.
  prompt_cache_key: 'ignored',
  prompt_cache_options: 'ignored',
  prompt_cache_retention: 'ignored',
  metadata: 'ignored',
  store: 'ignored',
  // It makes the answer faster, not other.
  prediction: 'ignored',
  top_logprobs: 'ignored',
}

/** Values that ask for what is done anyway. */
const usualValues: Readonly<Record<string, readonly unknown[]>> = {
  logprobs: [false],
  service_tier: ['auto', 'default'],
  enable_search: [false],
}

export function decodeRequest(body: RequestBody, model: string): DecodedRequest {
  requireMessages(body)
  if ((readCount(body, 'n', choicesMax) ?? 1) > 1)
    throw notTranslatable('n', 'More than one choice cannot be passed on.')
  const dropped = restOf(body, usualFields(body), otherFields)
  const { system, messages } = decodeMessages(body['messages'], dropped)
  const { tools, toolChoice, isOlder } = decodeTools(body, dropped)
  const isParallel = readFlag(body['parallel_tool_calls'], 'parallel_tool_calls')
  const request: ChatRequest = {
    ...plainRequest,
    model,
    system,
    messages,
    tools,
    toolChoice,
    // The older form has room for one call.
    parallelToolCalls: isOlder ? false : isParallel,
    maxOutputTokens: readMaximum(body),
    temperature: readNumber(body['temperature'], 'temperature'),
    topP: readNumber(body['top_p'], 'top_p'),
    topK: readNumber(body['top_k'], 'top_k'),
    stopSequences: readStops(body['stop']),
    seed: readNumber(body['seed'], 'seed'),
    presencePenalty: readNumber(body['presence_penalty'], 'presence_penalty'),
    frequencyPenalty: readNumber(body['frequency_penalty'], 'frequency_penalty'),
    reasoning: decodeReasoning(body),
    responseFormat: decodeFormat(body['response_format'], dropped),
    userId: readOptionalText(body, 'safety_identifier') ?? readOptionalText(body, 'user'),
    stream: readStream(body),
    ...(asksForUsage(body['stream_options']) && { reportsUsage: true }),
  }
  if (isOlder) noteOlderForm(request)
  return { request, dropped: [...new Set(dropped)] }
}

/** The fields that need no further look: those that are read, and others with a usual value. */
function usualFields(body: RequestBody): ReadonlySet<string> {
  const fields = new Set(readFields)
  for (const [field, values] of Object.entries(usualValues)) if (values.includes(body[field])) fields.add(field)
  const { modalities } = body
  if (Array.isArray(modalities) && !modalities.includes('audio')) fields.add('modalities')
  return fields
}

function readMaximum(body: RequestBody): number | undefined {
  const newer = readCount(body, 'max_completion_tokens', outputTokensMax)
  return newer ?? readCount(body, 'max_tokens', outputTokensMax)
}

function readStops(value: unknown): string[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value)) throw invalidField('stop', 'must be a string or an array of strings')
  return (value as unknown[]).map((stop, index) => readText(stop, `stop[${index}]`))
}

function readOptionalText(body: RequestBody, field: string): string | undefined {
  const value = body[field]
  return value === undefined || value === null ? undefined : readText(value, field)
}

function asksForUsage(value: unknown): boolean {
  if (value === undefined || value === null) return false
  return readFlag(readRecord(value, 'stream_options')['include_usage'], 'stream_options.include_usage') ?? false
}

/** The wire has no word for showing what was thought: its clients show it where it comes. */
function decodeReasoning(body: RequestBody): ReasoningRequest | undefined {
  const word = readOptionalText(body, 'reasoning_effort')
  const isOn = readFlag(body['enable_thinking'], 'enable_thinking')
  const budgetTokens = readCount(body, 'thinking_budget', outputTokensMax)
  if (word === undefined && isOn === undefined && budgetTokens === undefined) return undefined
  const effort = isOn === false ? 'none' : word === undefined ? undefined : readEffort(word)
  return { effort, budgetTokens: effort === 'none' ? undefined : budgetTokens, isShown: effort !== 'none' }
}

function readEffort(word: string): Effort {
  const effort = efforts.find((known) => known === word)
  if (effort === undefined) throw invalidField('reasoning_effort', `must be one of ${efforts.join(', ')}`)
  return effort
}

function decodeFormat(value: unknown, dropped: string[]): ResponseFormat | undefined {
  if (value === undefined || value === null) return undefined
  const format = readRecord(value, 'response_format')
  switch (format['type']) {
    case 'text':
      return undefined
    case 'json_object':
      return { type: 'json' }
    case 'json_schema': {
      const path = 'response_format.json_schema'
      const definition = readRecord(format['json_schema'], path)
      nameRest(definition, path, schemaMembers, dropped)
      return {
        type: 'json-schema',
        name: readText(definition['name'], `${path}.name`),
        schema: readRecord(definition['schema'] ?? {}, `${path}.schema`),
        strict: readFlag(definition['strict'], `${path}.strict`),
      }
    }
    default:
      throw invalidField('response_format.type', 'must be one of text, json_object, json_schema')
  }
}
