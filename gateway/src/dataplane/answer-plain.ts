// A small JSON answer of the gateway itself, in whole.
import type { Timers } from '../platform/timers.ts'
import type { Call } from './call.ts'
import { deliver } from './deliver.ts'

/** `headers`: those that this answer has beside the usual ones, as a flat [name, value, …] list. */
export function answerPlain(call: Call, body: Buffer, timers: Timers, headers: readonly string[] = []): void {
  const { id, client, response } = call
  if (response.destroyed) return
  const usual = ['content-type', 'application/json', 'content-length', String(body.length), 'x-request-id', id]
  response.writeHead(200, [...usual, ...headers, ...(client.answerHeaders?.(id) ?? [])])
  deliver(response, body, timers)
}
