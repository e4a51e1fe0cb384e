// The wire's own schemas, a subset of OpenAPI 3.0 (Gemini API reference, "Schema"), as the JSON Schema that other wires take:
// types in lower case, `nullable` as a type, counts as numbers. What is JSON Schema already stays as it is.
import { invalidField, readRecord } from '../request-fields.ts'
import { camelCase, numericOf } from './proto-json.ts'

export type JsonSchema = Record<string, unknown>

/** Deeper schemas are mistakes; every level here is one call. */
const depthMax = 64
const counts: ReadonlySet<string> = new Set(
  'minItems maxItems minLength maxLength minProperties maxProperties minimum maximum'.split(' '),
)

const ownTypes = /"type":"(?:OBJECT|ARRAY|STRING|INTEGER|NUMBER|BOOLEAN)"/

/**
 * What stands in a field for JSON Schema. Clients put schemas of either kind there (the vendor takes both), and types in
 * capitals give the wire's own away.
 */
export function schemaOfEitherKind(value: unknown, path: string): JsonSchema {
  const schema = readRecord(value, path)
  return ownTypes.test(JSON.stringify(schema)) ? jsonSchemaOf(schema, path) : schema
}

export function jsonSchemaOf(value: unknown, path: string, depth = 0): JsonSchema {
  if (depth > depthMax) throw invalidField(path, 'is nested too deeply')
  const schema: JsonSchema = {}
  let isNullable = false
  for (const [key, member] of Object.entries(readRecord(value, path))) {
    const name = camelCase(key)
    if (member === null || name === '__proto__') continue
    if (name === 'nullable') isNullable = member === true
    else put(schema, name, member, path, depth)
  }
  return isNullable ? orNull(schema) : schema
}

function put(schema: JsonSchema, name: string, member: unknown, path: string, depth: number): void {
  const inner = (entry: unknown, at: string) =>
    typeof entry === 'boolean' ? entry : jsonSchemaOf(entry, `${path}.${at}`, depth + 1)
  switch (name) {
    case 'type':
      schema[name] = Array.isArray(member) ? member.map(lowered) : lowered(member)
      return
    // That format says nothing beyond that there is an `enum`.
    case 'format':
      if (member !== 'enum') schema[name] = member
      return
    // The order is that of the properties.
    case 'propertyOrdering':
      return
    case 'example':
      schema['examples'] = [member]
      return
    case 'items':
    case 'additionalProperties':
      schema[name] = inner(member, name)
      return
    case 'properties':
    case '$defs':
      schema[name] = mapMembers(readRecord(member, `${path}.${name}`), (entry, key) => inner(entry, `${name}.${key}`))
      return
    case 'anyOf':
    case 'oneOf':
    case 'prefixItems':
      schema[name] = listOf(member).map((entry, index) => inner(entry, `${name}[${index}]`))
      return
    default:
      schema[name] = counts.has(name) ? numericOf(member) : member
  }
}

function lowered(type: unknown): unknown {
  return typeof type === 'string' ? type.toLowerCase() : type
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value]
}

/** `Object.fromEntries` keeps a property named `__proto__` a property. */
function mapMembers(record: JsonSchema, map: (value: unknown, key: string) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]))
}

function orNull(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] }
  const valuesOrNull = Array.isArray(values) ? { enum: [...(values as unknown[]), null] } : {}
  return { ...schema, type: [type, 'null'], ...valuesOrNull }
}
