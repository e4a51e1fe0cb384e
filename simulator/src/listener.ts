// The HTTP server: sends `/__…` to the admin endpoints and `/<vendor>/…` to that vendor, and knows what is in flight.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { serveAdmin } from './admin.ts'
import { serve } from './serve.ts'
import type { SimulatorState } from './state.ts'
import { VENDORS } from './vendors/catalogue.ts'

/** Longer than any client's own idle limit: an idle connection is closed by the client, as with the real vendors. */
const KEEP_ALIVE_TIMEOUT_MS = 10 * 60_000

export interface Listener {
  server: Server
  /** Resolves when no request is being served, so that all entries are in the books. */
  idle(): Promise<void>
}

export function createListener(state: SimulatorState): Listener {
  const inFlight = new Set<Promise<void>>()

  const server = createServer((request, response) => {
    const served = route(state, request, response, inFlight.size)
    if (served === null) return
    inFlight.add(served)
    // A rejection here is a bug of the simulator; left unhandled, it ends the process instead of spoiling the books.
    void served.finally(() => inFlight.delete(served))
  })
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS
  // Slow uploads are the client's affair; Node's own limit would answer 408 in nobody's dialect.
  server.requestTimeout = 0

  return {
    server,
    async idle() {
      while (inFlight.size > 0) await Promise.all(inFlight)
    },
  }
}

/** Null for what is not a vendor's request. */
function route(
  state: SimulatorState,
  request: IncomingMessage,
  response: ServerResponse,
  inFlight: number,
): Promise<void> | null {
  const url = new URL(request.url ?? '/', 'http://simulator')
  if (url.pathname.startsWith('/__')) {
    void serveAdmin(state, request, response, url, inFlight)
    return null
  }
  const [, prefix = '', rest = ''] = /^\/([^/]*)(\/.*)?$/.exec(url.pathname) ?? []
  const vendor = VENDORS.find(({ name }) => name === prefix)
  if (vendor === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end(`no vendor at ${url.pathname}\n`)
    return null
  }
  const method = request.method ?? 'GET'
  const arrival = { state, vendor, request, response, method, path: rest, query: url.searchParams }
  return serve({ ...arrival, gone: goneSignal(response) })
}

function goneSignal(response: ServerResponse): AbortSignal {
  const leaving = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) leaving.abort()
  })
  return leaving.signal
}
