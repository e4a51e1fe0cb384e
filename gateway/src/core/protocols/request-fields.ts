// Reading the few fields of a client's request that routing and quota depend on. They are checked strictly, because a value
// that the gateway reads one way and the provider another would break a limit; everything else passes unseen.
import { AppError } from '@aicarpool/contract'

/** Far above any model's output; larger numbers are mistakes and would overflow the money of a bound. */
export const outputTokensMax = 10_000_000
/** Model names are stored with every usage row; the longest in use (fine-tuned ones) stay below 100. */
const modelNameCharsMax = 200

export type RequestBody = Record<string, unknown>

export function readModel(body: RequestBody): string {
  const { model } = body
  if (typeof model !== 'string' || model === '' || model.length > modelNameCharsMax) {
    throw invalidField('model', `must be a string of 1 to ${modelNameCharsMax} characters`)
  }
  return model
}

/** Absent and null are false. */
export function readStream(body: RequestBody): boolean {
  const stream = body['stream'] ?? false
  if (typeof stream !== 'boolean') throw invalidField('stream', 'must be true or false')
  return stream
}

/** An integer from 1 to `max`; absent and null are undefined. */
export function readCount(body: RequestBody, field: string, max: number): number | undefined {
  const value = body[field] ?? undefined
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max) {
    throw invalidField(field, `must be an integer from 1 to ${max}`)
  }
  return value
}

export function requireMessages(body: RequestBody): void {
  const { messages } = body
  if (!Array.isArray(messages) || messages.length === 0) throw invalidField('messages', 'must be a non-empty array')
}

export function invalidField(field: string, complaint: string): AppError {
  return new AppError('invalid_request', { detail: `"${field}" ${complaint}.`, field })
}

/** A list of objects at `path`; absent and null are an empty one. */
export function readRecords(value: unknown, path: string): RequestBody[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalidField(path, 'must be an array')
  return (value as unknown[]).map((entry, index) => readRecord(entry, `${path}[${index}]`))
}

export function readRecord(value: unknown, path: string): RequestBody {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidField(path, 'must be an object')
  return value as RequestBody
}

export function readText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalidField(path, 'must be a string')
  return value
}

/** Absent and null are undefined. */
export function readNumber(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number') throw invalidField(path, 'must be a number')
  return value
}

/** Absent and null are undefined. */
export function readFlag(value: unknown, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'boolean') throw invalidField(path, 'must be true or false')
  return value
}

/**
 * What a translation does with fields that it knows and that have no counterpart: `refused` where the answer would be worthless
 * without them, `dropped` (and named) where it is merely other, `ignored` where they say nothing about the answer.
 */
export type FieldHandling = 'refused' | 'dropped' | 'ignored'

/** What becomes of a body's fields that the decoder did not read; fields that nobody knows are dropped and named. */
export function restOf(
  body: RequestBody,
  read: ReadonlySet<string>,
  known: Readonly<Record<string, FieldHandling>>,
): string[] {
  const dropped: string[] = []
  for (const [field, value] of Object.entries(body)) {
    if (read.has(field) || value === null || value === undefined) continue
    const handling = Object.hasOwn(known, field) ? known[field] : 'dropped'
    if (handling === 'refused') throw notTranslatable(field)
    if (handling !== 'ignored') dropped.push(field)
  }
  return dropped
}

/**
 * Members of a part of the request that nobody has read are lost in a translation: each is named once, however many parts have it.
 * `false` and empty lists ask for nothing.
 */
export function nameRest(part: RequestBody, path: string, read: ReadonlySet<string>, dropped: string[]): void {
  for (const name of restOf(part, read, {})) {
    const value = part[name]
    if (value === false || (Array.isArray(value) && value.length === 0)) continue
    dropped.push(`${path.replaceAll(/\[\d+\]/g, '[]')}.${name}`)
  }
}

/** The members of one kind of part that are read, or that say nothing about the answer. */
export function members(names: string): ReadonlySet<string> {
  return new Set(names.split(' '))
}

/** The refusal of something that only an account of the client's own protocol could serve. */
export function notTranslatable(field: string, detail = `"${field}" cannot be passed on.`): AppError {
  return new AppError('not_translatable', { detail, field })
}
