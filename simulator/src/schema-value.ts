// Invents a JSON value that fits a JSON Schema, for the arguments of tool calls and for structured answers. Knows what
// vendors accept in such schemas: types (in either case), required and optional properties, enum, const, unions,
// references, bounds and the usual formats. A pattern is met only by its simplest forms.
import type { JsonRecord } from './json.ts'
import { isRecord } from './json.ts'
import type { Random } from './random.ts'
import { ENGLISH_WORDS } from './vocabulary.ts'

/** Recursive schemas end here: deeper, only what is required is written, and unions take a branch that ends. */
const DEPTH_MAX = 5
/** Beyond it a schema demands an endless value, and gets null. */
const DEPTH_END = 24
const OPTIONAL_SHARE = 0.4
const EXTRA_ITEMS_MAX = 2
const NUMBER_SPREAD = 100
/** Longer texts and lists are not written, whatever the schema demands. */
const LENGTH_MAX = 2000

const FORMATS: Record<string, (random: Random) => string> = {
  'date-time': (random) => `2026-0${random.integer(1, 9)}-1${random.integer(0, 9)}T08:30:00Z`,
  date: (random) => `2026-0${random.integer(1, 9)}-1${random.integer(0, 9)}`,
  time: (random) => `0${random.integer(0, 9)}:30:00Z`,
  duration: (random) => `PT${random.integer(1, 59)}M`,
  email: (random) => `user${random.integer(1, 999)}@example.com`,
  hostname: (random) => `host${random.integer(1, 999)}.example.com`,
  ipv4: (random) => `192.0.2.${random.integer(1, 254)}`,
  ipv6: (random) => `2001:db8::${random.hex(4)}`,
  uri: (random) => `https://example.com/${random.integer(1, 999)}`,
  uuid: (random) => random.uuid(),
}

export function inventValue(schema: unknown, random: Random): unknown {
  return invent(schema, { root: schema, random }, 0)
}

interface Invention {
  root: unknown
  random: Random
}

function invent(schema: unknown, invention: Invention, depth: number): unknown {
  if (!isRecord(schema) || depth > DEPTH_END) return depth > DEPTH_END ? null : {}
  const { random, root } = invention
  if (typeof schema['$ref'] === 'string') return invent(resolve(root, schema['$ref']), invention, depth + 1)
  if ('const' in schema) return schema['const']
  if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return pick(schema['enum'], random)
  const merged = Array.isArray(schema['allOf']) ? mergeAll(schema, root) : schema
  const branches = merged['anyOf'] ?? merged['oneOf']
  if (Array.isArray(branches) && branches.length > 0) {
    const { anyOf: _any, oneOf: _one, ...beside } = merged
    const branch = pickBranch(branches, random, depth)
    const whole = isRecord(branch) && branch['$ref'] === undefined ? merge(beside, branch) : branch
    return invent(whole, invention, depth + 1)
  }
  return inventTyped(merged, typeOf(merged, random), invention, depth)
}

function inventTyped(schema: JsonRecord, type: string, invention: Invention, depth: number): unknown {
  switch (type) {
    case 'string':
      return inventText(schema, invention.random)
    case 'integer':
    case 'number':
      return inventNumber(schema, type === 'integer', invention.random)
    case 'boolean':
      return invention.random.unit() < 0.5
    case 'null':
      return null
    case 'array':
      return inventList(schema, invention, depth)
    default:
      return inventObject(schema, invention, depth)
  }
}

/** A list of types means any of them; null only where it is the only one, because a value says more. */
function typeOf(schema: JsonRecord, random: Random): string {
  const { type } = schema
  const names = (Array.isArray(type) ? type : [type]).filter((name): name is string => typeof name === 'string')
  const lower = names.map((name) => name.toLowerCase())
  const telling = lower.filter((name) => name !== 'null')
  if (telling.length > 0) return pick(telling, random) ?? 'object'
  if (lower.length > 0) return 'null'
  if (schema['items'] !== undefined || schema['prefixItems'] !== undefined) return 'array'
  return 'object'
}

function inventObject(schema: JsonRecord, invention: Invention, depth: number): JsonRecord {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {}
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const value: JsonRecord = {}
  for (const [name, property] of Object.entries(properties)) {
    const isWanted = required.includes(name) || (depth < DEPTH_MAX && invention.random.unit() < OPTIONAL_SHARE)
    if (isWanted) value[name] = invent(property, invention, depth + 1)
  }
  for (const name of required) {
    if (typeof name === 'string' && !(name in value)) {
      value[name] = invent(schema['additionalProperties'] ?? { type: 'string' }, invention, depth + 1)
    }
  }
  return value
}

function inventList(schema: JsonRecord, invention: Invention, depth: number): unknown[] {
  const fixed: unknown[] = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : []
  const items = schema['items'] ?? { type: 'string' }
  const least = Math.min(LENGTH_MAX, numberOr(schema['minItems'], depth < DEPTH_MAX ? 1 : 0))
  const most = Math.min(numberOr(schema['maxItems'], Infinity), least + EXTRA_ITEMS_MAX)
  const count = depth < DEPTH_MAX ? invention.random.integer(Math.min(least, most), most) : Math.min(least, most)
  const length = items === false ? fixed.length : Math.max(count, fixed.length)
  return Array.from({ length }, (_, index) => invent(fixed[index] ?? items, invention, depth + 1))
}

function inventNumber(schema: JsonRecord, isInteger: boolean, random: Random): number {
  const above = numberOr(schema['exclusiveMinimum'], -Infinity)
  const below = numberOr(schema['exclusiveMaximum'], Infinity)
  const step = numberOr(schema['multipleOf'], isInteger ? 1 : 0.5)
  let least = Math.ceil(Math.max(numberOr(schema['minimum'], -Infinity), above) / step)
  let most = Math.floor(Math.min(numberOr(schema['maximum'], Infinity), below) / step)
  if (least * step === above) least += 1
  if (most * step === below) most -= 1
  if (!Number.isFinite(least)) least = Number.isFinite(most) ? most - NUMBER_SPREAD : 0
  if (!Number.isFinite(most)) most = least + NUMBER_SPREAD
  // Bounds closer together than the step: any number between them will do.
  if (least > most) return (Math.max(above, numberOr(schema['minimum'], above)) + Math.min(below, most * step)) / 2
  return Number((random.integer(least, most) * step).toPrecision(12))
}

function inventText(schema: JsonRecord, random: Random): string {
  const format = FORMATS[String(schema['format'])]
  if (format !== undefined) return format(random)
  const pattern = typeof schema['pattern'] === 'string' ? textOfPattern(schema['pattern'], random) : null
  if (pattern !== null) return pattern
  const least = Math.min(LENGTH_MAX, numberOr(schema['minLength'], 0))
  let text = pick(ENGLISH_WORDS, random) ?? ''
  while (text.length < least) text += ` ${pick(ENGLISH_WORDS, random)}`
  return text.slice(0, Math.max(least, Math.min(numberOr(schema['maxLength'], Infinity), text.length)))
}

/** Tries words, numbers and letters against the pattern; null when none fits or the pattern is not one of ours. */
function textOfPattern(pattern: string, random: Random): string | null {
  let expression: RegExp
  try {
    expression = new RegExp(pattern, 'u')
  } catch {
    // A pattern of another dialect of regular expressions cannot be met on purpose.
    return null
  }
  const candidates = [pick(ENGLISH_WORDS, random) ?? '', '']
  for (let length = 1; length <= 40; length += 1) {
    const digits = Array.from({ length }, () => random.integer(0, 9)).join('')
    candidates.push(digits, random.hex(length), random.alphanumeric(length), 'A'.repeat(length), 'a'.repeat(length))
  }
  return candidates.find((text) => expression.test(text)) ?? null
}

function pick<T>(values: readonly T[], random: Random): T | undefined {
  return values[random.integer(0, values.length - 1)]
}

function pickBranch(branches: readonly unknown[], random: Random, depth: number): unknown {
  const telling = branches.filter((branch) => !(isRecord(branch) && branch['type'] === 'null'))
  const ending = branches.filter((branch) => !JSON.stringify(branch).includes('"$ref"'))
  if (depth >= DEPTH_MAX && ending.length > 0) return ending[0]
  return telling.length > 0 ? pick(telling, random) : branches[0]
}

/** A JSON pointer within the schema, `#` being its root. */
function resolve(root: unknown, reference: string): unknown {
  const path = reference
    .replace(/^#\/?/, '')
    .split('/')
    .filter((step) => step !== '')
  let place = root
  for (const step of path) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
    place = isRecord(place) ? place[name] : undefined
  }
  return place
}

function mergeAll(schema: JsonRecord, root: unknown): JsonRecord {
  const { allOf, ...beside } = schema
  let whole: JsonRecord = beside
  for (const part of allOf as unknown[]) {
    const resolved = isRecord(part) && typeof part['$ref'] === 'string' ? resolve(root, part['$ref']) : part
    if (isRecord(resolved)) whole = merge(whole, resolved)
  }
  return whole
}

function merge(first: JsonRecord, second: JsonRecord): JsonRecord {
  const whole = { ...first, ...second }
  if (isRecord(first['properties']) && isRecord(second['properties'])) {
    whole['properties'] = { ...first['properties'], ...second['properties'] }
  }
  if (Array.isArray(first['required']) && Array.isArray(second['required'])) {
    whole['required'] = [...first['required'], ...second['required']]
  }
  return whole
}

/** Google writes int64 bounds as text. */
function numberOr(value: unknown, otherwise: number): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : otherwise
}
