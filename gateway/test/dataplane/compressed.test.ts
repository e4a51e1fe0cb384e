// Providers, or proxies before them, that compress although nothing was asked for.
import type { RequestListener } from 'node:http'
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drainRequest } from '../support/scripted-provider.ts'
import { createScriptedGroups, type ScriptedGroups } from '../support/scripted-groups.ts'
import { messagesBody, startTestGateway, type TestGateway } from '../support/test-gateway.ts'

let gateway: TestGateway
let groups: ScriptedGroups
beforeAll(async () => {
  gateway = await startTestGateway()
  groups = createScriptedGroups(gateway)
})
afterAll(async () => {
  await gateway.stop()
  await groups.stop()
})

const flushing = { flush: constants.Z_SYNC_FLUSH }
const encodings = {
  gzip: { whole: gzipSync, stream: () => createGzip(flushing) },
  deflate: { whole: deflateSync, stream: () => createDeflate(flushing) },
  br: {
    whole: brotliCompressSync,
    stream: () => createBrotliCompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
  },
  zstd: { whole: zstdCompressSync, stream: () => createZstdCompress({ flush: constants.ZSTD_e_flush }) },
}
type Encoding = keyof typeof encodings
const names = Object.keys(encodings) as Encoding[]

const answerText = JSON.stringify({
  id: 'm',
  type: 'message',
  content: [{ type: 'text', text: '拼车' }],
  usage: { input_tokens: 31, output_tokens: 7 },
})
const events = [
  { type: 'message_start', message: { id: 'm', usage: { input_tokens: 31, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  ...['a', 'b', 'c'].map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } },
  { type: 'message_stop' },
].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)

const answering =
  (encoding: Encoding): RequestListener =>
  (request, response) =>
    void drainRequest(request).then(() => {
      const body = encodings[encoding].whole(Buffer.from(answerText))
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding }).end(body)
    })

test.each(names)('ST6 an answer in %s is unpacked, passed on and metered', async (encoding) => {
  const group = await groups.add([answering(encoding)])
  const response = await gateway.post('/v1/messages', group.key, messagesBody('hi'))
  expect(response.headers.get('content-encoding')).toBe(null)
  expect(await response.text()).toBe(answerText)
  const rows = (await gateway.rows()).filter((row) => row.group_id === group.id)
  expect(rows).toMatchObject([{ usage_source: 'reported', input_tokens: 31n, output_tokens: 7n }])
})

test.each(names)('ST6 a stream in %s arrives event by event', async (encoding) => {
  let release: () => void = () => undefined
  const group = await groups.add([
    (request, response) =>
      void drainRequest(request).then(() => {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding })
        const packing = encodings[encoding].stream()
        packing.pipe(response)
        for (const event of events.slice(0, 4)) packing.write(event)
        release = () => packing.end(events.slice(4).join(''))
      }),
  ])
  const response = await gateway.post('/v1/messages', group.key, messagesBody('hi', { stream: true }))
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    // The rest is not sent before this has arrived.
    if (text.includes('"text":"b"')) release()
  }
  expect(text).toBe(events.join(''))
  const rows = (await gateway.rows()).filter((row) => row.group_id === group.id)
  expect(rows).toMatchObject([{ usage_source: 'reported', input_tokens: 31n, output_tokens: 7n }])
})

test('ST6 a compressed refusal is understood, and what cannot be unpacked goes to the next account', async () => {
  const refusal = JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: 'max_tokens: no' } })
  const refusing = await groups.add([
    (request, response) =>
      void drainRequest(request).then(() =>
        response
          .writeHead(400, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end(gzipSync(refusal)),
      ),
  ])
  const refused = await gateway.post('/v1/messages', refusing.key, messagesBody('hi'))
  expect([refused.status, await refused.text()]).toEqual([400, refusal])

  const broken: RequestListener = (request, response) =>
    void drainRequest(request).then(() =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(answerText),
    )
  const two = await groups.add([broken, answering('gzip')])
  const served = await gateway.post('/v1/messages', two.key, messagesBody('hi'))
  expect([served.status, await served.text()]).toEqual([200, answerText])
  expect(gateway.app.ledger.pendingTotal()).toBe(0)
})
