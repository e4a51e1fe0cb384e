// The answers of the Chat Completions wire, read leniently: a chunk of a stream (`delta`) and a complete one (`message`)
// have the same shape (OpenAI API reference, "Chat completion" and "Chat completion chunk").
import { isBareError } from '../broken-answer.ts'
import { asList, asRecord, asRecords, asText, type JsonRecord } from '../lenient-json.ts'

/** A piece of a call, or a whole one; texts that the piece lacks are empty. */
export interface CallPiece {
  /** Which call of the answer; undefined where a server does not number them. */
  index: number | undefined
  id: string
  name: string
  argumentsJson: string
}

export interface ChatAnswer {
  id: string | undefined
  model: string | undefined
  choices: number
  /** Text of the first choice. */
  text: string
  /** What the model says instead of an answer. */
  refusal: string
  reasoning: string
  calls: CallPiece[]
  /** Any choice holds something for the client: text, reasoning, a tool call, audio. */
  hasContent: boolean
  finishReason: string | undefined
  serviceTier: string | undefined
  usage: JsonRecord | undefined
  error: JsonRecord | undefined
}

export function readChatAnswer(json: JsonRecord, part: 'delta' | 'message'): ChatAnswer {
  const choices = asList(json['choices'])
  const first = asRecord(choices[0])
  const said = asRecord(first?.[part]) ?? {}
  return {
    id: asText(json['id']),
    model: asText(json['model']),
    choices: choices.length,
    text: asText(said['content']) ?? '',
    refusal: asText(said['refusal']) ?? '',
    // Not of the wire's first vendor: others show what the model thought under one of these names.
    reasoning: asText(said['reasoning_content']) ?? asText(said['reasoning']) ?? '',
    calls: readCalls(said, part),
    hasContent: choices.some((choice) => holdsContent(asRecord(asRecord(choice)?.[part]))),
    finishReason: asText(first?.['finish_reason']) || undefined,
    serviceTier: asText(json['service_tier']),
    usage: asRecord(json['usage']),
    error: readError(json['error']) ?? (choices.length === 0 && isBareError(json) ? json : undefined),
  }
}

/** Some servers say what went wrong in a bare text. */
function readError(error: unknown): JsonRecord | undefined {
  return typeof error === 'string' && error !== '' ? { message: error } : asRecord(error)
}

/** In a complete answer each entry is a call of its own, numbered or not. */
function readCalls(said: JsonRecord, part: 'delta' | 'message'): CallPiece[] {
  return asRecords(said['tool_calls']).map((call, at) => {
    const { index } = call
    const called = asRecord(call['function']) ?? {}
    return {
      index: part === 'message' ? at : typeof index === 'number' ? index : undefined,
      id: asText(call['id']) ?? '',
      name: asText(called['name']) ?? '',
      argumentsJson: asText(called['arguments']) ?? '',
    }
  })
}

/** The opening chunk of a stream names the role and has empty text: nothing that a client could show. */
function holdsContent(part: JsonRecord | undefined): boolean {
  if (part === undefined) return false
  return Object.entries(part).some(([key, value]) => key !== 'role' && isFilled(value))
}

function isFilled(value: unknown): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0
  return typeof value === 'object' && value !== null
}
