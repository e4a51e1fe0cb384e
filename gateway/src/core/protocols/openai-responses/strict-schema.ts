// Whether a schema can be held to: this wire's vendor takes as strict only schemas in which every object is closed and demands all
// that it names (OpenAI guide "Structured Outputs", "Supported schemas"). Schemas that other vendors hold to need not be so, and
// would be refused.
import { asRecord, asRecords, type JsonRecord } from '../lenient-json.ts'

/** "Up to 10 levels of nesting": what nests deeper, or refers to itself by copies, is no schema that is held to. */
const depthMax = 10

export function isStrictSchema(schema: JsonRecord): boolean {
  return schema['type'] === 'object' && fits(schema, 0)
}

function fits(schema: JsonRecord, depth: number): boolean {
  if (depth > depthMax || 'oneOf' in schema || 'allOf' in schema) return false
  const properties = asRecord(schema['properties'])
  const { type } = schema
  const isObject = properties !== undefined || type === 'object' || (Array.isArray(type) && type.includes('object'))
  if (isObject && !isClosed(schema, Object.keys(properties ?? {}))) return false
  const named = [properties, asRecord(schema['$defs']), asRecord(schema['definitions'])]
  const inner = [...named.flatMap((map) => Object.values(map ?? {})), schema['items']]
  return [...asRecords(inner), ...asRecords(schema['anyOf'])].every((part) => fits(part, depth + 1))
}

function isClosed({ required, additionalProperties }: JsonRecord, names: readonly string[]): boolean {
  const demanded = new Set<unknown>(Array.isArray(required) ? required : [])
  return additionalProperties === false && names.every((name) => demanded.has(name))
}
