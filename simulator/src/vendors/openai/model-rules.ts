// What OpenAI's models refuse that the wire allows: parameters a reasoning model does not take, efforts it does not
// know, tools beside reasoning on Chat Completions. Messages as the API words them.
import type { JsonRecord } from '../../json.ts'
import type { Problem } from '../../problem.ts'
import { abilitiesOf } from './models.ts'

/** Sampling parameters and the only value a reasoning model takes for them. */
const DEFAULTS: readonly [field: string, value: unknown][] = [
  ['temperature', 1],
  ['top_p', 1],
  ['presence_penalty', 0],
  ['frequency_penalty', 0],
]

export function findChatModelProblem(request: JsonRecord): Problem | null {
  const model = String(request['model'])
  const { purpose, responsesOnly, efforts, refusesChatTools } = abilitiesOf(model)
  if (purpose === 'embedding') {
    const message =
      'This is not a chat model and thus not supported in the v1/chat/completions endpoint. ' +
      'Did you mean to use v1/completions?'
    return { kind: 'invalid-request', status: 404, message, param: 'model' }
  }
  if (responsesOnly) {
    const message = 'This model is only supported in v1/responses and not in v1/chat/completions.'
    return { kind: 'invalid-request', status: 404, message, param: 'model' }
  }
  if (isGiven(request['max_tokens']) && isGiven(request['max_completion_tokens'])) {
    const message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
    return { kind: 'invalid-request', message, param: 'max_tokens', code: 'invalid_parameter_combination' }
  }
  const effort = request['reasoning_effort'] ?? null
  if (efforts.length === 0) {
    if (effort === null) return null
    return { kind: 'invalid-request', message: 'Unrecognized request argument supplied: reasoning_effort' }
  }
  const wrongEffort = findEffortProblem(model, effort, 'reasoning_effort')
  if (wrongEffort !== null) return wrongEffort
  if (isGiven(request['max_tokens'])) return unsupported('max_tokens', " Use 'max_completion_tokens' instead.")
  if (refusesChatTools && effortOf(model, effort) !== 'none' && isGiven(request['tools'])) {
    const message =
      `Function tools with reasoning_effort are not supported for ${model} in /v1/chat/completions. ` +
      "To use function tools, use /v1/responses or set reasoning_effort to 'none'."
    return { kind: 'invalid-request', message, param: 'reasoning_effort' }
  }
  return findSamplingProblem(request, effortOf(model, effort))
}

function findSamplingProblem(request: JsonRecord, effort: string): Problem | null {
  if (isGiven(request['stop'])) return unsupported('stop')
  // Models that can be told not to reason take sampling parameters while they do not.
  if (effort === 'none') return null
  for (const [field, only] of DEFAULTS) {
    const value = request[field]
    if (!isGiven(value) || value === only) continue
    if (field !== 'temperature') return unsupported(field)
    const message =
      `Unsupported value: 'temperature' does not support ${JSON.stringify(value)} with this model. ` +
      'Only the default (1) value is supported.'
    return { kind: 'invalid-request', message, param: field, code: 'unsupported_value' }
  }
  return request['logprobs'] === true ? unsupported('logprobs') : null
}

export function findResponsesModelProblem(request: JsonRecord, model: string, effort: unknown): Problem | null {
  const { purpose, efforts } = abilitiesOf(model)
  if (purpose === 'embedding') {
    const message = `The requested model '${model}' cannot be used with the Responses API.`
    return { kind: 'invalid-request', message, param: 'model', code: 'unsupported_model' }
  }
  if (efforts.length === 0) return isGiven(effort) ? unsupported('reasoning.effort') : null
  const problem = findEffortProblem(model, effort, 'reasoning.effort')
  if (problem !== null) return problem
  if (effortOf(model, effort) === 'none') return null
  for (const field of ['temperature', 'top_p']) {
    if (!isGiven(request[field]) || request[field] === 1) continue
    const message = `Unsupported parameter: '${field}' is not supported with this model.`
    return { kind: 'invalid-request', message, param: field }
  }
  return null
}

/** The effort a request gets: its own, else the model's. */
export function effortOf(model: string, effort: unknown): string {
  return typeof effort === 'string' ? effort : abilitiesOf(model).defaultEffort
}

/** For the prompt: absent where the model cannot reason or was told not to. */
export function thinkingOf(model: string, effort: unknown): { wanted: boolean; tokensMax: null } | null {
  if (abilitiesOf(model).efforts.length === 0) return null
  const level = effortOf(model, effort)
  return level === 'none' ? null : { wanted: level !== 'minimal', tokensMax: null }
}

function findEffortProblem(model: string, effort: unknown, field: string): Problem | null {
  const { efforts } = abilitiesOf(model)
  if (!isGiven(effort) || efforts.includes(String(effort))) return null
  const list = efforts.map((name) => `'${name}'`)
  const words = list.length === 1 ? list.join('') : `${list.slice(0, -1).join(', ')}, and ${list.at(-1)}`
  const message =
    `Unsupported value: '${field}' does not support '${String(effort)}' with this model. ` +
    `Supported values are: ${words}.`
  return { kind: 'invalid-request', message, param: field, code: 'unsupported_value' }
}

function unsupported(field: string, hint = ''): Problem {
  const message = `Unsupported parameter: '${field}' is not supported with this model.${hint}`
  return { kind: 'invalid-request', message, param: field, code: 'unsupported_parameter' }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}
