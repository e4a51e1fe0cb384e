// Reading untrusted JSON: what a value is, and the name vendors give to its type in their error texts.
// Called by every request reader and by the admin endpoints.

export type JsonRecord = Record<string, unknown>

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Answers null for text that is not JSON; no valid document of ours is the JSON `null`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Not being JSON is an answer here, and the caller words it in the vendor's own dialect.
    return null
  }
}

export function isPositiveInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1
}

/** "a string", "an array", "null": the way OpenAI names a JSON type in its error messages. */
export function typeInWords(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return `a ${typeof value}`
}

/** A value where a text should be: itself, or its JSON; nothing at all is ''. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined ? '' : JSON.stringify(value)
}
