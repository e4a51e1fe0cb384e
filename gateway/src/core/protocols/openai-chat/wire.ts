// The answers of the Chat Completions wire, read leniently: a chunk of a stream (`delta`) and a complete one (`message`)
// have the same shape (OpenAI API reference, "Chat completion" and "Chat completion chunk").
import { asList, asRecord, asText, type JsonRecord } from '../lenient-json.ts'

export interface ChatAnswer {
  id: string | undefined
  model: string | undefined
  choices: number
  /** Text of the first choice; a refusal is what the model says instead. */
  text: string
  /** Any choice holds something for the client: text, reasoning, a tool call, audio. */
  hasContent: boolean
  finishReason: string | undefined
  usage: JsonRecord | undefined
  error: JsonRecord | undefined
}

export function readChatAnswer(json: JsonRecord, part: 'delta' | 'message'): ChatAnswer {
  const choices = asList(json['choices'])
  const first = asRecord(choices[0])
  const said = asRecord(first?.[part])
  return {
    id: asText(json['id']),
    model: asText(json['model']),
    choices: choices.length,
    text: asText(said?.['content']) ?? asText(said?.['refusal']) ?? '',
    hasContent: choices.some((choice) => holdsContent(asRecord(asRecord(choice)?.[part]))),
    finishReason: asText(first?.['finish_reason']),
    usage: asRecord(json['usage']),
    error: asRecord(json['error']),
  }
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
