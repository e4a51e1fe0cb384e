// Requests that a client sends down one connection without waiting for the answers, and answers that nobody takes.
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHandTimers } from '../support/hand-timers.ts'
import { drainRequest } from '../support/scripted-provider.ts'
import { createScriptedGroups, rawClient, rawRequest, type ScriptedGroups } from '../support/scripted-groups.ts'
import { messagesBody, startTestGateway, type TestGateway } from '../support/test-gateway.ts'
import { until } from '../support/until.ts'

let gateway: TestGateway
let groups: ScriptedGroups
const hand = createHandTimers(60_000)

beforeAll(async () => {
  gateway = await startTestGateway({ config: { upstreamConnections: 1 }, app: { timers: hand.timers } })
  groups = createScriptedGroups(gateway)
})
afterAll(async () => {
  await gateway.stop()
  await groups.stop()
})

const jsonHead = { 'content-type': 'application/json' }
const answerText = JSON.stringify({
  id: 'm',
  type: 'message',
  content: [{ type: 'text', text: 'hi' }],
  usage: { input_tokens: 3, output_tokens: 2 },
})
const say = (text = 'hello there') => JSON.stringify(messagesBody(text))
const live = () => gateway.app.live

/** An account that answers when it is told to. */
async function patientGroup() {
  const waiting: (() => void)[] = []
  const group = await groups.add([
    (request, response) => {
      request.resume()
      waiting.push(() => response.writeHead(200, jsonHead).end(answerText))
    },
  ])
  return { group, provider: group.providers[0], waiting }
}

function textOf(client: ReturnType<typeof rawClient>): () => string {
  let received = ''
  client.on('data', (chunk) => (received += chunk.toString()))
  return () => received
}

test('RQ7 requests that a client sends down one connection at once are served one behind the other', async () => {
  const { group, provider, waiting } = await patientGroup()
  const client = rawClient(gateway)
  const received = textOf(client)
  client.write(rawRequest(group.key, say()).repeat(3))
  await until(() => waiting.length === 1 && live().openRequests() === 3)
  expect(live().activeTotal()).toBe(1)
  waiting.shift()?.()
  await until(() => waiting.length === 1)
  expect(received().split(answerText)).toHaveLength(2)
  // It leaves: the request that waits behind the running one is not begun.
  client.destroy()
  waiting.shift()?.()
  await until(() => live().openRequests() === 0)
  expect(provider?.received()).toBe(2)
})

test('RQ7 a request too large to wait is refused in its turn, and the connection goes on', async () => {
  const { group, waiting } = await patientGroup()
  const client = rawClient(gateway)
  const received = textOf(client)
  client.write(rawRequest(group.key, say()))
  await until(() => waiting.length === 1)
  client.write(rawRequest(group.key, say('x'.repeat(3_000_000))) + rawRequest(group.key, say()))
  await until(() => live().openRequests() === 3)
  waiting.shift()?.()
  await until(() => waiting.length === 1)
  waiting.shift()?.()
  await until(() => received().split(answerText).length === 3)
  expect([...received().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '503', '200'])
  expect(received()).toContain('only small ones can wait')
  client.destroy()
})

test('RQ7 a flood behind a running request ends the connection, and nothing of it stays', async () => {
  const { group, provider, waiting } = await patientGroup()
  const client = rawClient(gateway)
  client.resume()
  client.write(rawRequest(group.key, say()))
  await until(() => waiting.length === 1)
  const flood = 'POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}'.repeat(1000)
  let highest = 0
  while (!client.destroyed) {
    client.write(flood)
    highest = Math.max(highest, live().openRequests())
    await new Promise((resolve) => setImmediate(resolve))
  }
  // What runs is paid for and ends by itself.
  await until(() => live().openRequests() === 1)
  waiting.shift()?.()
  await until(() => live().openRequests() === 0)
  expect(highest).toBeLessThanOrEqual(101)
  expect(provider?.received()).toBe(1)
  expect(gateway.app.ledger.pendingTotal()).toBe(0)
})

test.each([10, 1_000_000])(
  'RQ4 a client that leaves with %d bytes behind its request is seen to leave',
  async (behindBytes) => {
    const { group, provider, waiting } = await patientGroup()
    const first = gateway.post('/v1/messages', group.key, messagesBody('hi'))
    await until(() => waiting.length === 1)
    // The account has one connection: the second request is not sent yet.
    const client = rawClient(gateway)
    client.resume()
    client.write(rawRequest(group.key, say()))
    client.write(rawRequest(group.key, 'x'.repeat(behindBytes)))
    await until(() => live().openRequests() === 3)
    client.destroy()
    await until(() => live().openRequests() <= 2)
    waiting.shift()?.()
    expect((await first).status).toBe(200)
    await until(() => live().openRequests() === 0)
    expect(provider?.received()).toBe(1)
  },
)

test.each([
  ['of a provider', undefined],
  ['of our own', 'no-such-model'],
])('ST4 refusals %s that nobody reads are given up when nothing moves', async (_name, model) => {
  const rejected = Buffer.alloc(64 * 1024, 'x')
  const rejecting: RequestListener = (request, response) =>
    void drainRequest(request).then(() => response.writeHead(400, jsonHead).end(rejected))
  const group = await groups.add([rejecting])
  const client = rawClient(gateway)
  await once(client, 'connect')
  client.pause()
  // Answers until the kernel's buffers are full.
  const requests = rawRequest(group.key, JSON.stringify(messagesBody('hi', model ? { model } : {}))).repeat(50)
  const before = hand.waiting()
  while (hand.waiting() === before || live().activeTotal() > 0) {
    if (live().openRequests() === 0) client.write(requests)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(live().openRequests()).toBeGreaterThan(0)
  hand.fire()
  hand.fire()
  client.resume()
  await until(() => client.closed)
  expect(live().openRequests()).toBe(0)
})
