// Reading JSON that others wrote: providers send what they like, so every field is unknown until it was looked at, and
// text that is no JSON object reads as undefined instead of throwing. Strict schemas for callers live in the contract.

export type JsonRecord = Record<string, unknown>

/** The value as an object with members, or undefined for anything else (arrays and null too). */
export function asRecord(value: unknown): JsonRecord | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : undefined
}

/** The value as a list; anything else is an empty one. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : []
}

/** The objects of a list; what else stands in it is left out. */
export function asRecords(value: unknown): JsonRecord[] {
  return asList(value)
    .map(asRecord)
    .filter((record) => record !== undefined)
}

/** The value as text, or undefined. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Parses text that may be anything at all. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: the caller asks for the shape that it needs and does not find it in undefined.
    return undefined
  }
}

/** Parses the object that stands in `bytes[start, end)`; undefined when there is none. */
export function parseRecord(bytes: Buffer, start = 0, end = bytes.length): JsonRecord | undefined {
  return asRecord(parseJson(bytes.toString('utf8', start, end)))
}
