// The rules of the fields that steer an answer: thinking, effort, output format, sampling, stop sequences, and how they
// exclude each other ("Extended thinking", "Adaptive thinking", "Effort" and "Structured outputs" guides).
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'
import type { Problem } from '../problem.ts'
import type { MessagesTerms, ModelRules } from './dialect.ts'
import { firstProblem, invalid, notOneOf, notPermitted, required, wrongType } from './refusal.ts'

const BUDGET_TOKENS_MIN = 1024
const SAMPLING_FIELDS = ['temperature', 'top_p', 'top_k'] as const
const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max']
const GUIDE = 'Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking'

export function findSteeringProblem(request: JsonRecord, rules: ModelRules, terms: MessagesTerms): Problem | null {
  return (
    findSamplingProblem(request, rules, terms) ??
    findThinkingProblem(request, rules) ??
    findThinkingConflict(request, rules) ??
    findOutputProblem(request['output_config'] ?? null, rules) ??
    findStopProblem(request['stop_sequences'] ?? null)
  )
}

/** Whether the request says that the model shall think; null when it leaves that to the model. */
export function thinkingWanted(request: JsonRecord): boolean | null {
  const { thinking } = request
  if (!isRecord(thinking)) return null
  return thinking['type'] === 'enabled' || thinking['type'] === 'adaptive'
}

function findSamplingProblem(request: JsonRecord, rules: ModelRules, terms: MessagesTerms): Problem | null {
  const given = SAMPLING_FIELDS.filter((field) => (request[field] ?? null) !== null)
  const first = given[0]
  if (first === undefined) return null
  if (terms.isNewer) return notPermitted(first)
  const wrong = firstProblem(given, (field) => {
    const value = request[field]
    if (typeof value !== 'number') return wrongType(field, 'number')
    if (value < 0) return invalid(`${field}: Input should be greater than or equal to 0`)
    if (field !== 'top_k' && value > 1) return invalid(`${field}: Input should be less than or equal to 1`)
    // The default may be spelt out also where nothing else is accepted.
    if (!rules.sampling && (field === 'top_k' || value !== 1)) {
      return invalid(`\`${field}\` is deprecated for this model.`)
    }
    return null
  })
  if (wrong !== null) return wrong
  if (rules.samplingIsExclusive && given.includes('temperature') && given.includes('top_p')) {
    return invalid('`temperature` and `top_p` cannot both be specified for this model. Please use only one.')
  }
  return null
}

function findThinkingProblem(request: JsonRecord, rules: ModelRules): Problem | null {
  const thinking = request['thinking'] ?? null
  if (thinking === null || rules.ignoresThinking === true) return null
  if (!isRecord(thinking)) return wrongType('thinking', 'dictionary')
  const { type, budget_tokens: budget } = thinking
  if (type === undefined) return required('thinking.type')
  if (type !== 'enabled' && type !== 'adaptive' && type !== 'disabled' && type !== 'between_tools') {
    return notOneOf('thinking.type', ['enabled', 'disabled', 'adaptive', 'between_tools'])
  }
  if (!rules.thinking.has(type)) return unsupportedThinking(type, rules)
  if (type !== 'enabled') return budget === undefined ? null : notPermitted(`thinking.${type}.budget_tokens`)
  if (budget === undefined) return required('thinking.enabled.budget_tokens')
  if (typeof budget !== 'number' || !Number.isInteger(budget)) {
    return wrongType('thinking.enabled.budget_tokens', 'integer')
  }
  if (budget < BUDGET_TOKENS_MIN) {
    return invalid(`thinking.enabled.budget_tokens: Input should be greater than or equal to ${BUDGET_TOKENS_MIN}`)
  }
  const cap = request['max_tokens']
  // Counting tokens has no cap to compare with.
  if (typeof cap !== 'number' || budget < cap) return null
  return invalid(
    `\`max_tokens\` must be greater than \`thinking.budget_tokens\`. ${GUIDE}#max-tokens-and-context-window-size`,
  )
}

function unsupportedThinking(type: string, rules: ModelRules): Problem {
  if (type === 'enabled' && rules.thinking.has('adaptive')) {
    return invalid(
      '"thinking.type.enabled" is not supported for this model. ' +
        'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    )
  }
  if (type === 'adaptive') return invalid('adaptive thinking is not supported on this model')
  return invalid(`"thinking.type.${type}" is not supported for this model.`)
}

function findThinkingConflict(request: JsonRecord, rules: ModelRules): Problem | null {
  if (thinkingWanted(request) !== true || rules.ignoresThinking === true) return null
  const { temperature = null, top_p: topP = null, top_k: topK = null, tool_choice: choice } = request
  if (temperature !== null && temperature !== 1) {
    return invalid(`\`temperature\` may only be set to 1 when thinking is enabled. ${GUIDE}#important-considerations`)
  }
  if (topK !== null) return invalid(`\`top_k\` must be unset when thinking is enabled. ${GUIDE}`)
  if (typeof topP === 'number' && topP < 0.95) {
    return invalid(`\`top_p\` must be greater than or equal to 0.95 or unset when thinking is enabled. ${GUIDE}`)
  }
  if (isRecord(choice) && (choice['type'] === 'any' || choice['type'] === 'tool')) {
    return invalid('Thinking may not be enabled when tool_choice forces tool use.')
  }
  return null
}

function findOutputProblem(config: unknown, rules: ModelRules): Problem | null {
  if (config === null) return null
  if (!isRecord(config)) return wrongType('output_config', 'dictionary')
  const effort = config['effort'] ?? null
  if (effort !== null) {
    if (typeof effort !== 'string' || !EFFORTS.includes(effort)) return notOneOf('output_config.effort', EFFORTS)
    if (rules.efforts.size === 0) return invalid('This model does not support the effort parameter.')
    if (!rules.efforts.has(effort)) {
      return invalid(`output_config.effort: '${effort}' is not supported by this model.`)
    }
  }
  const format = config['format'] ?? null
  if (format === null) return null
  if (!isRecord(format)) return wrongType('output_config.format', 'dictionary')
  if (format['type'] !== 'json_schema') return notOneOf('output_config.format.type', ['json_schema'])
  if (!isRecord(format['schema'])) return required('output_config.format.schema')
  if (!rules.structuredOutput) return invalid('output_config.format: This model does not support output format.')
  return findOpenObject(format['schema'], 'output_config.format.schema')
}

/** Structured output insists on closed objects, at every depth ("JSON Schema limitations"). */
function findOpenObject(schema: unknown, place: string): Problem | null {
  if (Array.isArray(schema)) return firstProblem(schema, (item) => findOpenObject(item, place))
  if (!isRecord(schema)) return null
  if (schema['type'] === 'object' && schema['additionalProperties'] !== false) {
    return invalid(`${place}: For 'object' type, 'additionalProperties' must be explicitly set to false`)
  }
  const maps = ['properties', '$defs', 'definitions'].flatMap((name) =>
    isRecord(schema[name]) ? Object.values(schema[name]) : [],
  )
  return findOpenObject([...maps, schema['items'], schema['anyOf'], schema['allOf']], place)
}

function findStopProblem(stops: unknown): Problem | null {
  if (stops === null) return null
  if (!Array.isArray(stops)) return wrongType('stop_sequences', 'list')
  return firstProblem(stops, (stop: unknown, index) => {
    if (typeof stop !== 'string') return wrongType(`stop_sequences.${index}`, 'string')
    return stop.trim() === '' ? invalid('stop_sequences: each stop sequence must contain non-whitespace') : null
  })
}
