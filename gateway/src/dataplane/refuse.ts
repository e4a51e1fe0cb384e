// Answers a caller who gets no answer: our own refusal in the dialect of the protocol that was called, or the provider's
// own words where client and account speak the same protocol.
import type { AppError } from '@aicarpool/contract'
import type { Timers } from '../platform/timers.ts'
import type { Call } from './call.ts'
import { deliver, watchDelivery } from './deliver.ts'
import type { RejectedAnswer } from './relay.ts'

const secondMs = 1000

/** Headers that clients key on: when to come back, and whether to come back by themselves at all. */
function refusalHeaders(call: Call, error: AppError, length: number): string[] {
  const headers = [
    'content-type',
    'application/json',
    'content-length',
    String(length),
    'x-request-id',
    call.id,
    'x-should-retry',
    String(error.retryable),
    ...(call.client.answerHeaders?.(call.id) ?? []),
  ]
  if (error.retryAfterMs !== undefined) headers.push('retry-after', String(Math.ceil(error.retryAfterMs / secondMs)))
  for (const [name, value] of Object.entries(error.headers ?? {})) headers.push(name, value)
  // What is left of the body is not read: the connection cannot be used again.
  if (!call.request.complete) headers.push('connection', 'close')
  return headers
}

export function refuse(call: Call, error: AppError, timers: Timers): void {
  const { response } = call
  if (response.destroyed || response.writableEnded) return
  if (response.headersSent) {
    response.end(call.client.renderStreamError(error, call.id))
    watchDelivery(response, timers)
    return
  }
  const body = call.client.renderError(error, call.id)
  response.writeHead(error.status, refusalHeaders(call, error, body.length))
  deliver(response, body, timers)
}

/** The provider's own refusal of this very request, byte for byte: clients recover by its wording. */
export function relayRejection({ response, id, client }: Call, rejected: RejectedAnswer, timers: Timers): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(rejected.failure.status ?? 502, [
    'content-type',
    rejected.contentType ?? 'application/json',
    'content-length',
    String(rejected.body.length),
    'x-request-id',
    id,
    'x-should-retry',
    'false',
    ...(client.answerHeaders?.(id) ?? []),
  ])
  deliver(response, rejected.body, timers)
}
