// Reads fields out of an untrusted price file and notes what is wrong with them, each with its path ("models[3].kind"). Strict:
// a field that is not known is a problem, because a misspelt class would otherwise be a missing price.

export interface FileReader {
  /** The field as it stands; undefined where it is missing. */
  value(field: string): unknown
  text(field: string, pattern: RegExp): string | undefined
  optionalText(field: string): void
  texts(field: string): string[] | undefined
  flag(field: string): boolean | undefined
  wholeNumber(field: string, least: number, most: number): number | undefined
  oneOf<Value extends string>(field: string, values: readonly Value[]): Value | undefined
  list(field: string, lengthMax: number): unknown[] | undefined
  part(field: string): FileReader
  /** An entry of a list that was read before. */
  partOf(field: string, index: number, entry: unknown): FileReader
  fields(): string[]
  allowOnly(fields: readonly string[]): void
  problem(field: string, what: string): void
}

/** Texts of a file are names and addresses. */
const textLengthMax = 500
const textsMax = 200

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `path` is '' for the file itself. What is not an object is one problem and then read as an empty one. */
export function readerOf(json: unknown, path: string, problems: string[]): FileReader {
  const record: Record<string, unknown> = isRecord(json) ? json : {}
  if (!isRecord(json)) problems.push(`${path === '' ? 'the file' : path} is not an object`)
  const at = (field: string) => (path === '' ? field : `${path}.${field}`)
  const value = (field: string): unknown => (Object.hasOwn(record, field) ? record[field] : undefined)
  const problem = (field: string, what: string): undefined => {
    problems.push(`${at(field)} ${what}`)
  }
  const isText = (found: unknown): found is string => typeof found === 'string' && found.length <= textLengthMax
  return {
    value,
    problem,
    text(field, pattern) {
      const found = value(field)
      return isText(found) && pattern.test(found) ? found : problem(field, `is not a text like ${pattern.source}`)
    },
    optionalText(field) {
      if (value(field) !== undefined && !isText(value(field))) problem(field, 'is not a text')
    },
    texts(field) {
      const found = value(field)
      if (Array.isArray(found) && found.length <= textsMax && found.every(isText)) return found
      return problem(field, 'is not a list of texts')
    },
    flag(field) {
      const found = value(field)
      return typeof found === 'boolean' ? found : problem(field, 'is neither true nor false')
    },
    wholeNumber(field, least, most) {
      const found = value(field)
      if (typeof found === 'number' && Number.isInteger(found) && found >= least && found <= most) return found
      return problem(field, `is not a whole number from ${least} to ${most}`)
    },
    oneOf(field, values) {
      return values.find((known) => known === value(field)) ?? problem(field, `is none of ${values.join(', ')}`)
    },
    list(field, lengthMax) {
      const found = value(field)
      if (Array.isArray(found) && found.length <= lengthMax) return found
      return problem(field, `is not a list of at most ${lengthMax} entries`)
    },
    part: (field) => readerOf(value(field), at(field), problems),
    partOf: (field, index, entry) => readerOf(entry, `${at(field)}[${index}]`, problems),
    fields: () => Object.keys(record),
    allowOnly(fields) {
      for (const field of Object.keys(record)) if (!fields.includes(field)) problem(field.slice(0, 40), 'is not known')
    },
  }
}
