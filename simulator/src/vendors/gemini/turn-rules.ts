// The rules of a conversation: roles, parts, calls and their responses, and the signatures that the third generation
// wants back (guides "Function calling" and "Thought signatures").
import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'
import type { Problem } from '../../problem.ts'
import { isOwnSignature } from '../../thinking-signature.ts'
import { invalid } from './config-rules.ts'
import type { GeminiModel } from './models.ts'
import { isThirdGeneration } from './models.ts'

const ROLES: readonly unknown[] = [undefined, 'user', 'model', 'function']
/** What the guide offers to those who have lost a signature, or never had one. */
const SENTINELS = ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go']
const DATA_FIELDS = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
]

export function partsOf(content: unknown): JsonRecord[] {
  return isRecord(content) && Array.isArray(content['parts']) ? content['parts'].filter(isRecord) : []
}

function has(field: string): (part: JsonRecord) => boolean {
  return (part) => part[field] !== undefined
}

/** `contents` as read by proto-json.ts: camelCase, types right. */
export function findContentsProblem(contents: readonly JsonRecord[], model: GeminiModel): Problem | null {
  for (const [index, content] of contents.entries()) {
    const problem = findContentProblem(content, `* GenerateContentRequest.contents[${index}]`)
    if (problem !== null) return problem
  }
  const turns = turnsOf(contents)
  return findCallProblem(turns) ?? (isThirdGeneration(model) ? findSignatureProblem(turns) : null)
}

function findContentProblem(content: JsonRecord, place: string): Problem | null {
  const { role } = content
  if (!ROLES.includes(role)) return invalid('Please use a valid role: user, model.')
  const parts = partsOf(content)
  if (parts.length === 0) return invalid(`${place}.parts: contents.parts must not be empty.\n`)
  for (const [index, part] of parts.entries()) {
    const problem = findPartProblem(part, role, `${place}.parts[${index}]`)
    if (problem !== null) return problem
  }
  return null
}

function findPartProblem(part: JsonRecord, role: unknown, place: string): Problem | null {
  const data = DATA_FIELDS.filter((field) => part[field] !== undefined)
  if (data.length > 1) {
    return invalid(`${place}.data: Cannot set ${data.length} fields of a oneof: ${data.join(', ')}\n`)
  }
  if (data.length === 0 && part['thoughtSignature'] === undefined) {
    return invalid(`${place}.data: required oneof field 'data' must have one initialized field\n`)
  }
  const { functionCall: call, functionResponse: response, inlineData: inline, fileData: file } = part
  if (isRecord(call)) {
    if (typeof call['name'] !== 'string' || call['name'] === '') {
      return invalid(`${place}.function_call.name: Name cannot be empty.\n`)
    }
    if (call['args'] !== undefined && !isRecord(call['args'])) {
      return invalid(
        `Invalid value at '${place.slice(2)}.function_call.args' (type.googleapis.com/google.protobuf.Struct)`,
      )
    }
    if (role !== 'model') return invalid('Please ensure that function call parts are in a turn of role model.')
  }
  if (isRecord(response)) {
    if (typeof response['name'] !== 'string' || response['name'] === '') {
      return invalid(`${place}.function_response.name: Name cannot be empty.\n`)
    }
    if (response['response'] !== undefined && !isRecord(response['response'])) {
      return invalid(
        `Invalid value at '${place.slice(2)}.function_response.response' (type.googleapis.com/google.protobuf.Struct), ` +
          JSON.stringify(response['response']),
      )
    }
  }
  if (isRecord(inline) && typeof inline['mimeType'] !== 'string') {
    return invalid(`${place}.inline_data.mime_type: must not be empty.\n`)
  }
  if (isRecord(file) && typeof file['fileUri'] !== 'string')
    return invalid(`${place}.file_data.file_uri: must not be empty.\n`)
  return null
}

interface Turn {
  isModel: boolean
  parts: JsonRecord[]
  /** Place of its first content in the request. */
  index: number
}

/** Contents of the model in a row are one turn: clients that stream keep every chunk as a content of its own. */
function turnsOf(contents: readonly JsonRecord[]): Turn[] {
  const turns: Turn[] = []
  for (const [index, content] of contents.entries()) {
    const isModel = content['role'] === 'model'
    const last = turns.at(-1)
    if (isModel && last?.isModel === true) last.parts.push(...partsOf(content))
    else turns.push({ isModel, parts: partsOf(content), index })
  }
  return turns
}

function findCallProblem(turns: readonly Turn[]): Problem | null {
  for (const [index, { isModel, parts }] of turns.entries()) {
    const responses = parts.filter(has('functionResponse')).length
    const before = turns[index - 1]
    if (isModel && before === undefined && parts.some(has('functionCall'))) {
      return invalid(
        'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
      )
    }
    const asked = before?.parts.filter(has('functionCall')).length ?? 0
    if (responses > 0 && asked === 0) {
      return invalid('Please ensure that function response turn comes immediately after a function call turn.')
    }
    if (asked > 0 && responses !== asked) {
      return invalid(
        'Please ensure that the number of function response parts is equal to the number of function call parts of ' +
          'the function call turn.',
      )
    }
  }
  return null
}

/**
 * Of the calls that one answer made, the first carries a signature. Only those since the user last spoke are insisted
 * on; a signature that is there must be one that was given.
 */
function findSignatureProblem(turns: readonly Turn[]): Problem | null {
  const start = turns.findLastIndex(({ isModel, parts }) => !isModel && !parts.some(has('functionResponse')))
  for (const [at, { parts, index }] of turns.entries()) {
    const first = parts.find(has('functionCall'))
    const call = first?.['functionCall']
    if (at > start && isRecord(call) && first?.['thoughtSignature'] === undefined) {
      return invalid(
        'Function call is missing a thought_signature in functionCall parts. This is required for tools to work ' +
          'correctly, and missing thought_signature may lead to degraded model performance. Additional data, function ' +
          `call \`default_api:${String(call['name'])}\` , position ${index + 1}. Please refer to ` +
          'https://ai.google.dev/gemini-api/docs/thought-signatures for more details.',
      )
    }
    const signatures = parts.flatMap(({ thoughtSignature }) => thoughtSignature ?? [])
    if (!signatures.every((signature) => isKnown(signature as string))) return invalid('Corrupted thought signature.')
  }
  return null
}

function isKnown(signature: string): boolean {
  // SDKs with a type for bytes send a sentinel encoded, others as it stands.
  const decoded = Buffer.from(signature, 'base64').toString('utf8')
  return SENTINELS.includes(signature) || SENTINELS.includes(decoded) || isOwnSignature(signature, null)
}
