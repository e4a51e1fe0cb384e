// Compressed answers: only where the fault asks for it and the request accepts it, whole and streamed, in each encoding.
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Encoding } from './fault-script.ts'
import type { Simulator } from './simulator.ts'
import { startSimulator } from './simulator.ts'
import { ask, send, testAccounts } from './test-client.ts'

const DECODERS: Record<Encoding, (bytes: Buffer) => Buffer> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
}

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ seed: 1, speed: 0, accounts: testAccounts() })
})
afterEach(() => simulator.stop())

function question(stream: boolean, acceptEncoding: string) {
  const asking = ask(simulator.url, 'claude', { text: '[[echo:压缩 and more]]', stream })
  return send({ ...asking, headers: { ...asking.headers, 'accept-encoding': acceptEncoding } })
}

/** Ids differ from answer to answer. */
const said = (text: string) => text.replaceAll(/msg_01\w+/g, 'msg')

test.each(['gzip', 'deflate', 'br', 'zstd'] as const)('%s, whole and streamed', async (encoding) => {
  for (const stream of [false, true]) {
    simulator.setFaults([])
    const plain = await question(stream, 'gzip, deflate, br, zstd')
    expect(plain.headers).not.toHaveProperty('content-encoding')
    simulator.setFaults([{ match: {}, fault: { kind: 'compress', encoding } }])
    const answer = await question(stream, 'gzip, deflate, br, zstd')
    expect(answer).toMatchObject({ status: 200, complete: true, headers: { 'content-encoding': encoding } })
    const text = DECODERS[encoding](Buffer.concat(answer.pieces)).toString('utf8')
    expect(said(text)).toBe(said(plain.text))
  }
  expect(simulator.ledger().every(({ outcome }) => outcome === 'ok')).toBe(true)
})

test('a stream stays one: the first event can be read before the last is there', async () => {
  simulator.setFaults([{ match: {}, fault: { kind: 'compress' } }])
  const answer = await question(true, 'gzip')
  expect(answer.pieces.length).toBeGreaterThan(3)
  const begun = gunzipSync(answer.pieces[0]!, { finishFlush: 2 }).toString('utf8')
  expect(begun).toContain('message_start')
})

test('what the request does not accept is not sent', async () => {
  simulator.setFaults([{ match: {}, fault: { kind: 'compress', encoding: 'br' } }])
  const answer = await question(false, 'gzip')
  expect(answer.headers).not.toHaveProperty('content-encoding')
  expect(JSON.parse(answer.text).type).toBe('message')
})
