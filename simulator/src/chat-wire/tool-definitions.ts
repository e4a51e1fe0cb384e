// Tools on offer as the wires of OpenAI define them: functions with a JSON Schema and custom tools that take free text.
// Checks what the API checks before any model sees them: names, schemas, and what `strict` demands of a schema.
import type { JsonRecord } from '../json.ts'
import { asText, isRecord } from '../json.ts'
import type { Problem } from '../problem.ts'
import type { Complaints } from './complaints.ts'

/** OpenAI API reference, `tools[].function.name`. */
const NAME_LENGTH_MAX = 64

export function findFunctionProblem(definition: JsonRecord, place: string, complaints: Complaints): Problem | null {
  const { name, parameters, strict } = definition
  if (name === undefined) return complaints.missing(`${place}.name`)
  if (typeof name !== 'string') return complaints.wrongType(`${place}.name`, 'a string', name)
  if (name.length > NAME_LENGTH_MAX) {
    const message =
      `Invalid '${place}.name': string too long. Expected a string with maximum length ${NAME_LENGTH_MAX}, ` +
      `but got a string with length ${name.length} instead.`
    return complaints.unfit(`${place}.name`, message, 'string_above_max_length')
  }
  if (!/^[\w-]+$/.test(name)) {
    const message =
      `Invalid '${place}.name': string does not match pattern. ` +
      `Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`
    return complaints.unfit(`${place}.name`, message, 'invalid_value')
  }
  if (parameters === undefined || parameters === null) return null
  if (!isRecord(parameters)) return complaints.wrongType(`${place}.parameters`, 'an object', parameters)
  const flaw = findRootFlaw(parameters) ?? (strict === true ? findStrictFlaw(parameters, []) : null)
  if (flaw === null) return null
  const message = `Invalid schema for function '${name}': ${flaw}`
  return complaints.unfit(`${place}.parameters`, message, 'invalid_function_parameters')
}

export function findFormatProblem(
  schema: JsonRecord,
  name: unknown,
  strict: unknown,
  place: string,
  complaints: Complaints,
): Problem | null {
  const flaw = strict === true ? (findRootFlaw(schema) ?? findStrictFlaw(schema, [])) : null
  if (flaw === null) return null
  return complaints.unfit(place, `Invalid schema for response_format '${String(name)}': ${flaw}`, 'invalid_json_schema')
}

function findRootFlaw(schema: JsonRecord): string | null {
  if (Object.keys(schema).length === 0 || schema['type'] === 'object' || schema['$ref'] !== undefined) return null
  const shown = schema['type'] === undefined ? 'None' : asText(schema['type'])
  return `schema must be a JSON Schema of 'type: "object"', got 'type: "${shown}"'.`
}

/** Structured Outputs guide: every object closed, and every property of it required. */
function findStrictFlaw(schema: unknown, path: readonly string[]): string | null {
  if (!isRecord(schema)) return null
  const context = `In context=(${path.map((step) => `'${step}'`).join(', ')}${path.length === 1 ? ',' : ''})`
  const properties = isRecord(schema['properties']) ? schema['properties'] : null
  if (schema['type'] === 'object' || properties !== null) {
    if (schema['additionalProperties'] !== false) {
      return `${context}, 'additionalProperties' is required to be supplied and to be false.`
    }
    const required: unknown[] = Array.isArray(schema['required']) ? schema['required'] : []
    const missing = Object.keys(properties ?? {}).find((name) => !required.includes(name))
    if (missing !== undefined) {
      const demand = `'required' is required to be supplied and to be an array including every key in properties.`
      return `${context}, ${demand} Missing '${missing}'.`
    }
  }
  return findNestedFlaw(schema, properties ?? {}, path)
}

function findNestedFlaw(schema: JsonRecord, properties: JsonRecord, path: readonly string[]): string | null {
  for (const [name, property] of Object.entries(properties)) {
    const flaw = findStrictFlaw(property, [...path, 'properties', name])
    if (flaw !== null) return flaw
  }
  for (const name of ['$defs', 'definitions']) {
    for (const [key, definition] of Object.entries(isRecord(schema[name]) ? schema[name] : {})) {
      const flaw = findStrictFlaw(definition, [...path, name, key])
      if (flaw !== null) return flaw
    }
  }
  const branches: unknown[] = Array.isArray(schema['anyOf']) ? schema['anyOf'] : []
  for (const [index, branch] of branches.entries()) {
    const flaw = findStrictFlaw(branch, [...path, 'anyOf', String(index)])
    if (flaw !== null) return flaw
  }
  return schema['items'] === undefined ? null : findStrictFlaw(schema['items'], [...path, 'items'])
}
