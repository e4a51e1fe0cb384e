// The second yardstick: the least a proxy in Node can do while reading both bodies. node:http in front, undici's
// dispatch behind, no key, no quota, no journal. What the gateway costs beyond this is the price of its own work.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool, type Dispatcher } from 'undici'

/** As many as the load generator opens streams. */
const upstreamConnectionsMax = 256

const origin = process.argv[2] ?? ''
const upstream = new Pool(origin, { connections: upstreamConnectionsMax, pipelining: 1 })

const server = createServer((request, response) => {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => relay(request, response, Buffer.concat(pieces)))
})

function relay(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  JSON.parse(body.toString())
  const headers = {
    'content-type': 'application/json',
    authorization: request.headers.authorization ?? '',
  }
  upstream.dispatch({ path: request.url ?? '/', method: 'POST', headers, body }, answerTo(response))
}

function answerTo(response: ServerResponse): Dispatcher.DispatchHandler {
  let isStream = false
  const pieces: Buffer[] = []
  return {
    onRequestStart(controller) {
      response.once('close', () => {
        if (!response.writableFinished) controller.abort(new TypeError('the client is gone'))
      })
    },
    onResponseStart(_controller, status, headers) {
      const type = String(headers['content-type'])
      isStream = type.startsWith('text/event-stream')
      if (isStream) response.writeHead(status, { 'content-type': type })
      else response.statusCode = status
    },
    onResponseData(controller, piece) {
      if (!isStream) {
        pieces.push(piece)
      } else if (!response.write(piece)) {
        controller.pause()
        response.once('drain', () => controller.resume())
      }
    },
    onResponseEnd() {
      if (isStream) {
        response.end()
        return
      }
      const body = Buffer.concat(pieces)
      JSON.parse(body.toString())
      response.setHeader('content-type', 'application/json')
      response.setHeader('content-length', body.length)
      response.end(body)
    },
    onResponseError(_controller, error) {
      response.destroy(error)
    },
  }
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` }))
})
process.once('SIGTERM', () => process.exit(0))
