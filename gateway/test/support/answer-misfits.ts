// Bodies and streams that clients read, taken apart and held against the definitions of their wire.
import { misfits, type Definition, type Exception } from './vendor-schemas.ts'
import type { AnswerDefinitions } from './wire-definitions.ts'

/** What is wrong with everything that a client reads of one answer, refusals and errors inside a stream included. */
export function answerMisfits(
  definitions: AnswerDefinitions,
  text: string,
  stream: boolean,
  met: Set<Exception>,
): string[] {
  if (stream || text.startsWith('[')) return entriesOf(text).flatMap((entry) => entryMisfits(definitions, entry, met))
  // A wire may leave the rendering of a failure to the refusal.
  if (text === '') return []
  const body: unknown = JSON.parse(text)
  return isError(body) ? errorMisfits(definitions, body, met) : allMisfits(definitions.whole, body, met)
}

/** The JSON of each event, or the elements of the array. */
export function entriesOf(text: string): unknown[] {
  if (text.startsWith('[')) return JSON.parse(text) as unknown[]
  const data = text.split(/\r?\n/).filter((line) => line.startsWith('data: '))
  return data
    .filter((line) => line !== 'data: [DONE]')
    .map((line) => JSON.parse(line.slice('data: '.length)) as unknown)
}

/** A response that failed has an `error` too, and so has an event that is one; both say what they are. */
const isError = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'error' in value &&
  !('object' in value) &&
  !('sequence_number' in value)

export const entryMisfits = (definitions: AnswerDefinitions, entry: unknown, met: Set<Exception>): string[] =>
  isError(entry) ? errorMisfits(definitions, entry, met) : allMisfits(definitions.event, entry, met)

export function errorMisfits({ error }: AnswerDefinitions, body: unknown, met: Set<Exception>): string[] {
  return error.flatMap((definition) => {
    const value = definition.name === 'Status' ? (body as { error: unknown }).error : body
    return misfits(definition, value, met)
  })
}

export const allMisfits = (definitions: readonly Definition[], value: unknown, met: Set<Exception>): string[] =>
  definitions.flatMap((definition) => misfits(definition, value, met))
