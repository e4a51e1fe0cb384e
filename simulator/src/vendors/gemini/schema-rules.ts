// What Google checks inside an OpenAPI schema beyond its field names: each keyword belongs to a type, lists need items,
// and what is required must be defined. Schemas in plain JSON Schema are not looked into.
import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'
import type { Problem } from '../../problem.ts'

const STRING_FORMATS = ['enum', 'date-time']
const NUMBER_FORMATS: Record<string, readonly string[]> = { NUMBER: ['float', 'double'], INTEGER: ['int32', 'int64'] }

export function findSchemaProblem(schema: JsonRecord, place: string): Problem | null {
  const complaints: string[] = []
  checkSchema(schema, place, complaints)
  return complaints.length === 0 ? null : { kind: 'invalid-request', message: complaints.join('') }
}

function checkSchema(schema: JsonRecord, place: string, complaints: string[]): void {
  const complain = (at: string, what: string) => complaints.push(`${place}${at}: ${what}\n`)
  const { type, format, properties, items, required } = schema
  const branches = Array.isArray(schema['anyOf']) ? schema['anyOf'].filter(isRecord) : []
  if (properties !== undefined && type !== 'OBJECT') complain('.properties', 'only allowed for OBJECT type')
  if (items !== undefined && type !== 'ARRAY') complain('.items', 'field predicate failed: $type == Type.ARRAY')
  if (type === 'ARRAY' && items === undefined) complain('.items', 'missing field.')
  if (schema['enum'] !== undefined && type !== 'STRING') complain('.enum', 'only allowed for STRING type')
  if (typeof format === 'string') checkFormat(String(type), format, complain)
  const defined = isRecord(properties) ? properties : {}
  for (const [index, name] of (Array.isArray(required) ? required : []).entries()) {
    if (!Object.hasOwn(defined, String(name))) complain(`.required[${index}]`, 'property is not defined')
  }
  for (const [name, inner] of Object.entries(defined)) {
    if (isRecord(inner)) checkSchema(inner, `${place}.properties[${name}]`, complaints)
  }
  if (isRecord(items)) checkSchema(items, `${place}.items`, complaints)
  for (const [index, branch] of branches.entries()) checkSchema(branch, `${place}.any_of[${index}]`, complaints)
}

function checkFormat(type: string, format: string, complain: (at: string, what: string) => void): void {
  if (type === 'STRING' && !STRING_FORMATS.includes(format)) {
    complain('.format', "only 'enum' and 'date-time' are supported for STRING type")
  }
  const formats = NUMBER_FORMATS[type]
  if (formats !== undefined && !formats.includes(format)) {
    complain('.format', `only '${formats.join("' and '")}' are supported for ${type} type`)
  }
}
