// Fast mode over raw sockets: split and pipelined requests, the burst and the paced stream, counts.
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { once } from 'node:events'
import * as fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import type { Simulator } from '../simulator.ts'
import { startSimulator } from '../simulator.ts'
import { answerText, ask, eventData, send, TEST_VENDORS } from '../test-client.ts'
import { asksForStream, RequestReader } from './request-reader.ts'

let simulator: Simulator
afterEach(() => simulator?.stop())

async function start(fastStream?: { events: number; intervalMs: number }) {
  const pace = fastStream === undefined ? {} : { fastStream }
  simulator = await startSimulator({ seed: 1, accounts: [], fast: true, ...pace })
}

function rawRequest(body: string, key = 'k1'): Buffer {
  const head = `POST /openai/v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n`
  return Buffer.from(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}

function readAll(bytes: Buffer, cuts: readonly number[]): string[] {
  const reader = new RequestReader()
  const bodies: string[] = []
  const edges = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length]
  for (let index = 1; index < edges.length; index += 1) {
    const piece = bytes.subarray(edges[index - 1], edges[index])
    if (piece.length > 0) reader.push(piece)
    for (let request = reader.next(); request !== null; request = reader.next()) bodies.push(request.body.toString())
  }
  return bodies
}

test('any split of pipelined requests gives the same requests', () => {
  const bodies = ['{"a":"长"}', '', '{"b":2}', '{"b":3}']
  const bytes = Buffer.concat(bodies.map((body) => rawRequest(body)))
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 30 }), (cuts) => {
      expect(readAll(bytes, cuts)).toEqual(bodies)
    }),
  )
  expect(readAll(bytes, [...bytes.keys()])).toEqual(bodies)
})

test('chunked requests and endless heads are failures, not requests', () => {
  const chunked = new RequestReader()
  chunked.push(Buffer.from('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n'))
  expect([chunked.next(), chunked.failure]).toEqual([null, 'length-required'])
  const endless = new RequestReader()
  endless.push(Buffer.from(`POST / HTTP/1.1\r\nA: ${'x'.repeat(20_000)}`))
  expect([endless.next(), endless.failure]).toEqual([null, 'head-too-large'])
})

test.each([
  ['{"stream":true}', true],
  ['{"stream": true}', true],
  ['{"stream":false}', false],
  ['{"stream_options":{}}', false],
  ['{"a":{"stream":false},"stream":true}', true],
])('%s asks for a stream: %s', (body, expected) => {
  expect(asksForStream(Buffer.from(body))).toBe(expected)
})

async function collect(socket: Socket, until: (text: string) => boolean): Promise<string> {
  let text = ''
  while (!until(text)) text += String((await once(socket, 'data'))[0])
  return text
}

test('split and pipelined over a real connection: as many answers as requests, in order', async () => {
  await start()
  const socket = connect(simulator.port, '127.0.0.1')
  const bytes = Buffer.concat([rawRequest('{"a":1}'), rawRequest('{"stream":true}'), rawRequest('{"a":2}', 'k2')])
  const collected = collect(
    socket,
    (text) => (text.match(/HTTP\/1\.1 200 OK/g) ?? []).length === 3 && text.endsWith('}\n'),
  )
  for (let start = 0; start < bytes.length; start += 50) socket.write(bytes.subarray(start, start + 50))
  const text = await collected
  socket.destroy()
  const [, first, second, third] = text.split('HTTP/1.1 200 OK')
  expect([first, second, third].map((part) => part!.includes('text/event-stream'))).toEqual([false, true, false])
  const counts = simulator.fastCounts()
  expect(counts).toMatchObject({ fast: true, requests: 3, streams: 1 })
  expect(counts!.keys).toMatchObject({ k1: { requests: 2, streams: 1 }, k2: { requests: 1, streams: 0, events: 0 } })
})

test('every vendor answers whole, about one kilobyte, and in a burst', async () => {
  await start()
  for (const vendor of TEST_VENDORS) {
    const whole = await send(ask(simulator.url, vendor, { text: 'hi' }))
    expect(whole).toMatchObject({ status: 200, complete: true })
    expect(JSON.parse(whole.text)).toBeTypeOf('object')
    expect(whole.text.length).toBeGreaterThan(800)
    const streamed = await send(ask(simulator.url, vendor, { text: 'hi', stream: true }))
    expect(streamed).toMatchObject({ status: 200, complete: true })
    expect(eventData(streamed.text)).not.toContain(null)
    expect(answerText(streamed)).toContain(' token token')
  }
  expect(simulator.fastCounts()).toMatchObject({ requests: 8, streams: 4 })
})

test('OpenAI’s Responses has a fixed answer too', async () => {
  await start()
  const headers = { authorization: 'Bearer k' }
  const respond = (stream: boolean) =>
    send({ url: `${simulator.url}/openai/v1/responses`, headers, body: { model: 'gpt-4o', input: 'hi', stream } })
  expect(JSON.parse((await respond(false)).text)).toMatchObject({ object: 'response', status: 'completed' })
  const events = eventData((await respond(true)).text)
  expect(events.filter((event) => event.type === 'response.output_text.delta')).toHaveLength(20)
  expect(events.at(-1).type).toBe('response.completed')
})

test('a paced stream has the events asked for and the vendor’s own around them; the next request waits', async () => {
  await start({ events: 4, intervalMs: 1 })
  const socket = connect(simulator.port, '127.0.0.1')
  const collected = collect(
    socket,
    (text) => (text.match(/HTTP\/1\.1 200 OK/g) ?? []).length === 2 && text.endsWith('}\n'),
  )
  socket.write(Buffer.concat([rawRequest('{"stream":true}'), rawRequest('{"a":1}')]))
  const text = await collected
  socket.destroy()
  expect(text.indexOf('[DONE]')).toBeLessThan(text.lastIndexOf('HTTP/1.1 200 OK'))
  expect(text.match(/"content":" token"/g)).toHaveLength(4)
  // Role, four tokens, finish, usage and [DONE].
  expect(simulator.fastCounts()).toMatchObject({ requests: 2, streams: 1, events: 8 })
})

test('counts over HTTP can be read and cleared, models are listed, other paths are 404', async () => {
  await start()
  await send(ask(simulator.url, 'claude', { text: 'hi', key: 'abc' }))
  const get = (path: string, method = 'GET') => send({ url: simulator.url + path, method })
  expect(JSON.parse((await get('/__ledger')).text)).toMatchObject({ requests: 1, keys: { abc: { requests: 1 } } })
  await get('/__ledger', 'DELETE')
  expect(simulator.fastCounts()).toMatchObject({ requests: 0 })
  expect(JSON.parse((await get('/claude/v1/models')).text).data.length).toBeGreaterThan(5)
  expect(JSON.parse((await get('/__health')).text)).toMatchObject({ ok: true, fast: true })
  expect((await get('/nowhere')).status).toBe(404)
})

test('what only the ordinary mode can do says so', async () => {
  await start()
  expect(() => simulator.ledger()).toThrow('fast mode')
  expect(() => simulator.setFaults([])).toThrow('fast mode')
})
