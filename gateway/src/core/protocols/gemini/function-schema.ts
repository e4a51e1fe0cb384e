// Schemas of functions and answers as this wire takes JSON Schema (Gemini API reference, `responseJsonSchema`, which lists the
// keywords): what is not among them is left out or said in other words, since some of it is refused.
import { asRecord } from '../lenient-json.ts'

export type JsonSchema = Record<string, unknown>

/** Of the JSON Schema list, and of the wire's own Schema, whose keywords are known here too. */
const kept: ReadonlySet<string> = new Set([
  ...'$id $ref $anchor type format title description minItems maxItems minimum maximum required'.split(' '),
  ...'propertyOrdering minLength maxLength minProperties maxProperties pattern default'.split(' '),
])
/** Bounds every walk, whatever a client sends. */
const depthMax = 64

export function functionSchema(schema: JsonSchema): JsonSchema {
  const cleaned = clean(schema, 0)
  // A function takes an object. One of several shapes is an object all the same.
  return 'type' in cleaned || '$ref' in cleaned ? cleaned : { type: 'object', ...cleaned }
}

export function answerSchema(schema: JsonSchema): JsonSchema {
  return clean(schema, 0)
}

function clean(schema: JsonSchema, depth: number): JsonSchema {
  const cleaned: JsonSchema = {}
  if (depth > depthMax) return cleaned
  for (const [name, value] of Object.entries(schema)) put(cleaned, name, value, depth + 1)
  // "If $ref is set on a sub-schema, no other properties, except for those starting as a $, may be set."
  if (typeof cleaned['$ref'] !== 'string') return cleaned
  return Object.fromEntries(Object.entries(cleaned).filter(([name]) => name.startsWith('$')))
}

function put(cleaned: JsonSchema, name: string, value: unknown, depth: number): void {
  switch (name) {
    case 'properties':
    case '$defs':
    case 'definitions':
      cleaned[name === 'definitions' ? '$defs' : name] = cleanMembers(value, depth)
      return
    case 'items':
    case 'additionalProperties':
      cleaned[name] = typeof value === 'boolean' && name !== 'items' ? value : cleanAny(value, depth)
      return
    case 'anyOf':
    case 'oneOf':
    case 'prefixItems':
      if (Array.isArray(value)) cleaned[name] = value.map((entry) => cleanAny(entry, depth))
      return
    case 'allOf':
      if (Array.isArray(value)) merge(cleaned, value, depth)
      return
    case 'enum':
      if (Array.isArray(value)) putEnum(cleaned, value)
      return
    case 'const':
      putEnum(cleaned, [value])
      return
    case '$ref':
      cleaned[name] = typeof value === 'string' ? value.replace('#/definitions/', '#/$defs/') : value
      return
    default:
      if (kept.has(name)) cleaned[name] = value
  }
}

/** `true` and `{}` allow anything. */
function cleanAny(value: unknown, depth: number): JsonSchema {
  const schema = asRecord(value)
  return schema === undefined ? {} : clean(schema, depth)
}

function cleanMembers(value: unknown, depth: number): JsonSchema {
  return Object.fromEntries(
    Object.entries(asRecord(value) ?? {}).map(([name, member]) => [name, cleanAny(member, depth)]),
  )
}

/** Texts and numbers only; a list that holds anything else says less than it seems, and is left out. */
function putEnum(cleaned: JsonSchema, values: readonly unknown[]): void {
  const plain = values.filter((value) => typeof value === 'string' || typeof value === 'number')
  if (plain.length === values.filter((value) => value !== null).length && plain.length > 0) cleaned['enum'] = plain
}

/** All of several schemas as one: their properties and what they require together; of other keywords the first stands. */
function merge(cleaned: JsonSchema, branches: readonly unknown[], depth: number): void {
  for (const branch of branches.map((entry) => cleanAny(entry, depth))) {
    const { properties, required, ...rest } = branch
    if (properties !== undefined)
      cleaned['properties'] = { ...asRecord(cleaned['properties']), ...asRecord(properties) }
    if (Array.isArray(required)) {
      const before = Array.isArray(cleaned['required']) ? (cleaned['required'] as unknown[]) : []
      cleaned['required'] = [...new Set([...before, ...(required as unknown[])])]
    }
    for (const [name, value] of Object.entries(rest)) cleaned[name] ??= value
  }
}
