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
