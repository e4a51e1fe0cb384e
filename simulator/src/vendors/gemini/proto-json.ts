// Google's JSON mapping of protocol buffers, as its front end reads a request: names in both spellings, single values
// where lists are expected, numbers as text; and every name it does not know refused, with the path as the service
// spells it. What the messages are is request-shape.ts. (ProtoJSON format; the errors as Google words them.)
import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'

export type FieldType =
  | { kind: 'string' | 'boolean' | 'double' | 'integer' | 'bytes' | 'json' }
  | { kind: 'enum'; name: string; values: readonly string[] }
  | { kind: 'message'; name: string; shape(): Shape }
  | { kind: 'list'; of: FieldType }
  | { kind: 'map'; of: FieldType }

/** The fields of a message, by their camelCase names. */
export type Shape = Readonly<Record<string, FieldType>>

/** The message with camelCase names and without nulls, or what is wrong with it: one sentence a line. */
export type ProtoReading = { ok: true; message: JsonRecord } | { ok: false; complaints: readonly string[] }

const BYTES = /^[A-Za-z0-9+/_-]*={0,2}$/
const SCALARS: Record<string, string> = {
  string: 'TYPE_STRING',
  boolean: 'TYPE_BOOL',
  double: 'TYPE_DOUBLE',
  integer: 'TYPE_INT32',
  bytes: 'TYPE_BYTES',
}

export function readProto(value: JsonRecord, shape: Shape): ProtoReading {
  const complaints: string[] = []
  const message = readMessage(value, shape, '', complaints)
  return complaints.length === 0 ? { ok: true, message } : { ok: false, complaints }
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function readMessage(value: JsonRecord, shape: Shape, path: string, complaints: string[]): JsonRecord {
  const message: JsonRecord = {}
  for (const [given, inner] of Object.entries(value)) {
    const name = Object.hasOwn(shape, given) ? given : camelCase(given)
    const type = Object.hasOwn(shape, name) ? shape[name] : undefined
    if (type === undefined) {
      complaints.push(unknownName(given, path, 'Cannot find field.'))
      continue
    }
    // A null is a field that was left out.
    if (inner === null) continue
    if (Array.isArray(inner) && type.kind !== 'list' && type.kind !== 'json') {
      complaints.push(unknownName(given, path, 'Proto field is not repeating, cannot start list.'))
      continue
    }
    message[name] = readValue(inner, type, path === '' ? snakeCase(name) : `${path}.${snakeCase(name)}`, complaints)
  }
  return message
}

function unknownName(name: string, path: string, what: string): string {
  const at = path === '' ? '' : ` at '${path}'`
  return `Invalid JSON payload received. Unknown name ${JSON.stringify(name)}${at}: ${what}`
}

function readValue(value: unknown, type: FieldType, path: string, complaints: string[]): unknown {
  switch (type.kind) {
    case 'json':
      return value
    case 'list': {
      const items: unknown[] = Array.isArray(value) ? value : [value]
      return items.map((item, index) => readValue(item, type.of, `${path}[${index}]`, complaints))
    }
    case 'map':
      return readMap(value, type.of, path, complaints)
    case 'message':
      if (isRecord(value)) return readMessage(value, type.shape(), path, complaints)
      complaints.push(`Invalid value at '${path}' (${fullName(type.name)}), ${JSON.stringify(value)}`)
      return {}
    case 'enum':
      return readEnum(value, type, path, complaints)
    default:
      return readScalar(value, type.kind, path, complaints)
  }
}

function readMap(value: unknown, of: FieldType, path: string, complaints: string[]): unknown {
  if (!isRecord(value)) {
    complaints.push(`Invalid value at '${path}' (Map), ${JSON.stringify(value)}`)
    return {}
  }
  const entries = Object.entries(value).map(([key, item], index) => [
    key,
    readValue(item, of, `${path}[${index}].value`, complaints),
  ])
  return Object.fromEntries(entries) as JsonRecord
}

function readEnum(
  value: unknown,
  type: Extract<FieldType, { kind: 'enum' }>,
  path: string,
  complaints: string[],
): unknown {
  // The service takes either case, and numbers.
  const name = typeof value === 'number' ? type.values[value] : typeof value === 'string' ? value.toUpperCase() : null
  if (name !== null && name !== undefined && type.values.includes(name)) return name
  complaints.push(`Invalid value at '${path}' (${fullName(type.name)}), ${JSON.stringify(value)}`)
  return type.values[0]
}

function fullName(name: string): string {
  return `type.googleapis.com/google.ai.generativelanguage.v1beta.${name}`
}

function readScalar(value: unknown, kind: string, path: string, complaints: string[]): unknown {
  const shown = `Invalid value at '${path}' (${SCALARS[kind]}), ${JSON.stringify(value)}`
  if (kind === 'double' || kind === 'integer') {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    const isNumber = typeof number === 'number' && Number.isFinite(number)
    if (isNumber && (kind === 'double' || Number.isInteger(number))) return number
    complaints.push(shown)
    return 0
  }
  if (kind === 'boolean' ? typeof value === 'boolean' : typeof value === 'string') {
    if (kind !== 'bytes' || BYTES.test(value as string)) return value
    complaints.push(`Invalid value at '${path}' (TYPE_BYTES), Base64 decoding failed for ${JSON.stringify(value)}`)
    return ''
  }
  complaints.push(shown)
  return kind === 'boolean' ? false : ''
}
