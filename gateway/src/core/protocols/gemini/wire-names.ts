// Names of this wire that stand on both of its sides: how an answer ends, and the signature of a call that no model of the
// vendor has signed.
import type { FinishReason } from '../chat.ts'

/**
 * The newest models demand their own signature at the first call of each step since the user last spoke; for calls of another
 * vendor's model this text is documented in its place ("Thought signatures"). Calls of translated answers bear it, so that the
 * conversation may go on with an account of the vendor itself.
 */
export const foreignSignature = 'skip_thought_signature_validator'

const filters =
  'SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII MODEL_ARMOR IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION'

const reasons = new Map<string, FinishReason>([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ...filters.split(' ').map((name): [string, FinishReason] => [name, 'content-filter']),
])

/** Names that are not here say that the model or the vendor went wrong: a malformed call, too many calls, no image. */
export function reasonOf(finishReason: string): FinishReason {
  return reasons.get(finishReason) ?? 'other'
}

/** The wire says STOP wherever the model has said all it wanted to, calls included. */
export const finishReasons: Readonly<Record<FinishReason, string>> = Object.freeze({
  stop: 'STOP',
  'stop-sequence': 'STOP',
  'tool-calls': 'STOP',
  length: 'MAX_TOKENS',
  'content-filter': 'SAFETY',
  refusal: 'SAFETY',
  other: 'OTHER',
})
