// How values travel to PostgreSQL and back, as text, the same on both engines: encodeParameter on the way out,
// parseValue on the way in. Owns no I/O. Both adapters switch their library's own conversions off and use these,
// because the libraries disagree (int8, numeric, date, bytea, and arrays of them).
import { DatabaseError } from './errors.ts'

/** Type ids of PostgreSQL's catalogue, stable since they were introduced: `src/include/catalog/pg_type.dat`. */
const typeId = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  oid: 26,
  json: 114,
  float4: 700,
  float8: 701,
  timestamptz: 1184,
  jsonb: 3802,
} as const

// Array type → element type, for every array a column or a query of ours can have. Text-like elements stay text.
const elementOfArray = new Map<number, number>([
  [1000, typeId.bool],
  [1001, typeId.bytea],
  [1005, typeId.int2],
  [1007, typeId.int4],
  [1016, typeId.int8],
  [1028, typeId.oid],
  [1021, typeId.float4],
  [1022, typeId.float8],
  [1185, typeId.timestamptz],
  [199, typeId.json],
  [3807, typeId.jsonb],
  [1002, 18], // "char"
  [1003, 19], // name
  [1009, 25], // text
  [1014, 1042], // bpchar
  [1015, 1043], // varchar
  [1115, 1114], // timestamp
  [1182, 1082], // date
  [1231, 1700], // numeric
  [2951, 2950], // uuid
])

const scalarParsers = new Map<number, (text: string) => unknown>([
  [typeId.bool, (text) => text === 't'],
  [typeId.bytea, (text) => Buffer.from(text.slice(2), 'hex')],
  [typeId.int8, BigInt],
  [typeId.int2, Number],
  [typeId.int4, Number],
  [typeId.oid, Number],
  [typeId.float4, Number],
  [typeId.float8, Number],
  [typeId.json, JSON.parse],
  [typeId.jsonb, JSON.parse],
  [typeId.timestamptz, parseTimestamp],
])

/** The parser for a column of this type; types not named here (numeric, date, uuid, text, …) stay text. */
export function parserOf(type: number): (text: string) => unknown {
  const scalar = scalarParsers.get(type)
  if (scalar) return scalar
  const element = elementOfArray.get(type)
  if (element === undefined) return asText
  const parseElement = parserOf(element)
  return (text) => parseArray(text, parseElement)
}

/** A parameter as PostgreSQL's text input wants it, or null. */
export function encodeParameter(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  if (typeof value === 'object') return encodeObject(value)
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  throw new DatabaseError('statement_failed', `a ${typeof value} is no parameter`)
}

function encodeObject(value: object): string {
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) {
    return '\\x' + Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
  }
  if (Array.isArray(value)) return encodeArray(value)
  return JSON.stringify(value)
}

function encodeArray(values: readonly unknown[]): string {
  let text = '{'
  for (const [index, value] of values.entries()) {
    if (index > 0) text += ','
    text += encodeElement(value)
  }
  return `${text}}`
}

/** Numbers need no quotes, and most texts no escapes; batches of thousands of values pass here. */
function encodeElement(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return encodeArray(value)
  const text = encodeParameter(value)
  if (text === null) return 'NULL'
  return /[\\"]/.test(text) ? `"${text.replace(/[\\"]/g, '\\$&')}"` : `"${text}"`
}

/** `2026-01-31 23:59:59.123456+05:30` as PostgreSQL's ISO style writes it; microseconds are cut to milliseconds. */
function parseTimestamp(text: string): Date {
  const [day = '', time = ''] = text.split(' ')
  return new Date(`${day}T${/[+-]\d\d$/.test(time) ? `${time}:00` : time}`)
}

function asText(text: string): string {
  return text
}

/** PostgreSQL's array output, section 8.15.6 of its documentation: braces, commas, quotes, backslashes, NULL. */
function parseArray(text: string, parseElement: (text: string) => unknown): unknown[] {
  // An array with unusual lower bounds is written `[0:1]={…}`; the bounds say nothing we need.
  let position = text.indexOf('{')
  function readArray(): unknown[] {
    const values: unknown[] = []
    position += 1
    while (text[position] !== '}') {
      if (text[position] === ',') position += 1
      else values.push(text[position] === '{' ? readArray() : readElement())
    }
    position += 1
    return values
  }
  function readElement(): unknown {
    if (text[position] === '"') return parseElement(readQuoted())
    const start = position
    while (text[position] !== ',' && text[position] !== '}') position += 1
    const word = text.slice(start, position)
    return word === 'NULL' ? null : parseElement(word)
  }
  function readQuoted(): string {
    let value = ''
    for (position += 1; text[position] !== '"'; position += 1) {
      if (text[position] === '\\') position += 1
      value += text[position]
    }
    position += 1
    return value
  }
  return readArray()
}
