// A JSON schema as the vendor's structured output and strict tools accept it: objects closed at every depth, and of the keywords
// that it refuses only the words left, in the description (Anthropic "Structured outputs", "JSON Schema limitations").
import { asRecord, asRecords, type JsonRecord } from '../lenient-json.ts'

/** Keywords whose value is one schema, a list of schemas, or schemas by name. */
const nested = new Set(['items'])
const lists = new Set(['anyOf', 'allOf'])
const maps = new Set(['properties', '$defs', 'definitions'])

const refused = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'patternProperties',
  'propertyNames',
  'if',
  'then',
  'else',
  'not',
])
/** The formats of strings that the vendor's own client lets through. */
const formats: ReadonlySet<unknown> = new Set(
  'date-time time date duration email hostname uri ipv4 ipv6 uuid'.split(' '),
)
/** `minItems` may be 0 or 1. */
const minItemsMax = 1

export function closeSchema(schema: JsonRecord): JsonRecord {
  const closed: JsonRecord = {}
  const lost: JsonRecord = {}
  for (const [keyword, value] of Object.entries(schema)) {
    // It names the dialect and constrains nothing.
    if (keyword === '$schema') continue
    if (isRefused(keyword, value)) lost[keyword] = value
    // One of several and any of several are told apart by no model.
    else if (keyword === 'oneOf') closed['anyOf'] = asRecords(value).map(closeSchema)
    else closed[keyword] = closeValue(keyword, value)
  }
  if (isObject(schema)) closed['additionalProperties'] = false
  if (Object.keys(lost).length > 0) closed['description'] = withWords(schema['description'], lost)
  return closed
}

function isRefused(keyword: string, value: unknown): boolean {
  if (keyword === 'format') return !formats.has(value)
  return refused.has(keyword) || (keyword === 'minItems' && typeof value === 'number' && value > minItemsMax)
}

function isObject({ type, properties }: JsonRecord): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || asRecord(properties) !== undefined
}

function closeValue(keyword: string, value: unknown): unknown {
  if (lists.has(keyword)) return asRecords(value).map(closeSchema)
  const record = asRecord(value)
  if (record === undefined) return value
  if (nested.has(keyword)) return closeSchema(record)
  if (!maps.has(keyword)) return value
  const entries = Object.entries(record).map(([name, schema]) => {
    const inner = asRecord(schema)
    return [name, inner === undefined ? schema : closeSchema(inner)] as const
  })
  return Object.fromEntries(entries)
}

function withWords(description: unknown, lost: JsonRecord): string {
  const words = JSON.stringify(lost)
  return typeof description === 'string' && description !== '' ? `${description}\n${words}` : words
}
