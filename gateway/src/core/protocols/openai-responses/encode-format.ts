// An answer in JSON, as the wire asks for it (OpenAI API reference, `text.format`).
import type { ChatRequest } from '../chat.ts'
import { isStrictSchema } from './strict-schema.ts'

export interface EncodedFormat {
  field: { format: object } | undefined
  /** What the model must be told beside it. It stands in the input: instructions are not looked at. */
  instruction: string | undefined
}

/** "Must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64." */
const nameCharsMax = 64
const foreignLetters = /[^a-zA-Z0-9_-]/g
const nameDefault = 'answer'

export function encodeFormat(request: ChatRequest, takesSchema: boolean, dropped: Set<string>): EncodedFormat {
  const { responseFormat } = request
  if (responseFormat === undefined) return { field: undefined, instruction: undefined }
  if (responseFormat.type === 'json') return jsonObject(request, 'Answer with a JSON object and nothing else.')
  const { name, schema, strict } = responseFormat
  if (!takesSchema) {
    // The schema is still told, but nothing holds the model to it.
    dropped.add('json_schema')
    return jsonObject(
      undefined,
      `Answer with a JSON object that fits this JSON schema, and nothing else: ${JSON.stringify(schema)}`,
    )
  }
  const canHold = isStrictSchema(schema)
  if (strict === true && !canHold) dropped.add('json_schema')
  const wireName = name.replace(foreignLetters, '_').slice(0, nameCharsMax) || nameDefault
  // Left out, `strict` is off: a schema that can be held to shall be.
  const format = { type: 'json_schema', name: wireName, schema, strict: canHold && strict !== false }
  return { field: { format }, instruction: undefined }
}

/**
 * "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'." Said
 * unless the conversation of `request` holds it.
 */
function jsonObject(request: ChatRequest | undefined, instruction: string): EncodedFormat {
  const parts = request?.messages.flatMap(({ content }) => content) ?? []
  const isSaid = parts.some((part) => part.type === 'text' && /json/i.test(part.text))
  return { field: { format: { type: 'json_object' } }, instruction: isSaid ? undefined : instruction }
}
