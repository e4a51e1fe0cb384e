// Pools over real sockets: connections are kept, bounded, timed and closed; redirects are not followed.
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createEgressGuard, EgressError } from './egress-guard.ts'
import { createUpstream, type Upstream, type UpstreamOptions } from './pools.ts'

const servers: Server[] = []
const upstreams: Upstream[] = []
afterEach(async () => {
  await Promise.all(upstreams.splice(0).map(async (upstream) => upstream.destroy()))
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(listener: RequestListener) {
  const server = createServer(listener)
  servers.push(server)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { origin: `http://127.0.0.1:${(server.address() as { port: number }).port}`, sockets }
}

function create(options: Partial<UpstreamOptions> = {}): Upstream {
  const upstream = createUpstream({
    guard: createEgressGuard({ allowLoopback: true }),
    connectionsPerOrigin: 4,
    firstByteTimeoutMs: 5000,
    idleTimeoutMs: 5000,
    ...options,
  })
  upstreams.push(upstream)
  return upstream
}

async function get(upstream: Upstream, origin: string, path = '/') {
  const { statusCode, body } = await upstream.pool(origin).request({ path, method: 'GET' })
  return { statusCode, text: await body.text() }
}

test('one origin has one pool, whose connections are kept and bounded', async () => {
  const { origin, sockets } = await serve((_request, response) => response.end('ok'))
  const upstream = create()
  expect(upstream.pool(origin)).toBe(upstream.pool(origin))
  for (let round = 0; round < 5; round += 1) expect((await get(upstream, origin)).text).toBe('ok')
  // A connection is free again one turn after its answer ended, so a second one may be opened, never a fifth.
  expect(sockets.size).toBeLessThanOrEqual(2)
  await Promise.all(Array.from({ length: 50 }, async () => get(upstream, origin)))
  expect(sockets.size).toBeLessThanOrEqual(4)
})

test('a forbidden origin fails like a connection, with the reason', async () => {
  const { origin, sockets } = await serve((_request, response) => response.end('ok'))
  const upstream = create({ guard: createEgressGuard({ allowLoopback: false }) })
  await expect(get(upstream, origin)).rejects.toBeInstanceOf(EgressError)
  await expect(get(upstream, 'https://169.254.169.254')).rejects.toMatchObject({ code: 'egress_refused' })
  expect(sockets.size).toBe(0)
})

test('a redirect is an answer, not a request to somewhere else', async () => {
  const elsewhere = await serve((_request, response) => response.end('canary'))
  const { origin } = await serve((_request, response) => response.writeHead(302, { location: elsewhere.origin }).end())
  expect((await get(create(), origin)).statusCode).toBe(302)
  expect(elsewhere.sockets.size).toBe(0)
})

test('silence before the first byte and inside the body ends in a timeout', async () => {
  const { origin } = await serve((request, response) => {
    if (request.url === '/body') response.write('half')
  })
  const upstream = create({ firstByteTimeoutMs: 50, idleTimeoutMs: 50 })
  await expect(get(upstream, origin)).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' })
  await expect(get(upstream, origin, '/body')).rejects.toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' })
})

test('beyond the bound the origin that was unused for longest is closed, one in use is spared', async () => {
  let finish = () => {}
  const slow = await serve((_request, response) => {
    response.write('a')
    finish = () => response.end('b')
  })
  const quick = await Promise.all([0, 1, 2].map(async () => serve((_request, response) => response.end('ok'))))
  const upstream = create({ originsMax: 2 })
  const { body } = await upstream.pool(slow.origin).request({ path: '/', method: 'GET' })
  for (const { origin } of quick) await get(upstream, origin)
  const busyPool = upstream.pool(slow.origin)
  expect(busyPool).toBe(upstream.pool(slow.origin))
  finish()
  expect(await body.text()).toBe('ab')
  const firstQuick = quick[0] as (typeof quick)[number]
  await Promise.all([...firstQuick.sockets].map(async (socket) => socket.destroyed || once(socket, 'close')))
  expect((await get(upstream, firstQuick.origin)).text).toBe('ok')
})

test('closing lets a running request end, destroying cuts it', async () => {
  let finish = () => {}
  const { origin } = await serve((_request, response) => {
    response.write('a')
    finish = () => response.end('b')
  })
  const graceful = create()
  const running = await graceful.pool(origin).request({ path: '/', method: 'GET' })
  const closed = graceful.close()
  finish()
  expect(await running.body.text()).toBe('ab')
  await closed

  const abrupt = create()
  const cut = await abrupt.pool(origin).request({ path: '/', method: 'GET' })
  await Promise.all([expect(cut.body.text()).rejects.toBeInstanceOf(Error), abrupt.destroy()])
})

test('anything but an origin is a bug of ours', () => {
  const upstream = create()
  for (const bad of ['http://127.0.0.1/path', 'http://user@127.0.0.1', 'nonsense', 'http://127.0.0.1:80']) {
    expect(() => upstream.pool(bad)).toThrow(/invariant/)
  }
})
