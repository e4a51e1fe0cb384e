// A small JSON answer of the gateway itself, in whole.
import type { Call } from './call.ts'

/** `headers`: those that this answer has beside the usual ones, as a flat [name, value, …] list. */
export function answerPlain({ id, client, response }: Call, body: Buffer, headers: readonly string[] = []): void {
  if (response.destroyed) return
  const usual = ['content-type', 'application/json', 'content-length', String(body.length), 'x-request-id', id]
  response.writeHead(200, [...usual, ...headers, ...(client.answerHeaders?.(id) ?? [])])
  response.end(body)
}
