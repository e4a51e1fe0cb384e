// The connector against real sockets: what is refused is never connected to, and a name is resolved once.
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createConnector, guardedLookup, type Resolve } from './connector.ts'
import { createEgressGuard, EgressError } from './egress-guard.ts'

let server: Server
let port: string
let accepted: Socket[]

beforeEach(async () => {
  accepted = []
  server = createServer((socket) => accepted.push(socket.on('error', () => socket.destroy())))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = String((server.address() as { port: number }).port)
})
afterEach(async () => {
  for (const socket of accepted) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

/** Gives each of the answers once, the last one for ever, and counts. */
function answering(...answers: string[][]) {
  let asked = 0
  const resolve: Resolve = (_hostname, done) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? []
    asked += 1
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  return { resolve, asked: () => asked }
}

async function connect(url: string, allowLoopback: boolean, resolve?: Resolve): Promise<Socket | Error> {
  const guard = createEgressGuard({ allowLoopback })
  const connector = createConnector({ guard, connectTimeoutMs: 2000, ...(resolve ? { resolve } : {}) })
  const { hostname, host, protocol, port } = new URL(url)
  return new Promise((done) => connector({ hostname, host, protocol, port }, (error, socket) => done(error ?? socket)))
}

describe('connector', () => {
  test('connects to loopback where that is switched on', async () => {
    const socket = await connect(`http://127.0.0.1:${port}`, true)
    expect(socket).not.toBeInstanceOf(Error)
    ;(socket as Socket).destroy()
    const named = await connect(`http://anything.localhost:${port}`, true, answering(['127.0.0.1']).resolve)
    expect(named).not.toBeInstanceOf(Error)
    ;(named as Socket).destroy()
  })

  test.each(['127.0.0.1', '[::1]', '10.0.0.1', '[::ffff:127.0.0.1]'])(
    'the literal %s is refused without a connection',
    async (host) => {
      expect(await connect(`https://${host}:${port}`, false)).toBeInstanceOf(EgressError)
      expect(accepted).toHaveLength(0)
    },
  )

  test('a public name that resolves to this machine is refused', async () => {
    const failure = await connect(`https://innocent.example:${port}`, false, answering(['127.0.0.1']).resolve)
    expect(failure).toMatchObject({ code: 'egress_refused', reason: 'address-forbidden' })
    expect(accepted).toHaveLength(0)
  })

  test.each([
    [['8.8.8.8', '127.0.0.1']],
    [['127.0.0.1', '8.8.8.8']],
    [['2606:4700::1111', '::1']],
    [['8.8.8.8', '169.254.169.254']],
  ])('one forbidden address among %j refuses the name', async (addresses) => {
    expect(await connect(`https://mixed.example:${port}`, false, answering(addresses).resolve)).toBeInstanceOf(
      EgressError,
    )
  })

  test('http to a name outside of this machine is refused even where loopback is on', async () => {
    expect(await connect(`http://plain.example:${port}`, true, answering(['8.8.8.8']).resolve)).toMatchObject({
      reason: 'scheme-forbidden',
    })
  })

  test('no address, too many addresses, and a failing resolver fail the connection', async () => {
    expect(await connect('https://none.example', false, answering([]).resolve)).toMatchObject({
      reason: 'name-not-resolved',
    })
    const many = Array.from({ length: 65 }, (_, index) => `8.8.8.${index}`)
    expect(await connect('https://many.example', false, answering(many).resolve)).toBeInstanceOf(EgressError)
    const failing: Resolve = (_hostname, done) =>
      done(Object.assign(new TypeError('ENOTFOUND'), { code: 'ENOTFOUND' }), [])
    expect(await connect('https://gone.example', false, failing)).toMatchObject({ code: 'ENOTFOUND' })
  })

  test('a foreign scheme is refused', async () => {
    expect(await connect('ftp://127.0.0.1', true)).toMatchObject({ reason: 'scheme-forbidden' })
  })
})

describe('rebinding', () => {
  test('the addresses that were checked are the ones that are connected to, and the name is asked once', () => {
    const rebinding = answering(['8.8.8.8'], ['127.0.0.1'])
    const lookup = guardedLookup('https:', createEgressGuard({ allowLoopback: false }), rebinding.resolve)
    const answers: unknown[] = []
    lookup('rebind.example', { all: true }, (error, addresses) => answers.push(error, addresses))
    expect(answers).toEqual([null, [{ address: '8.8.8.8', family: 4 }]])
    expect(rebinding.asked()).toBe(1)
  })

  test('the second connection to a name that turned is refused', async () => {
    const rebinding = answering(['127.0.0.1'], ['10.0.0.1'])
    const guard = createEgressGuard({ allowLoopback: true })
    const connector = createConnector({ guard, connectTimeoutMs: 2000, resolve: rebinding.resolve })
    const open = async () =>
      new Promise<Socket | Error>((done) =>
        connector(
          { hostname: 'rebind.localhost', host: 'rebind.localhost', protocol: 'http:', port },
          (error, socket) => done(error ?? socket),
        ),
      )
    const first = await open()
    expect(first).not.toBeInstanceOf(Error)
    ;(first as Socket).destroy()
    expect(await open()).toBeInstanceOf(EgressError)
    expect(rebinding.asked()).toBe(2)
  })
})
