// An answer in JSON, as the wire asks for it (OpenAI API reference, `response_format`).
import type { ChatRequest, TextPart } from '../chat.ts'
import { fitsStrict } from './strict-schema.ts'

export interface EncodedFormat {
  field: object | undefined
  /** What the model must be told beside it. */
  instructions: TextPart[]
}

/** "Must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64." */
const nameCharsMax = 64
const foreignLetters = /[^a-zA-Z0-9_-]/g
const nameDefault = 'answer'

export function encodeFormat(request: ChatRequest, takesSchema: boolean, dropped: Set<string>): EncodedFormat {
  const { responseFormat } = request
  if (responseFormat === undefined) return { field: undefined, instructions: [] }
  if (responseFormat.type === 'json') {
    const words = 'Answer with a JSON object and nothing else.'
    return { field: { type: 'json_object' }, instructions: mentionsJson(request) ? [] : [instruction(words)] }
  }
  const { name, schema, strict } = responseFormat
  if (!takesSchema) {
    // The schema is still told, but nothing holds the model to it.
    dropped.add('json_schema')
    const words = `Answer with a JSON object that fits this JSON schema, and nothing else: ${JSON.stringify(schema)}`
    return { field: { type: 'json_object' }, instructions: [instruction(words)] }
  }
  const isRefused = strict === true && !fitsStrict(schema)
  if (isRefused) dropped.add('json_schema')
  const wireName = name.replace(foreignLetters, '_').slice(0, nameCharsMax) || nameDefault
  // Left out, `strict` is off: a schema that can be held to shall be.
  const isStrict = isRefused ? undefined : (strict ?? (fitsStrict(schema) ? true : undefined))
  return {
    field: { type: 'json_schema', json_schema: { name: wireName, schema, strict: isStrict } },
    instructions: [],
  }
}

function instruction(text: string): TextPart {
  return { type: 'text', text }
}

/** "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'." */
function mentionsJson({ system, messages }: ChatRequest): boolean {
  const parts = [...system, ...messages.flatMap(({ content }) => content)]
  return parts.some((part) => part.type === 'text' && /json/i.test(part.text))
}
