// What stands before a client while it is tried: passes its calls on to the gateway and notes how they were answered,
// and is its proxy for everything else, which goes nowhere: a trial calls nobody but this machine.
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

export interface Doorway {
  url: string
  /** In the order in which they were answered. */
  calls: AnsweredCall[]
  /** Hosts that the client wanted to reach besides. */
  strangers: Set<string>
  stop(): Promise<void>
}

export interface AnsweredCall {
  method: string
  path: string
  /** 0 when the gateway closed the connection without an answer. */
  status: number
  isStream: boolean
}

const loopbackHosts = new Set(['127.0.0.1', 'localhost'])

export async function startDoorway(gatewayUrl: string): Promise<Doorway> {
  const calls: AnsweredCall[] = []
  const strangers = new Set<string>()

  const passOn = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method = 'GET', url = '/', headers } = incoming
    if (!url.startsWith('/')) {
      strangers.add(new URL(url).host)
      outgoing.writeHead(403).end()
      return
    }
    const note = (status: number, contentType = '') =>
      calls.push({ method, path: url, status, isStream: contentType.startsWith('text/event-stream') })
    const upstream = request(gatewayUrl + url, { method, headers }, (answer) => {
      note(answer.statusCode ?? 0, answer.headers['content-type'])
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
      answer.on('error', () => outgoing.destroy())
    })
    upstream.on('error', () => {
      if (!outgoing.headersSent) note(0)
      outgoing.destroy()
    })
    outgoing.on('close', () => upstream.destroy())
    incoming.pipe(upstream)
  }

  const tunnel = ({ url = '' }: IncomingMessage, client: Duplex) => {
    const [host = '', port = ''] = url.split(':')
    // A client that is ended breaks off whatever it had open.
    client.on('error', () => client.destroy())
    if (!loopbackHosts.has(host)) {
      strangers.add(url)
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      return
    }
    // Some clients send every call through their proxy, whatever NO_PROXY says.
    const server = connect(Number(port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      server.pipe(client).pipe(server)
    })
    server.on('error', () => client.destroy())
    client.on('close', () => server.destroy())
  }

  const server = createServer(passOn).on('connect', tunnel)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    strangers,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
