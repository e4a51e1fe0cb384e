// Requests that do not end well, or whose client does not wait: who pays, what stays held, what the account is blamed for.
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEnterprise } from '../../src/controlplane/enterprises/enterprises.ts'
import { createHandTimers } from '../support/hand-timers.ts'
import {
  drainRequest,
  largeAnswer,
  largeText,
  startScriptedProvider,
  type ScriptedProvider,
} from '../support/scripted-provider.ts'
import { rawClient, rawRequest } from '../support/scripted-groups.ts'
import { messagesBody, startTestGateway, type TestGateway, type TestGroup } from '../support/test-gateway.ts'
import { until } from '../support/until.ts'

let gateway: TestGateway
const hand = createHandTimers(60_000)
const providers: ScriptedProvider[] = []
const firstByteTimeoutMs = 700
const concurrentRequestsMax = 3

beforeAll(async () => {
  gateway = await startTestGateway({
    config: {
      upstreamFirstByteTimeoutMs: firstByteTimeoutMs,
      upstreamIdleTimeoutMs: firstByteTimeoutMs,
      upstreamConnections: 1,
      concurrentRequestsMax,
    },
    app: { timers: hand.timers },
  })
})
afterAll(async () => {
  await gateway.stop()
  for (const provider of providers) await provider.stop()
})

const turn = () => new Promise((resolve) => setImmediate(resolve))

let round = 0
/** A group with one account at a provider of its own. */
async function soloGroup(answer: RequestListener, over = {}): Promise<TestGroup & { provider: ScriptedProvider }> {
  const provider = await startScriptedProvider(answer)
  providers.push(provider)
  return { ...(await groupAt(provider.url, over)), provider }
}

async function groupAt(url: string, over = {}): Promise<TestGroup> {
  round += 1
  const accountId = await gateway.addAccount(`solo${round}`, 'claude', {
    accountType: 'dedicated',
    apiEndpoint: url,
    ...over,
  })
  return gateway.addGroup({ mode: 'dedicated', accounts: [{ accountId, serviceType: 'claude', priority: 1 }] })
}

const say = (over: Record<string, unknown> = {}) => messagesBody('hello there', over)
const rowsOf = async (group: TestGroup) => (await gateway.rows()).filter((row) => row.group_id === group.id)
const sseHead = { 'content-type': 'text/event-stream' }
const jsonHead = { 'content-type': 'application/json' }
const messageStart =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":321,"output_tokens":1}}}\n\n'
const answerText = JSON.stringify({
  id: 'm',
  type: 'message',
  content: [{ type: 'text', text: 'hi' }],
  usage: { input_tokens: 3, output_tokens: 2 },
})

type Ending = [name: string, answer: RequestListener, source: string, inputTokens: number | 'estimated']
const endings: Ending[] = [
  [
    'a body that is cut in the middle',
    (_request, response) => {
      response.writeHead(200, { ...jsonHead, 'content-length': 5000 })
      response.write(answerText.slice(0, 60), () => response.destroy())
    },
    'estimated',
    'estimated',
  ],
  [
    'a whole body that is no JSON',
    (_request, response) => response.writeHead(200, jsonHead).end(answerText.slice(0, 60)),
    'estimated',
    'estimated',
  ],
  [
    'a stream that is cut behind its first usage',
    (_request, response) => {
      response.writeHead(200, sseHead)
      response.write(messageStart, () => response.destroy())
    },
    'partial',
    321,
  ],
  ['silence after the request was sent', () => undefined, 'estimated', 'estimated'],
  [
    'an error event behind the first usage',
    (_request, response) => {
      response.writeHead(200, sseHead)
      response.end(
        `${messageStart}event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n`,
      )
    },
    'partial',
    321,
  ],
  [
    'an error as the first event',
    (_request, response) => {
      response.writeHead(200, sseHead)
      response.end('event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n')
    },
    'none',
    0,
  ],
  ['an empty body', (_request, response) => response.writeHead(200, jsonHead).end(), 'none', 0],
  ['an error status', (_request, response) => response.writeHead(500, jsonHead).end('{"error":{}}'), 'none', 0],
  [
    'a reset behind nothing but headers',
    (_request, response) => {
      response.writeHead(200, sseHead)
      response.flushHeaders()
      setTimeout(() => response.destroy(), 50)
    },
    'none',
    0,
  ],
  ['a reset before any answer', (request) => request.socket.resetAndDestroy(), 'none', 0],
]

test.each(endings)(
  'ME11 %s is billed for what the provider may have consumed',
  async (_name, answer, source, input) => {
    const group = await soloGroup(
      (request, response) => void drainRequest(request).then(() => answer(request, response)),
    )
    const response = await gateway.post('/v1/messages', group.key, say({ stream: true }))
    await response.text()
    expect(response.status).toBeGreaterThanOrEqual(500)
    const rows = await rowsOf(group)
    expect(rows).toHaveLength(1)
    const estimate = Math.ceil(JSON.stringify(say({ stream: true })).length / 4)
    expect(rows[0]).toMatchObject({
      usage_source: source,
      is_final: true,
      input_tokens: BigInt(input === 'estimated' ? estimate : input),
    })
    expect(rows[0]?.status).not.toBe('success')
    expect(Number(rows[0]?.cost) > 0).toBe(source !== 'none')
    expect(gateway.app.ledger.pendingTotal()).toBe(0)
  },
)

test('ME11 a connection that is refused costs nothing', async () => {
  const gone = await startScriptedProvider(() => undefined)
  await gone.stop()
  const group = await groupAt(gone.url)
  await (await gateway.post('/v1/messages', group.key, say())).text()
  expect(await rowsOf(group)).toMatchObject([{ usage_source: 'none', total_tokens: 0n }])
})

/** A raw client: sends a whole request and gives its socket. */
async function sendRaw(group: TestGroup, body: string, headers?: string): Promise<Socket> {
  const socket = rawClient(gateway)
  await once(socket, 'connect')
  socket.write(rawRequest(group.key, body, headers))
  return socket
}

test('RT12 an answer that is given up because nobody waits is not held against the account', async () => {
  const isBroken = () => false
  const group = await soloGroup((request, response) => {
    request.resume()
    if (isBroken()) return
    // Alive, but never at an end: a ping every so often keeps the idle timeout away.
    response.writeHead(200, sseHead)
    response.write(messageStart)
    const beat = setInterval(() => response.write('event: ping\ndata: {"type":"ping"}\n\n'), 50)
    response.on('close', () => clearInterval(beat))
  })
  for (let count = 0; count < 6; count += 1) {
    const client = await sendRaw(group, JSON.stringify(say({ stream: true })))
    await until(() => group.provider.received() === count + 1)
    const before = hand.waiting()
    client.destroy()
    await until(() => hand.waiting() > before)
    hand.fire()
    await until(() => gateway.app.live.activeTotal() === 0)
  }
  const rows = await rowsOf(group)
  expect(rows.map((row) => row.usage_source)).toEqual(Array.from({ length: 6 }, () => 'partial'))
  expect(rows[0]).toMatchObject({ error_code: expect.stringContaining('abandoned') })
  // Six failures in a row would have opened the circuit at the fifth.
  const account = [...(gateway.app.snapshot.enterprise(gateway.enterpriseId)?.accounts ?? [])].find(
    ({ id }) => id === rows[0]?.account_id,
  )
  expect(account && gateway.app.live.stateOf(account).health).toMatchObject({ consecutiveFailures: 0, ejections: 0 })
})

test('RQ4 a client that leaves while its request waits for a connection is not served', async () => {
  let finishFirst: () => void = () => undefined
  const group = await soloGroup((request, response) => {
    request.resume()
    finishFirst = () => response.writeHead(200, jsonHead).end(answerText)
  })
  const first = gateway.post('/v1/messages', group.key, say())
  await until(() => group.provider.received() === 1)
  const second = await sendRaw(group, JSON.stringify(say()))
  await until(() => gateway.app.live.activeTotal() === 2)
  const before = hand.waiting()
  second.destroy()
  await until(() => hand.waiting() > before)
  finishFirst()
  expect((await first).status).toBe(200)
  await until(() => gateway.app.live.activeTotal() === 0)
  expect(group.provider.received()).toBe(1)
  expect((await rowsOf(group)).map((row) => row.usage_source).toSorted()).toEqual(['none', 'reported'])
})

test('RQ5 requests count from their first byte until their answer has left', async () => {
  const group = await soloGroup((request, response) => {
    void drainRequest(request).then(() => response.writeHead(200, jsonHead).end(answerText))
  })
  const body = JSON.stringify(say())
  const status = async () => {
    const response = await gateway.post('/v1/messages', group.key, say())
    await response.text()
    return response.status
  }
  // Requests whose bodies do not come to an end; "100 Continue" tells that the gateway has them.
  const endless = `expect: 100-continue\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`
  const slow = await Promise.all(Array.from({ length: concurrentRequestsMax }, () => sendRaw(group, '', endless)))
  await Promise.all(slow.map((socket) => once(socket, 'data')))
  expect(await status()).toBe(503)
  for (const socket of slow) socket.destroy()
  await until(() => slow.every((socket) => socket.closed))
  while ((await status()) !== 200) await turn()
})

test('RQ5 a whole answer that nobody reads keeps its slot, and is given up when nothing moves', async () => {
  const large = JSON.stringify({
    id: 'm',
    content: [{ type: 'text', text: 'x'.repeat(16 * 1024 * 1024) }],
    usage: { input_tokens: 3, output_tokens: 2 },
  })
  const group = await soloGroup((request, response) => {
    void drainRequest(request).then(() => response.writeHead(200, jsonHead).end(large))
  })
  const clients = await Promise.all(
    Array.from({ length: concurrentRequestsMax }, () => sendRaw(group, JSON.stringify(say()))),
  )
  for (const client of clients) client.pause()
  await until(() => hand.waiting() >= concurrentRequestsMax)
  await until(() => gateway.app.live.activeTotal() === 0)
  expect((await gateway.post('/v1/messages', group.key, say())).status).toBe(503)
  // The first look finds that the kernel's buffers took something; from the second on nothing moves.
  hand.fire()
  hand.fire()
  for (const client of clients) client.resume()
  await Promise.all(clients.map((client) => once(client, 'close')))
  const after = await gateway.post('/v1/messages', group.key, say())
  expect(after.status).toBe(200)
  await after.text()
})

test('RQ6 a client that closes its sending side is taken as gone', async () => {
  const group = await soloGroup((request, response) => {
    void drainRequest(request).then(() => response.writeHead(200, jsonHead).end(answerText))
  })
  const client = await sendRaw(group, JSON.stringify(say()))
  client.end()
  client.resume()
  await once(client, 'close')
  await until(() => gateway.app.live.activeTotal() === 0)
  const rows = await rowsOf(group)
  expect(rows).toHaveLength(1)
  expect(rows[0]?.is_final).toBe(true)
  expect(gateway.app.ledger.pendingTotal()).toBe(0)
})

test('QU10 an account at its own daily limit says when it is back, and uses no attempt', async () => {
  const answer: RequestListener = (request, response) =>
    void drainRequest(request).then(() => response.writeHead(500, jsonHead).end('{}'))
  const limited = await soloGroup(answer, { dailyLimit: 5 })
  const refused = await gateway.post('/v1/messages', limited.key, say())
  expect(refused.status).toBe(429)
  expect(refused.headers.get('x-should-retry')).toBe('true')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await refused.text()).toContain('accounts_rate_limited')
  expect(limited.provider.received()).toBe(0)

  const provider = await startScriptedProvider(answer)
  providers.push(provider)
  const open = { accountType: 'dedicated' as const, apiEndpoint: provider.url }
  const first = await gateway.addAccount('full', 'claude', { ...open, dailyLimit: 5 })
  const second = await gateway.addAccount('broken', 'claude', open)
  const third = await gateway.addAccount('full-too', 'claude', { ...open, dailyLimit: 5 })
  const group = await gateway.addGroup({
    mode: 'dedicated',
    accounts: [first, second, third].map((accountId, priority) => ({ accountId, serviceType: 'claude', priority })),
  })
  await (await gateway.post('/v1/messages', group.key, say())).text()
  // The one account that could be asked is the first and the last attempt.
  expect(await rowsOf(group)).toMatchObject([{ attempt: 1, is_final: true, account_id: second }])
})

test('RQ4 a failure is not carried to another account for a client that has left', async () => {
  let fail: () => void = () => undefined
  const broken = await startScriptedProvider((request, response) => {
    request.resume()
    fail = () => response.writeHead(500, jsonHead).end('{}')
  })
  const healthy = await startScriptedProvider((request, response) => {
    void drainRequest(request).then(() => response.writeHead(200, jsonHead).end(answerText))
  })
  providers.push(broken, healthy)
  const accounts = []
  for (const [name, { url }] of Object.entries({ broken, healthy })) {
    const accountId = await gateway.addAccount(`left-${name}`, 'claude', { accountType: 'dedicated', apiEndpoint: url })
    accounts.push({ accountId, serviceType: 'claude' as const, priority: accounts.length })
  }
  const group = await gateway.addGroup({ mode: 'dedicated', accounts })
  const client = await sendRaw(group, JSON.stringify(say()))
  await until(() => broken.received() === 1)
  const before = hand.waiting()
  client.destroy()
  await until(() => hand.waiting() > before)
  fail()
  await until(() => gateway.app.live.activeTotal() === 0)
  expect(healthy.received()).toBe(0)
  expect(await rowsOf(group)).toMatchObject([{ is_final: true, usage_source: 'none' }])
})

test('ME1 a usage object that is too large for a record is left out, the figures are not', async () => {
  const usage = { input_tokens: 3, output_tokens: 2, service_tier: 'x'.repeat(20_000) }
  const answer = JSON.stringify({ id: 'm', type: 'message', content: [{ type: 'text', text: 'hi' }], usage })
  const group = await soloGroup((request, response) => {
    void drainRequest(request).then(() => response.writeHead(200, jsonHead).end(answer))
  })
  const response = await gateway.post('/v1/messages', group.key, say())
  expect(await response.text()).toBe(answer)
  expect(await rowsOf(group)).toMatchObject([{ usage_source: 'reported', input_tokens: 3n, output_tokens: 2n }])
})

test('one enterprise that cannot be loaded does not keep the others from changes', async () => {
  const { database, random, publisher } = gateway.app
  const other = await database.transaction((tx) => createEnterprise(tx, random, { name: 'Other' }))
  await database.query("UPDATE enterprises SET time_zone = 'Mars/Olympus' WHERE id = $1", [other])
  const group = await soloGroup((request, response) => {
    void drainRequest(request).then(() => response.writeHead(200, jsonHead).end(answerText))
  })
  await publisher.refresh()
  expect((await gateway.post('/v1/messages', group.key, say())).status).toBe(200)
})

test('ME11 a provider that was never reached costs nothing, however late that became clear', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const group = await groupAt(`https://127.0.0.1:${port}`)
  const response = await gateway.post('/v1/messages', group.key, say())
  expect(response.status, await response.text()).toBeGreaterThanOrEqual(500)
  const rows = await rowsOf(group)
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({ usage_source: 'none', input_tokens: 0n })
  silent.close()
})

test('ME11 an estimate never goes beyond what the request allowed', async () => {
  const group = await soloGroup((request, response) => {
    void drainRequest(request).then(() => {
      response.writeHead(200, jsonHead)
      response.end('<html>' + 'x'.repeat(200_000))
    })
  })
  const response = await gateway.post('/v1/messages', group.key, say({ max_tokens: 1 }))
  expect(response.status, await response.text()).toBe(502)
  const rows = await rowsOf(group)
  expect(rows[0]).toMatchObject({ usage_source: 'estimated', output_tokens: 1n })
})

test('ME11 a request that stopping cut short is billed for the prompt that the provider has', async () => {
  const hasty = await startTestGateway({ config: { drainTimeoutMs: 200 } })
  const provider = await startScriptedProvider((request) => request.resume())
  try {
    const own = { accountType: 'dedicated' as const, apiEndpoint: provider.url }
    const accountId = await hasty.addAccount('slow', 'claude', own)
    const accounts = [{ accountId, serviceType: 'claude' as const, priority: 1 }]
    const { key } = await hasty.addGroup({ mode: 'dedicated', accounts })
    const response = hasty.post('/v1/messages', key, say({ stream: true })).catch(() => undefined)
    await until(() => provider.received() === 1)
    await hasty.restart()
    await response
    const rows = await hasty.rows()
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ usage_source: 'estimated', is_final: true })
    expect(rows[0]?.input_tokens).toBeGreaterThan(0n)
  } finally {
    await hasty.stop()
    await provider.stop()
  }
})

test('ST4 a client that reads slowly but steadily gets the whole of a large answer', async () => {
  const group = await soloGroup(largeAnswer)
  const client = await sendRaw(group, JSON.stringify(say()))
  let received = 0
  client.on('data', (chunk) => {
    received += chunk.length
    client.pause()
  })
  let looks = 0
  while (received < largeText.length) {
    const before = received
    client.resume()
    await until(() => received > before)
    // Every so many megabytes two minutes pass.
    if (received / (4 * 1024 * 1024) > looks + 1 && hand.waiting() > 0) {
      looks += 1
      hand.fire()
    }
    expect(client.destroyed).toBe(false)
  }
  expect(looks).toBeGreaterThan(3)
  client.destroy()
})
