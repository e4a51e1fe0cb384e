// A client that reads slowly must slow the provider down, not fill the gateway's memory.
import { createServer } from 'node:http'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messagesBody, startTestGateway, type TestGateway } from '../support/test-gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway.stop())

const eventCount = 200_000
const event = `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${'x'.repeat(200)}"}}\n\n`
const megabyte = 1024 * 1024

test('ST4 a client that stops reading stops the upstream (T64)', async () => {
  let sentBytes = 0
  let isFinished = false
  const provider = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(
      'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":1,"output_tokens":1}}}\n\n',
    )
    let count = 0
    const pump = () => {
      while (count < eventCount) {
        count += 1
        sentBytes += event.length
        if (!response.write(event)) return void response.once('drain', pump)
      }
      isFinished = true
      response.end(
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
      )
    }
    pump()
  })
  provider.listen(0, '127.0.0.1')
  await once(provider, 'listening')
  const accountId = await gateway.addAccount('firehose', 'claude', {
    accountType: 'dedicated',
    apiEndpoint: `http://127.0.0.1:${(provider.address() as AddressInfo).port}`,
  })
  const group = await gateway.addGroup({
    mode: 'dedicated',
    accounts: [{ accountId, serviceType: 'claude', priority: 1 }],
  })

  const body = JSON.stringify(messagesBody('x', { stream: true }))
  const client = connect(Number(new URL(gateway.app.url).port), '127.0.0.1')
  client.write(
    `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${group.key}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  await once(client, 'data')
  client.pause()
  // The flow has come to rest when nothing was sent between two looks.
  for (let before = -1; before !== sentBytes;) {
    before = sentBytes
    for (let turn = 0; turn < 2000; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(isFinished).toBe(false)
  // What fits into the sockets' buffers on the way, of 50 MB that the provider has to give.
  expect(sentBytes).toBeLessThan(20 * megabyte)
  // Reading again lets it go on to its end.
  let received = ''
  client.on('data', (chunk: Buffer) => (received = (received + chunk.toString('latin1')).slice(-2000)))
  client.resume()
  while (!received.includes('message_stop')) await once(client, 'data')
  expect(isFinished).toBe(true)
  client.destroy()
  provider.closeAllConnections()
  provider.close()
  expect((await gateway.rows()).at(-1)).toMatchObject({ output_tokens: 9n, usage_source: 'reported' })
})
