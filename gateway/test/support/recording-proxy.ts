// A proxy between gateway and simulator that remembers the bytes of the answers: what the provider really sent.
import { createServer, request } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export interface RecordingProxy {
  url: string
  /** Bodies of the answers, in the order in which they ended. */
  answers: Buffer[]
  /** Bodies of the requests, in the order in which they came. */
  requests: Buffer[]
  /** Their addresses, in the same order. */
  paths: string[]
  stop(): Promise<void>
}

export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const answers: Buffer[] = []
  const requests: Buffer[] = []
  const paths: string[] = []
  const server = createServer((incoming, outgoing) => {
    const sent: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => sent.push(chunk))
    incoming.on('end', () => {
      requests.push(Buffer.concat(sent))
      paths.push(incoming.url ?? '')
      const upstream = request(
        target + incoming.url,
        { method: incoming.method, headers: incoming.headers },
        (answer) => {
          const received: Buffer[] = []
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.on('data', (chunk: Buffer) => {
            received.push(chunk)
            outgoing.write(chunk)
          })
          answer.on('end', () => {
            answers.push(Buffer.concat(received))
            outgoing.end()
          })
          answer.on('error', () => outgoing.destroy())
        },
      )
      upstream.on('error', () => outgoing.destroy())
      upstream.end(Buffer.concat(sent))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    requests,
    paths,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
