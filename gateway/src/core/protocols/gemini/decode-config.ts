// `generationConfig` of a generateContent request → canonical (Gemini API reference, "GenerationConfig" and "ThinkingConfig").
import { efforts, type ChatRequest, type Effort, type ReasoningRequest, type ResponseFormat } from '../chat.ts'
import {
  invalidField,
  members,
  nameRest,
  notTranslatable,
  outputTokensMax,
  readCount,
  readFlag,
  type FieldHandling,
  type RequestBody,
} from '../request-fields.ts'
import { candidatesMax } from './inspect-request.ts'
import { jsonSchemaOf, schemaOfEitherKind } from './open-api-schema.ts'
import { numericOf, readNumeric, readOptionalMessage, readTexts, readWord, restOfMessage } from './proto-json.ts'

const root = 'generationConfig'

const readFields: ReadonlySet<string> = new Set([
  ...'candidateCount stopSequences maxOutputTokens temperature topP topK seed presencePenalty'.split(' '),
  ...'frequencyPenalty responseMimeType responseSchema responseJsonSchema _responseJsonSchema'.split(' '),
  ...'responseModalities responseLogprobs logprobs thinkingConfig'.split(' '),
])

const knownFields: Readonly<Record<string, FieldHandling>> = {
  // Answers that are spoken, drawn or laid out.
  speechConfig: 'refused',
  imageConfig: 'refused',
  audioTranscriptionConfig: 'refused',
  translationConfig: 'refused',
  responseFormat: 'refused',
  // Which of the vendor's models answers.
  modelSelectionConfig: 'ignored',
  routingConfig: 'ignored',
}

type ConfigPart = Omit<ChatRequest, 'model' | 'system' | 'messages' | 'tools' | 'toolChoice' | 'stream' | 'userId'>

export function decodeConfig(value: unknown, dropped: string[]): ConfigPart {
  const config = readOptionalMessage(value, root) ?? {}
  refuseOtherAnswers(config)
  for (const field of restOfMessage(config, `${root}.`, readFields, knownFields)) dropped.push(field)
  const number = (name: string) => readNumeric(config[name], `${root}.${name}`)
  const maximum = { maxOutputTokens: numericOf(config['maxOutputTokens']) }
  return {
    parallelToolCalls: undefined,
    maxOutputTokens: readCount(maximum, 'maxOutputTokens', outputTokensMax),
    temperature: number('temperature'),
    topP: number('topP'),
    topK: number('topK'),
    stopSequences: readTexts(config['stopSequences'], `${root}.stopSequences`).filter((sequence) => sequence !== ''),
    seed: number('seed'),
    presencePenalty: number('presencePenalty'),
    frequencyPenalty: number('frequencyPenalty'),
    reasoning: decodeThinking(config['thinkingConfig'], dropped),
    responseFormat: decodeFormat(config),
  }
}

/** Answers of another kind, or more of them, than a canonical answer can hold. */
function refuseOtherAnswers(config: RequestBody): void {
  const count = readCount({ candidateCount: numericOf(config['candidateCount']) }, 'candidateCount', candidatesMax) ?? 1
  if (count > 1) throw notTranslatable(`${root}.candidateCount`, '"candidateCount" must be 1: one answer can be had.')
  const modalities = readTexts(config['responseModalities'], `${root}.responseModalities`)
  if (modalities.some((modality) => !['TEXT', 'MODALITY_UNSPECIFIED'].includes(modality.toUpperCase()))) {
    throw notTranslatable(`${root}.responseModalities`)
  }
  if (readFlag(config['responseLogprobs'], `${root}.responseLogprobs`) === true) {
    throw notTranslatable(`${root}.responseLogprobs`)
  }
}

function decodeFormat(config: RequestBody): ResponseFormat | undefined {
  const mimeType = config['responseMimeType'] ?? 'text/plain'
  const format = schemaFormat(config)
  if (mimeType === 'application/json') return format ?? { type: 'json' }
  if (mimeType !== 'text/plain') throw notTranslatable(`${root}.responseMimeType`)
  if (format === undefined) return undefined
  throw invalidField(`${root}.responseMimeType`, 'must be application/json where there is a schema')
}

/** The vendor always holds answers to the schema. */
function schemaFormat(config: RequestBody): ResponseFormat | undefined {
  const { responseSchema, responseJsonSchema, _responseJsonSchema: older } = config
  const json = responseJsonSchema ?? older
  if (responseSchema !== undefined && json !== undefined) {
    throw invalidField(`${root}.responseSchema`, 'and "responseJsonSchema" exclude each other')
  }
  if (json !== undefined) {
    const schema = schemaOfEitherKind(json, `${root}.responseJsonSchema`)
    return { type: 'json-schema', name: 'answer', schema, strict: true }
  }
  if (responseSchema === undefined) return undefined
  const schema = jsonSchemaOf(responseSchema, `${root}.responseSchema`)
  return { type: 'json-schema', name: 'answer', schema, strict: true }
}

const thinkingPath = `${root}.thinkingConfig`
const thinkingFields = members('includeThoughts thinkingLevel thinkingBudget')

/** A budget of 0 switches thinking off; -1 leaves it to the model. */
function decodeThinking(value: unknown, dropped: string[]): ReasoningRequest | undefined {
  const config = readOptionalMessage(value, thinkingPath)
  if (config === undefined) return undefined
  nameRest(config, thinkingPath, thinkingFields, dropped)
  const isShown = readFlag(config['includeThoughts'], `${thinkingPath}.includeThoughts`) ?? false
  const effort = readLevel(config['thinkingLevel'])
  const budget = readNumeric(config['thinkingBudget'], `${thinkingPath}.thinkingBudget`)
  if (budget !== undefined && (!Number.isInteger(budget) || budget < -1)) {
    throw invalidField(`${thinkingPath}.thinkingBudget`, 'must be a whole number, or -1')
  }
  if (budget === 0) return { effort: 'none', budgetTokens: undefined, isShown: false }
  if (effort === undefined && budget === undefined && !isShown) return undefined
  return { effort, budgetTokens: budget === -1 ? undefined : budget, isShown }
}

function readLevel(value: unknown): Effort | undefined {
  const word = readWord(value, `${thinkingPath}.thinkingLevel`)?.toLowerCase()
  if (word === undefined || word === 'thinking_level_unspecified') return undefined
  const effort = efforts.find((name) => name === word)
  if (effort !== undefined && effort !== 'none') return effort
  throw invalidField(`${thinkingPath}.thinkingLevel`, 'must be MINIMAL, LOW, MEDIUM, HIGH or XHIGH')
}
