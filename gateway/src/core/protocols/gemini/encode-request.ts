// The canonical request as a generateContent body (Gemini API reference, "GenerateContentRequest"). The model and whether to
// stream stand in the path.
import type { ChatRequest } from '../chat.ts'
import type { EncodedRequest, EncodeTarget } from '../protocol.ts'
import type { ModelTraits } from '../model-traits.ts'
import { encodeContents } from './encode-contents.ts'
import { encodeThinking } from './encode-thinking.ts'
import { encodeTools } from './encode-tools.ts'
import { answerSchema } from './function-schema.ts'

/** "Up to 5" (GenerationConfig, `stopSequences`). */
const stopsMax = 5
/** The field is an int32; other wires' seeds are larger. */
const seedMax = 2 ** 31 - 1
/** "[0.0, 2.0]" (GenerationConfig, `temperature`). */
const temperatureMax = 2

export function encodeRequest(request: ChatRequest, { traits }: EncodeTarget): EncodedRequest {
  const { stopSequences, seed, temperature, topP } = request
  const dropped: string[] = []
  if (stopSequences.length > stopsMax) dropped.push('stop')
  const isSeedFit = seed !== undefined && Number.isInteger(seed) && Math.abs(seed) <= seedMax
  if (seed !== undefined && !isSeedFit) dropped.push('seed')
  if ((temperature ?? 0) > temperatureMax) dropped.push('temperature')
  if ((topP ?? 0) > 1) dropped.push('top_p')
  const thinking = encodeThinking(request, traits)
  if (thinking.isDropped) dropped.push('reasoning')
  const format = encodeFormat(request, traits)
  const system = [...request.system.map(({ text }) => text), ...format.hints].filter((text) => text.trim() !== '')
  // In a fixed order, so that equal beginnings of conversations are equal bytes and the provider's cache finds them.
  const body = {
    systemInstruction: system.length === 0 ? undefined : { parts: system.map((text) => ({ text })) },
    ...encodeTools(request),
    contents: encodeContents(request.messages, traits.reasoning === 'level'),
    generationConfig: {
      maxOutputTokens: request.maxOutputTokens,
      temperature: temperature === undefined ? undefined : Math.min(temperature, temperatureMax),
      topP: topP === undefined ? undefined : Math.min(topP, 1),
      topK: request.topK,
      stopSequences: stopSequences.length === 0 ? undefined : stopSequences.slice(0, stopsMax),
      seed: isSeedFit ? seed : undefined,
      presencePenalty: request.presencePenalty,
      frequencyPenalty: request.frequencyPenalty,
      ...format.fields,
      thinkingConfig: thinking.config,
    },
  }
  return { body: Buffer.from(JSON.stringify(body)), dropped }
}

interface EncodedFormat {
  fields: object
  /** Instructions in place of what the model cannot be held to. */
  hints: string[]
}

const jsonHint = 'Answer with one JSON value and nothing else: no other words, no code fences.'

function encodeFormat({ responseFormat, tools }: ChatRequest, traits: ModelTraits): EncodedFormat {
  if (responseFormat === undefined) return { fields: {}, hints: [] }
  const schema = responseFormat.type === 'json-schema' ? responseFormat.schema : undefined
  const schemaHint = `It must fit this JSON schema:\n${JSON.stringify(schema)}`
  const hint = schema === undefined ? jsonHint : `${jsonHint} ${schemaHint}`
  // "Function calling with a response mime type … is unsupported" before the models with levels.
  if (tools.length > 0 && traits.reasoning !== 'level') return { fields: {}, hints: [hint] }
  const json = { responseMimeType: 'application/json' }
  if (schema === undefined) return { fields: json, hints: [] }
  if (!traits.takesSchema) return { fields: json, hints: [schemaHint] }
  return { fields: { ...json, responseJsonSchema: answerSchema(schema) }, hints: [] }
}
