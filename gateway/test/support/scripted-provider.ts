// A provider whose every answer a test writes by hand, for what the simulator does not do.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ScriptedProvider {
  url: string
  /** How many requests have come in. */
  received(): number
  stop(): Promise<void>
}

export async function startScriptedProvider(answer: RequestListener): Promise<ScriptedProvider> {
  let count = 0
  const server = createServer((request, response) => {
    count += 1
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => count,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Reads a request to its end. */
export async function drainRequest(request: IncomingMessage): Promise<void> {
  request.resume()
  await once(request, 'end')
}

/** Larger than what the kernel's buffers and the socket's hold together: a Messages answer. */
export const largeText = JSON.stringify({
  id: 'm',
  type: 'message',
  content: [{ type: 'text', text: 'x'.repeat(24 * 1024 * 1024) }],
  usage: { input_tokens: 3, output_tokens: 2 },
})
export const largeAnswer: RequestListener = (request, response) =>
  void drainRequest(request).then(() => response.writeHead(200, { 'content-type': 'application/json' }).end(largeText))
