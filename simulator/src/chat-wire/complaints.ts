// What can be wrong with a request on the wires that OpenAI defined, without the words: each vendor that speaks them
// brings its own. `field` is a path such as `messages[0].content`.
import type { Problem } from '../problem.ts'

export interface Complaints {
  missing(field: string): Problem
  wrongType(field: string, expected: string, value: unknown): Problem
  wrongValue(field: string, value: unknown, supported: readonly string[]): Problem
  emptyArray(field: string): Problem
  tooManyItems(field: string, itemsMax: number, items: number): Problem
  belowMinimum(field: string, minimum: number, value: unknown): Problem
  aboveMaximum(field: string, maximum: number, value: unknown): Problem
  streamOptionsWithoutStream(): Problem
  /** Whatever has a sentence of its own; `code` is OpenAI's. */
  unfit(field: string, message: string, code?: string): Problem
}

/** Null when the number is absent or within its bounds. */
export function findNumberProblem(
  request: Record<string, unknown>,
  field: string,
  [minimum, maximum]: readonly [number, number],
  complaints: Complaints,
  kind: 'an integer' | 'a number' = 'an integer',
): Problem | null {
  const value = request[field] ?? null
  if (value === null) return null
  if (typeof value !== 'number' || (kind === 'an integer' && !Number.isInteger(value))) {
    return complaints.wrongType(field, kind, value)
  }
  if (value < minimum) return complaints.belowMinimum(field, minimum, value)
  return value > maximum ? complaints.aboveMaximum(field, maximum, value) : null
}
