// The wording of a refused Messages request: the place of the field, a colon, what is wrong with it. Clients show these
// sentences, and some act on them (Anthropic API errors page; wording as the API gives it).
import type { Problem } from '../problem.ts'

export function invalid(message: string): Problem {
  return { kind: 'invalid-request', message }
}

export function required(place: string): Problem {
  return invalid(`${place}: Field required`)
}

/** `kind` in the API's own words: "string", "list", "dictionary", "integer", "boolean", "number". */
export function wrongType(place: string, kind: string): Problem {
  return invalid(`${place}: Input should be a valid ${kind}`)
}

export function notPermitted(place: string): Problem {
  return invalid(`${place}: Extra inputs are not permitted`)
}

/** `'a', 'b' or 'c'`, as the API lists what it would have accepted. */
export function notOneOf(place: string, names: readonly string[]): Problem {
  const quoted = names.map((name) => `'${name}'`)
  const list = quoted.length === 1 ? quoted[0] : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
  return invalid(`${place}: Input should be ${list}`)
}

/** The first of the record's fields that is not among the known ones, refused as an extra input. */
export function findExtra(record: object, known: ReadonlySet<string>, place: string): Problem | null {
  const extra = Object.keys(record).find((name) => !known.has(name))
  return extra === undefined ? null : notPermitted(`${place}.${extra}`)
}

/** Runs the checks in order and answers the first problem. */
export function firstProblem<Item>(items: readonly Item[], check: (item: Item, index: number) => Problem | null) {
  for (const [index, item] of items.entries()) {
    const problem = check(item, index)
    if (problem !== null) return problem
  }
  return null
}
