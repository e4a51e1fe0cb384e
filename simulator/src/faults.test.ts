// Every fault over a real socket, on every vendor where it differs: what the client sees, and what the books say.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Fault } from './fault-script.ts'
import { createManualClock } from './manual-clock.ts'
import type { Simulator } from './simulator.ts'
import { startSimulator } from './simulator.ts'
import type { Question } from './test-client.ts'
import { answerText, ask, eventData, send, TEST_VENDORS, testAccounts } from './test-client.ts'
import type { VendorName } from './vendor-name.ts'

const clock = createManualClock()
let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ seed: 1, speed: 0, accounts: testAccounts(), clock })
})
afterEach(() => simulator.stop())

/** Waiting for an event, on a machine that may be busy with other things; ends as soon as it is there. */
const PATIENCE = { timeout: 4000 }

const WHOLE: Question = { text: 'hi [[tokens:60]] [[tag:t]]' }
const STREAM: Question = { ...WHOLE, stream: true }

async function suffer(fault: Fault, question: Question, vendor: VendorName = 'openai') {
  simulator.setFaults([{ match: {}, times: 1, fault }])
  const answer = await send(ask(simulator.url, vendor, question))
  await simulator.idle()
  const entries = simulator.ledger()
  expect(entries).toHaveLength(1)
  return { answer, entry: entries[0]! }
}

const nothing = { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0 }

test.each(['refuse', 'reset'] as const)('%s: no status line, nobody pays', async (kind) => {
  const { answer, entry } = await suffer({ kind }, WHOLE)
  expect(answer).toMatchObject({ status: 0, errorCode: 'ECONNRESET' })
  expect(entry).toMatchObject({ status: 0, outcome: 'error', billed: false, fault: kind, usage: nothing })
})

test('refuse does not wait for the body, unless the rule asks for the model in it', async () => {
  const { url, headers } = ask(simulator.url, 'openai', WHOLE)
  simulator.setFaults([{ match: { model: 'gpt-4o' }, fault: { kind: 'refuse' } }])
  expect((await send({ url, headers: headers!, body: { model: 'gpt-5' } })).status).toBe(400)
  expect((await send({ url, headers: headers!, body: { model: 'gpt-4o' } })).status).toBe(0)
})

/** Asks, and answers once the simulator has the request: with the status to come, or 0 if the client left before. */
async function askAndHold(kind: 'silence' | 'headers-then-silence') {
  simulator.setFaults([{ match: {}, fault: { kind } }])
  const { url, headers, body } = ask(simulator.url, 'claude', STREAM)
  const leaving = new AbortController()
  const sending = fetch(url, { method: 'POST', headers: headers!, body: JSON.stringify(body), signal: leaving.signal })
  const status = sending.then(
    (response) => response.status,
    () => 0,
  )
  const inFlight = async () => {
    const response = await fetch(`${simulator.url}/__health`)
    return ((await response.json()) as { inFlight: number }).inFlight
  }
  await expect.poll(inFlight, PATIENCE).toBe(1)
  return { status, leave: () => leaving.abort() }
}

test('silence: nothing until the client leaves, nobody pays', async () => {
  const { status, leave } = await askAndHold('silence')
  expect(simulator.ledger()).toEqual([])
  leave()
  expect(await status).toBe(0)
  const gone = { outcome: 'client-gone', billed: false, status: 0, usage: nothing }
  await expect.poll(() => simulator.ledger(), PATIENCE).toMatchObject([gone])
})

test('headers-then-silence: a head, and nothing until the client leaves', async () => {
  const { status, leave } = await askAndHold('headers-then-silence')
  expect(await status).toBe(200)
  expect(simulator.ledger()).toEqual([])
  leave()
  const gone = { outcome: 'client-gone', billed: false, status: 200, usage: nothing }
  await expect.poll(() => simulator.ledger(), PATIENCE).toMatchObject([gone])
})

test('slow-first-token: the head comes at once, the first event after the time', async () => {
  simulator.setFaults([{ match: {}, fault: { kind: 'slow-first-token', ms: 5000 } }])
  const { url, headers, body } = ask(simulator.url, 'openai', STREAM)
  const response = await fetch(url, { method: 'POST', headers: headers!, body: JSON.stringify(body) })
  expect(response.status).toBe(200)
  await clock.waited()
  expect(simulator.ledger()).toEqual([])
  clock.advance(5000)
  expect(eventData(await response.text()).at(-1)).toBe('[DONE]')
  expect(simulator.ledger()).toMatchObject([{ outcome: 'ok', usage: { output: 60 } }])
})

test.each(TEST_VENDORS)(
  'cut on %s: FIN after k events, and what was generated until then is billed',
  async (vendor) => {
    const { answer, entry } = await suffer({ kind: 'cut', afterChunks: 2 }, STREAM, vendor)
    expect(answer).toMatchObject({ status: 200, complete: false })
    expect(eventData(answer.text)).toHaveLength(2)
    expect(entry).toMatchObject({ outcome: 'cut', billed: true, tag: 't' })
    expect(entry.usage.output).toBeLessThan(60)
    expect(entry.usage.input).toBeGreaterThan(0)
  },
)

test('cut before the first event: a head and nothing else, nobody pays', async () => {
  const { answer, entry } = await suffer({ kind: 'cut', afterChunks: 0 }, STREAM)
  expect(answer).toMatchObject({ status: 200, complete: false, text: '' })
  expect(entry).toMatchObject({ outcome: 'cut', billed: false, usage: nothing })
})

test('cut of a body that is not streamed: shorter than its length, and billed in full', async () => {
  const { answer, entry } = await suffer({ kind: 'cut', afterChunks: 2 }, WHOLE)
  expect(answer).toMatchObject({ status: 200, complete: false })
  expect(Number(answer.headers['content-length'])).toBeGreaterThan(Buffer.byteLength(answer.text))
  expect(entry).toMatchObject({ outcome: 'cut', billed: true, usage: { output: 60 } })
})

test('reset-mid-stream: a RST after k events that did arrive', async () => {
  const { answer, entry } = await suffer({ kind: 'reset-mid-stream', afterChunks: 3 }, STREAM)
  expect(answer).toMatchObject({ status: 200, complete: false, errorCode: 'ECONNRESET' })
  expect(eventData(answer.text)).toHaveLength(3)
  expect(entry).toMatchObject({ outcome: 'cut', billed: true, usage: { output: 2 } })
})

test('stall: waits after k events and then goes on', async () => {
  simulator.setFaults([{ match: {}, fault: { kind: 'stall', afterChunks: 2, ms: 9000 } }])
  const answering = send(ask(simulator.url, 'qwen', STREAM))
  await clock.waited()
  expect(simulator.ledger()).toEqual([])
  clock.advance(9000)
  expect(eventData((await answering).text).at(-1)).toBe('[DONE]')
  expect(simulator.ledger()).toMatchObject([{ outcome: 'ok', usage: { output: 60 } }])
})

test.each(TEST_VENDORS)('rechunk on %s: pieces of one byte and of three, the same answer', async (vendor) => {
  const plain = await send(ask(simulator.url, vendor, STREAM))
  for (const bytes of [1, 3]) {
    simulator.setFaults([{ match: {}, fault: { kind: 'rechunk', bytes } }])
    const answer = await send(ask(simulator.url, vendor, STREAM))
    expect(answer.complete).toBe(true)
    expect(Math.max(...answer.pieces.map((piece) => piece.length))).toBe(bytes)
    expect(answerText(answer)).toBe(answerText(plain))
  }
})

test('rechunk applies to bodies that are not streamed', async () => {
  const { answer } = await suffer({ kind: 'rechunk', bytes: 7 }, WHOLE, 'claude')
  expect(Math.max(...answer.pieces.map((piece) => piece.length))).toBe(7)
  expect(JSON.parse(answer.text).stop_reason).toBe('end_turn')
})

test.each(TEST_VENDORS)('malformed-event on %s: one event is not JSON, the others are', async (vendor) => {
  const { answer, entry } = await suffer({ kind: 'malformed-event', at: 1 }, STREAM, vendor)
  const events = eventData(answer.text)
  expect(events[1]).toBeNull()
  expect(events.filter((event) => event === null)).toHaveLength(1)
  expect(entry).toMatchObject({ outcome: 'ok', usage: { output: 60 } })
})

test('malformed-event on a body: complete for HTTP, no JSON', async () => {
  const { answer } = await suffer({ kind: 'malformed-event', at: 3 }, WHOLE)
  expect(answer.complete).toBe(true)
  expect(() => JSON.parse(answer.text) as unknown).toThrow(SyntaxError)
})

test.each([WHOLE, STREAM])('truncated-json: ends cleanly in the middle (%o)', async (question) => {
  const { answer, entry } = await suffer({ kind: 'truncated-json' }, question)
  expect(answer).toMatchObject({ status: 200, complete: true })
  expect(answer.text.length).toBeGreaterThan(0)
  expect(answer.text).not.toContain('finish_reason": "stop"')
  expect(answer.text).not.toContain('[DONE]')
  expect(entry).toMatchObject({ outcome: 'cut', billed: true, usage: { output: question.stream === true ? 1 : 60 } })
})

test.each([WHOLE, STREAM])('empty-body: 200 and nothing (%o)', async (question) => {
  const { answer, entry } = await suffer({ kind: 'empty-body' }, question)
  expect(answer).toMatchObject({ status: 200, complete: true, text: '' })
  expect(entry).toMatchObject({ status: 200, outcome: 'error', billed: false })
})

test.each(TEST_VENDORS)('missing-usage on %s: billed, and not told', async (vendor) => {
  for (const question of [WHOLE, STREAM]) {
    simulator.clearLedger()
    const { answer, entry } = await suffer({ kind: 'missing-usage' }, question, vendor)
    expect(answer.text).not.toMatch(/_tokens|TokenCount/)
    expect(entry).toMatchObject({ outcome: 'ok', billed: true, usage: { output: 60 } })
  }
})

test.each([
  ['openai', 503, 'server_error'],
  ['claude', 529, 'overloaded_error'],
  ['gemini', 503, 'UNAVAILABLE'],
  ['qwen', 503, 'ModelServingError'],
] as const)('overloaded-529 on %s has that vendor’s status', async (vendor, status, word) => {
  const { answer, entry } = await suffer({ kind: 'overloaded-529' }, STREAM, vendor)
  expect(answer.status).toBe(status)
  expect(answer.text).toContain(`"${word}"`)
  expect(entry).toMatchObject({ status, outcome: 'error', billed: false, tag: 't' })
})

test.each(['status-401', 'status-402', 'status-403', 'status-500', 'status-503'] as const)(
  '%s on every vendor',
  async (kind) => {
    for (const vendor of TEST_VENDORS) {
      simulator.clearLedger()
      const { answer, entry } = await suffer({ kind }, WHOLE, vendor)
      expect(answer.status).toBe(Number(kind.slice(-3)))
      expect(JSON.parse(answer.text).error.message).toEqual(expect.any(String))
      expect(entry).toMatchObject({ status: answer.status, billed: false })
    }
  },
)

test('status-429: the vendor’s own hint, a given one, or none', async () => {
  const hint = async (fault: Fault, vendor: VendorName = 'claude') => {
    simulator.clearLedger()
    const { answer } = await suffer(fault, WHOLE, vendor)
    expect(answer.status).toBe(429)
    return answer
  }
  const date = 'Wed, 21 Oct 2026 07:28:00 GMT'
  expect((await hint({ kind: 'status-429' })).headers['retry-after']).toBe('20')
  expect((await hint({ kind: 'status-429', retryAfter: date })).headers['retry-after']).toBe(date)
  expect((await hint({ kind: 'status-429', retryAfter: null })).headers).not.toHaveProperty('retry-after')
  expect((await hint({ kind: 'status-429', retryAfter: '7' }, 'gemini')).text).toContain('"retryDelay": "7s"')
  expect((await hint({ kind: 'status-429', retryAfter: null }, 'gemini')).text).not.toContain('RetryInfo')
})

test.each([
  ['openai', 'insufficient_quota'],
  ['claude', 'enforced_spend_limit_reached'],
  ['gemini', 'GenerateRequestsPerDayPerProjectPerModel'],
  ['qwen', 'insufficient_quota'],
] as const)('status-429 for spent money on %s', async (vendor, word) => {
  const { answer } = await suffer({ kind: 'status-429', quota: true }, WHOLE, vendor)
  expect(answer.status).toBe(429)
  expect(answer.text).toContain(word)
  expect(answer.headers).not.toHaveProperty('retry-after')
})

test('html-error: a page of some proxy', async () => {
  const { answer, entry } = await suffer({ kind: 'html-error', status: 502 }, STREAM)
  expect(answer).toMatchObject({ status: 502, headers: { 'content-type': 'text/html' } })
  expect(answer.text).toContain('<h1>502 Bad Gateway</h1>')
  expect(entry).toMatchObject({ status: 502, billed: false })
})

test.each([
  ['openai', '"type":"server_error"', 1],
  ['claude', 'event: error\n', 0],
  ['gemini', '"status":"UNAVAILABLE"', 0],
  ['qwen', '"request_id"', 1],
] as const)(
  'error-in-stream on %s: an error event inside a 200, at the start and later',
  async (vendor, word, least) => {
    const first = await suffer({ kind: 'error-in-stream', afterChunks: 0 }, STREAM, vendor)
    expect(first.answer).toMatchObject({ status: 200, complete: true })
    expect(eventData(first.answer.text)).toHaveLength(1)
    expect(first.answer.text).toContain(word)
    expect(first.entry).toMatchObject({ outcome: 'error', billed: false })
    simulator.clearLedger()
    const later = await suffer({ kind: 'error-in-stream', afterChunks: 2 }, STREAM, vendor)
    expect(eventData(later.answer.text)).toHaveLength(3)
    expect(later.answer.text).not.toContain('[DONE]')
    expect(later.entry).toMatchObject({ outcome: 'error', billed: true })
    expect(later.entry.usage.output).toBeGreaterThanOrEqual(least)
  },
)

test('error-in-stream keeps Gemini’s JSON array an array, and is a status where nothing streams', async () => {
  const { url, headers, body } = ask(simulator.url, 'gemini', STREAM)
  simulator.setFaults([{ match: {}, fault: { kind: 'error-in-stream', afterChunks: 1 } }])
  const answer = await send({ url: url.replace('?alt=sse', ''), headers: headers!, body })
  expect(JSON.parse(answer.text)[1].error.status).toBe('UNAVAILABLE')
  expect((await send(ask(simulator.url, 'claude', WHOLE))).status).toBe(529)
})

test('faults leave the listing of models alone unless they name it', async () => {
  const listing = {
    url: `${simulator.url}/openai/v1/models`,
    method: 'GET',
    headers: { authorization: 'Bearer key-openai' },
  }
  simulator.setFaults([{ match: {}, fault: { kind: 'status-500' } }])
  expect((await send(listing)).status).toBe(200)
  simulator.setFaults([{ match: { endpoint: 'models' }, fault: { kind: 'status-500' } }])
  expect((await send(listing)).status).toBe(500)
  expect(simulator.ledger()).toEqual([])
})
