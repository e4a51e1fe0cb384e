// The rules of generationConfig, beyond the types of its fields: ranges, what excludes what, and what the model can do
// (Gemini API reference "GenerationConfig", guides "Gemini thinking" and "Structured outputs").
import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'
import type { Problem } from '../../problem.ts'
import type { GeminiModel } from './models.ts'
import { isThirdGeneration } from './models.ts'
import { findSchemaProblem } from './schema-rules.ts'

const STOPS_MAX = 5
const CANDIDATES_MAX = 8
const MIME_TYPES = ['text/plain', 'application/json', 'text/x.enum']
const CONFIG = '* GenerateContentRequest.generation_config'

export function invalid(message: string): Problem {
  return { kind: 'invalid-request', message }
}

export function findConfigProblem(config: JsonRecord, model: GeminiModel, hasFunctions: boolean): Problem | null {
  const { maxOutputTokens: cap, candidateCount, stopSequences: stops } = config
  if (typeof cap === 'number' && cap < 1) return invalid('max_output_tokens must be positive.')
  if (typeof candidateCount === 'number' && (candidateCount < 1 || candidateCount > CANDIDATES_MAX)) {
    return invalid(
      `Unable to submit request because it has a candidateCount value of ${candidateCount} but the supported range is ` +
        `from 1 (inclusive) to ${CANDIDATES_MAX + 1} (exclusive). Update the value and try again.`,
    )
  }
  if (Array.isArray(stops) && stops.length > STOPS_MAX) {
    return invalid(`${CONFIG}.stop_sequences: at most ${STOPS_MAX} stop sequences are allowed\n`)
  }
  return (
    findRangeProblem(config) ??
    findFormProblem(config, model, hasFunctions) ??
    (isRecord(config['thinkingConfig']) ? findThinkingProblem(config['thinkingConfig'], model) : null)
  )
}

function findRangeProblem(config: JsonRecord): Problem | null {
  const ranges: Record<string, readonly [min: number, max: number]> = {
    temperature: [0, 2],
    topP: [0, 1],
    presencePenalty: [-2, 2],
    frequencyPenalty: [-2, 2],
    logprobs: [0, 20],
  }
  for (const [name, [min, max]] of Object.entries(ranges)) {
    const value = config[name]
    if (typeof value === 'number' && (value < min || value > max)) {
      const field = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
      return invalid(`${CONFIG}.${field}: must be in the range [${min.toFixed(1)}, ${max.toFixed(1)}].\n`)
    }
  }
  const topK = config['topK']
  if (typeof topK === 'number' && topK < 1) return invalid(`${CONFIG}.top_k: must be positive.\n`)
  return typeof config['logprobs'] === 'number' && config['responseLogprobs'] !== true
    ? invalid('logprobs can only be set when response_logprobs is true.')
    : null
}

function findFormProblem(config: JsonRecord, model: GeminiModel, hasFunctions: boolean): Problem | null {
  const { responseMimeType: mimeType = 'text/plain', responseSchema } = config
  if (!MIME_TYPES.includes(String(mimeType))) {
    return invalid(`${CONFIG}.response_mime_type: allowed mimetypes are \`${MIME_TYPES.join('`, `')}\`.\n`)
  }
  const jsonSchema = config['responseJsonSchema'] ?? config['_responseJsonSchema']
  const hasSchema = responseSchema !== undefined || jsonSchema !== undefined
  if (responseSchema !== undefined && jsonSchema !== undefined) {
    return invalid('Only one of response_schema and response_json_schema may be set.')
  }
  if (hasSchema && mimeType === 'text/plain') {
    return invalid(`${CONFIG}.response_schema: response_mime_type must be \`application/json\` or \`text/x.enum\`.\n`)
  }
  if (mimeType !== 'text/plain' && hasFunctions && !isThirdGeneration(model)) {
    return invalid(`Function calling with a response mime type: '${String(mimeType)}' is unsupported`)
  }
  return isRecord(responseSchema) ? findSchemaProblem(responseSchema, `${CONFIG}.response_schema`) : null
}

function findThinkingProblem(config: JsonRecord, model: GeminiModel): Problem | null {
  const { thinkingBudget: budget, thinkingLevel: level, includeThoughts } = config
  if (model.thinking === 'none') {
    return includeThoughts === true || budget !== undefined || level !== undefined
      ? invalid('Thinking is not enabled for this model.')
      : null
  }
  if (budget !== undefined && level !== undefined) {
    return invalid('You can only set only one of thinking budget and thinking level.')
  }
  if (typeof level === 'string' && level !== 'THINKING_LEVEL_UNSPECIFIED') {
    if (model.thinking === 'budget') return invalid('Thinking level is not supported for this model.')
    if (!model.levels.includes(level)) {
      return invalid(`Thinking level ${level} is not supported for this model. Please retry with other thinking level.`)
    }
  }
  return typeof budget === 'number' ? findBudgetProblem(budget, model) : null
}

function findBudgetProblem(budget: number, model: GeminiModel): Problem | null {
  const [min, max] = model.budget
  // -1 lets the model decide.
  if (budget === -1 || (budget >= min && budget <= max)) return null
  if (budget === 0) {
    return model.canStopThinking ? null : invalid('Budget 0 is invalid. This model only works in thinking mode.')
  }
  return invalid(`The thinking budget ${budget} is invalid. Please choose a value between ${min} and ${max}.`)
}
