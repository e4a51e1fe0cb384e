// Requests of this wire as the vendor's front end reads them (ProtoJSON): names in camelCase or snake_case, a single value where
// a list is expected, numbers as text, names of enumerations in either case, null for what is left out.
import { invalidField, readRecord, readText, restOf, type FieldHandling, type RequestBody } from '../request-fields.ts'

/** A leading underscore belongs to the name. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[a-zA-Z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** The object with its own names in camelCase, and without nulls. What is below it stays as it is. */
export function readMessage(value: unknown, path: string): RequestBody {
  const members = Object.entries(readRecord(value, path)).filter(([, member]) => member !== null)
  return Object.fromEntries(members.map(([name, member]) => [camelCase(name), member]))
}

/** Absent is undefined. */
export function readOptionalMessage(value: unknown, path: string): RequestBody | undefined {
  return value === undefined || value === null ? undefined : readMessage(value, path)
}

/** Absent is an empty list. */
export function readMessages(value: unknown, path: string): RequestBody[] {
  return readList(value).map((entry, index) => readMessage(entry, `${path}[${index}]`))
}

export function readTexts(value: unknown, path: string): string[] {
  return readList(value).map((entry, index) => readText(entry, `${path}[${index}]`))
}

function readList(value: unknown): unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? (value as unknown[]) : [value]
}

/** Absent is undefined; "7" is 7. */
export function readNumeric(value: unknown, path: string): number | undefined {
  const number = numericOf(value)
  if (number === undefined || typeof number === 'number') return number
  throw invalidField(path, 'must be a number')
}

/** Text that is a number as that number; everything else as it is, and null as undefined. */
export function numericOf(value: unknown): unknown {
  if (typeof value !== 'string' || value.trim() === '') return value ?? undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : value
}

/** The name of an enumeration's value, in capitals. Absent is undefined. */
export function readWord(value: unknown, path: string): string | undefined {
  return value === undefined || value === null ? undefined : readText(value, path).toUpperCase()
}

/** Every value that a body gives a field, in whichever spelling. */
export function spellingsOf(body: RequestBody, name: string): unknown[] {
  return Object.entries(body).flatMap(([key, value]) => (camelCase(key) === name && value !== null ? [value] : []))
}

/** What becomes of the fields that were not read; `path` stands before the names of those that are dropped. */
export function restOfMessage(
  message: RequestBody,
  path: string,
  read: ReadonlySet<string>,
  known: Readonly<Record<string, FieldHandling>>,
): string[] {
  return restOf(message, read, known).map((name) => `${path}${name}`)
}
