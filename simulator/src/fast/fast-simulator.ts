// Fast mode: fixed answers at a small fraction of a gateway's cost per request, to put load on what stands in front
// of it. On node:net, because node:http alone costs more than is allowed here. No faults, no limits, no ledger: only
// counts.
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import { listen } from '../listen.ts'
import { SimulatorError } from '../simulator-error.ts'
import { VENDORS } from '../vendors/catalogue.ts'
import type { FastCounts } from './counts.ts'
import { createCounter } from './counts.ts'
import { FastConnection } from './fast-connection.ts'
import { createFixedRoutes, wholeResponse } from './fixed-answers.ts'
import { createStreamWheel } from './stream-wheel.ts'

/** Content events of a stream that is sent as one burst. */
const BURST_EVENTS = 20
/** A timer cannot be finer; below it the pace would be a lie. */
const INTERVAL_MS_MIN = 1

export interface FastStream {
  /** Content events of a stream; the vendor's opening and closing events come on top. */
  events: number
  intervalMs: number
}

export interface FastSimulator {
  url: string
  port: number
  counts(): FastCounts
  stop(): Promise<void>
}

export async function startFastSimulator(port: number, pace: FastStream | null): Promise<FastSimulator> {
  if (pace !== null && !(pace.intervalMs >= INTERVAL_MS_MIN && pace.events >= 1)) {
    throw new SimulatorError('invalid_option', 'a paced stream needs at least 1 event and an interval of at least 1 ms')
  }
  const counter = createCounter()
  const wheel = pace === null ? null : createStreamWheel(pace.intervalMs)
  const routes = createFixedRoutes(pace?.events ?? BURST_EVENTS)
  const connections = new Map<Socket, FastConnection>()

  function describe(method: string, path: string): Buffer | null {
    if (method === 'DELETE' && path === '/__ledger') counter.clear()
    if (path === '/__ledger') return jsonResponse(counter.counts())
    if (path === '/__health') return jsonResponse({ ok: true, fast: true, inFlight: 0 })
    return describeModels(method, path)
  }

  const server = createServer((socket) => {
    socket.on('close', () => connections.delete(socket))
    const connection = new FastConnection(socket, { routes, counter, wheel, describe })
    connections.set(socket, connection)
  })
  const listening = await listen(server, port)
  return {
    url: `http://127.0.0.1:${listening}`,
    port: listening,
    counts: () => counter.counts(),
    stop() {
      wheel?.stop()
      return new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of connections.keys()) socket.destroy()
      })
    },
  }
}

function jsonResponse(value: object): Buffer {
  return wholeResponse(200, 'OK', Buffer.from(JSON.stringify(value)))
}

function describeModels(method: string, path: string): Buffer | null {
  const [, prefix = '', rest = ''] = /^\/([^/]*)(\/.*)?$/.exec(path) ?? []
  const vendor = VENDORS.find(({ name }) => name === prefix)
  const endpoint = vendor?.endpoint(method, rest, new URLSearchParams()) ?? null
  if (vendor === undefined || endpoint?.kind !== 'models') return null
  return wholeResponse(200, 'OK', Buffer.from(endpoint.list(vendor.models)))
}
