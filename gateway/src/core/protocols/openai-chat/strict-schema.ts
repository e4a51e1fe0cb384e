// Whether a JSON schema can be held to as this wire means it: every object closed, and every property of it required (OpenAI guide
// "Structured Outputs", "Supported schemas"). Schemas that other vendors hold to need not be so strict, and would be refused.
import { asRecord, asRecords, type JsonRecord } from '../lenient-json.ts'

/** Deeper than any schema that the vendor accepts ("up to 10 levels of nesting"). */
const depthMax = 20

export function fitsStrict(schema: JsonRecord, depth = 0): boolean {
  if (depth > depthMax || schema['oneOf'] !== undefined || schema['allOf'] !== undefined) return false
  return isClosed(schema) && innerSchemas(schema).every((inner) => fitsStrict(inner, depth + 1))
}

function isClosed({ type, properties, required, additionalProperties }: JsonRecord): boolean {
  const named = asRecord(properties)
  const isObject = type === 'object' || (Array.isArray(type) && type.includes('object')) || named !== undefined
  if (!isObject) return true
  const demanded = new Set<unknown>(Array.isArray(required) ? required : [])
  return additionalProperties === false && Object.keys(named ?? {}).every((name) => demanded.has(name))
}

function innerSchemas(schema: JsonRecord): JsonRecord[] {
  const maps = ['properties', '$defs', 'definitions'].map((word) => Object.values(asRecord(schema[word]) ?? {}))
  return [...asRecords(maps.flat()), ...asRecords(schema['anyOf']), ...asRecords([schema['items']])]
}
