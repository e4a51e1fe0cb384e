// Answers with a success status that are no answers, as failures. Used by every decoder.
import type { UpstreamFailure } from './failure.ts'
import type { JsonRecord } from './lenient-json.ts'

const messages = {
  /** The body is HTML, empty or cut. */
  not_json: 'The provider answered with something other than JSON.',
  /** JSON without any of the members that make an answer. */
  no_answer: 'The provider sent an empty answer.',
  /** The model went wrong before it said anything: a call that was malformed, an image that could not be drawn. */
  nothing_said: 'The model ended without saying anything.',
  /** An event that looks like JSON and is not: a part of the answer is missing, so it cannot be shown as complete. */
  malformed_event: 'The provider sent an event that cannot be read.',
  event_too_large: 'The provider sent an event that is too large.',
} as const

/** Some servers send an error's own members with a success status, without the wire's envelope around them. */
export function isBareError(json: JsonRecord): boolean {
  return typeof json['code'] === 'string' && typeof json['message'] === 'string'
}

/** Of these the provider had begun an answer, which it may bill. */
const begunCodes: ReadonlySet<string | undefined> = new Set<keyof typeof messages>([
  'not_json',
  'malformed_event',
  'event_too_large',
])

export const isBrokenAnswer = ({ code }: UpstreamFailure) => begunCodes.has(code)

export function brokenAnswer(code: keyof typeof messages): UpstreamFailure {
  return { kind: 'server-error', status: undefined, code, message: messages[code], retryAfterMs: undefined }
}
