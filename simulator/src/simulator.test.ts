// The simulator as a whole: determinism, the books when clients leave, pacing, accounts, admin endpoints.
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createManualClock } from './manual-clock.ts'
import type { Simulator, SimulatorOptions } from './simulator.ts'
import { startSimulator } from './simulator.ts'
import { answerText, ask, send, TEST_VENDORS, testAccounts } from './test-client.ts'

/** Waiting for an event, on a machine that may be busy with other things; ends as soon as it is there. */
const PATIENCE = { timeout: 4000 }

let running: Simulator[] = []
afterEach(async () => {
  await Promise.all(running.map((simulator) => simulator.stop()))
  running = []
})

async function start(changes: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const clock = createManualClock()
  const simulator = await startSimulator({ seed: 1, speed: 0, accounts: testAccounts(), clock, ...changes })
  running.push(simulator)
  return simulator
}

test('the same seed gives the same bytes and books, another seed other answers', async () => {
  const run = async (seed: number) => {
    const simulator = await start({ seed })
    const answers = []
    for (const vendor of TEST_VENDORS)
      answers.push(await send(ask(simulator.url, vendor, { text: 'hello', stream: true })))
    return { texts: answers.map(({ text }) => text), said: answers.map(answerText), ledger: simulator.ledger() }
  }
  const [first, second, other] = [await run(1), await run(1), await run(2)]
  expect(second).toEqual(first)
  for (const [index, said] of first.said.entries()) expect(other.said[index]).not.toBe(said)
})

test('what is said does not depend on what was asked before, and streams say what bodies say', async () => {
  const [fresh, used] = [await start(), await start()]
  await send(ask(used.url, 'openai', { text: 'something else' }))
  for (const vendor of TEST_VENDORS) {
    const whole = await send(ask(fresh.url, vendor, { text: 'hello' }))
    const streamed = await send(ask(used.url, vendor, { text: 'hello', stream: true }))
    expect(answerText(streamed)).toBe(answerText(whole))
  }
})

test('ids are never repeated, though answers are', async () => {
  const simulator = await start()
  for (let count = 0; count < 3; count += 1) await send(ask(simulator.url, 'claude', { text: 'again' }))
  expect(new Set(simulator.ledger().map((entry) => entry.responseId)).size).toBe(3)
  expect(simulator.ledger().map((entry) => entry.seq)).toEqual([1, 2, 3])
  expect(simulator.ledger(2).map((entry) => entry.seq)).toEqual([3])
})

test('an echo comes back exactly, also when its characters cross the pieces', async () => {
  const simulator = await start()
  const echo = '拼车组共享账号,按需分摊成本。😀 done'
  for (const vendor of TEST_VENDORS) {
    const answer = await send(ask(simulator.url, vendor, { text: `[[echo:${echo}]]`, stream: true }))
    expect(answerText(answer)).toBe(echo)
  }
})

test('the entry is in the books before the client sees the end', async () => {
  const simulator = await start()
  for (const stream of [false, true]) {
    simulator.clearLedger()
    await send(ask(simulator.url, 'openai', { text: 'hi', stream }))
    expect(simulator.ledger()).toHaveLength(1)
  }
})

test('a client that leaves a stream stops it, and is billed for what was generated', async () => {
  const clock = createManualClock()
  const paced = await start({ speed: 1, clock })
  const answering = send({
    ...ask(paced.url, 'openai', { text: '[[tokens:500]]', stream: true }),
    onFirstPiece: (request) => request.destroy(),
  })
  await clock.waited()
  clock.advance(1000)
  await answering
  await expect
    .poll(() => paced.ledger(), PATIENCE)
    .toMatchObject([{ outcome: 'client-gone', billed: true, status: 200 }])
  expect(paced.ledger()[0]!.usage.output).toBeLessThan(500)
  expect(paced.ledger()[0]!.usage.input).toBeGreaterThan(0)
})

test('a client that leaves while a body is being generated is billed for the time it took', async () => {
  const clock = createManualClock()
  const simulator = await start({ speed: 1, clock })
  const leaving = new AbortController()
  const { url, headers, body } = ask(simulator.url, 'claude', { text: '[[tokens:500]]' })
  const answering = fetch(url, {
    method: 'POST',
    headers: headers!,
    body: JSON.stringify(body),
    signal: leaving.signal,
  })
  await clock.waited()
  clock.advance(2000)
  leaving.abort()
  await expect(answering).rejects.toThrow('abort')
  await expect.poll(() => simulator.ledger(), PATIENCE).toMatchObject([{ outcome: 'client-gone', billed: true }])
  const { output } = simulator.ledger()[0]!.usage
  // At most 140 tokens a second, and at least 45 after the first 900 ms.
  expect(output).toBeGreaterThan(45)
  expect(output).toBeLessThan(280)
})

test('speed multiplies the natural delays', async () => {
  const clock = createManualClock()
  const simulator = await start({ speed: 0.1, clock })
  const answering = send(ask(simulator.url, 'openai', { text: '[[tokens:1]]' }))
  await clock.waited()
  const startedMs = clock.now()
  // The longest a first token and one more can take at this speed.
  clock.advance(93)
  await answering
  expect(simulator.ledger()[0]).toMatchObject({ outcome: 'ok', endedAt: startedMs + 93 })
})

test('implicit accounts: organisation from the key, none for other keys or other vendors', async () => {
  const simulator = await start({ accounts: [], implicitAccounts: true })
  const status = async (vendor: 'openai' | 'qwen', key: string) =>
    (await send(ask(simulator.url, vendor, { text: 'hi', key }))).status
  expect(await status('openai', 'sim-openai-acme.1')).toBe(200)
  expect(await status('openai', 'sim-openai-acme.2')).toBe(200)
  expect(await status('openai', 'sim-openai-acme-two')).toBe(200)
  expect(simulator.ledger().map((entry) => entry.organisation)).toEqual(['acme', 'acme', 'acme-two'])
  expect(await status('qwen', 'sim-openai-acme.1')).toBe(401)
  expect(await status('openai', 'sim-openai-')).toBe(401)
})

test('two keys of one organisation share a prompt cache; workspaces of Claude do not', async () => {
  const account = (vendor: 'openai' | 'claude', key: string, workspace: string) => ({
    vendor,
    key,
    organisation: 'o',
    workspace,
  })
  const accounts = [
    account('openai', 'a', 'w1'),
    account('openai', 'b', 'w2'),
    account('claude', 'c', 'w1'),
    account('claude', 'd', 'w2'),
  ]
  const simulator = await start({ accounts })
  const text = ' word'.repeat(1100)
  for (const key of ['a', 'b']) await send(ask(simulator.url, 'openai', { text, key }))
  for (const key of ['c', 'd', 'd']) {
    const asking = ask(simulator.url, 'claude', { text, key })
    await send({ ...asking, body: { ...(asking.body as object), cache_control: { type: 'ephemeral' } } })
  }
  expect(simulator.ledger().map((entry) => entry.usage.cacheRead > 0)).toEqual([false, true, false, false, true])
})

test('admin: ledger, accounts, faults and health', async () => {
  const simulator = await start()
  const admin = async (method: string, path: string, body?: unknown) => {
    const answer = await send({ url: `${simulator.url}/__${path}`, method, body })
    return { status: answer.status, value: JSON.parse(answer.text) }
  }
  await send(ask(simulator.url, 'openai', { text: 'one' }))
  await send(ask(simulator.url, 'openai', { text: 'two' }))
  expect((await admin('GET', 'ledger')).value).toEqual(simulator.ledger())
  expect((await admin('GET', 'ledger?since=1')).value).toEqual(simulator.ledger(1))
  await admin('DELETE', 'ledger')
  expect(simulator.ledger()).toEqual([])

  const added = await admin('POST', 'accounts', [{ vendor: 'openai', key: 'new-key-1234', organisation: 'new' }])
  expect(added.value.at(-1)).toEqual({ vendor: 'openai', organisation: 'new', keyLast4: '1234' })
  expect((await send(ask(simulator.url, 'openai', { text: 'hi', key: 'new-key-1234' }))).status).toBe(200)
  expect(await admin('POST', 'accounts', [{ vendor: 'acme' }])).toMatchObject({
    status: 400,
    value: { code: 'invalid_accounts' },
  })

  const script = [{ match: { vendor: 'openai' }, fault: { kind: 'status-500' } }]
  expect((await admin('PUT', 'faults', script)).value).toEqual(script)
  expect((await send(ask(simulator.url, 'openai', { text: 'hi' }))).status).toBe(500)
  expect(await admin('PUT', 'faults', [{ fault: {} }])).toMatchObject({
    status: 400,
    value: { code: 'invalid_faults' },
  })
  expect((await admin('GET', 'faults')).value).toEqual(script)
  await admin('DELETE', 'faults')
  expect((await send(ask(simulator.url, 'openai', { text: 'hi' }))).status).toBe(200)
  expect((await admin('GET', 'health')).value).toMatchObject({ ok: true, fast: false, inFlight: 0 })
  expect((await admin('GET', 'nothing')).status).toBe(404)
})

test('a client that leaves while it is still sending is in the books as gone', async () => {
  const simulator = await start()
  const socket = connect(simulator.port, '127.0.0.1')
  socket.write('POST /openai/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"model":')
  const inFlight = async () =>
    JSON.parse((await send({ url: `${simulator.url}/__health`, method: 'GET' })).text).inFlight
  await expect.poll(inFlight, PATIENCE).toBe(1)
  socket.destroy()
  await simulator.idle()
  expect(simulator.ledger()).toMatchObject([{ outcome: 'client-gone', status: 0, billed: false }])
})

test('a body beyond the limit is refused in the vendor’s dialect without being read', async () => {
  const simulator = await start()
  const { url, headers } = ask(simulator.url, 'claude', { text: '' })
  const answer = await send({ url, headers: headers!, body: `{"model":"${'x'.repeat(33 * 1024 * 1024)}"}` })
  // The client may see the refusal or the closed connection first; the books know.
  expect([0, 413]).toContain(answer.status)
  await simulator.idle()
  expect(simulator.ledger()).toMatchObject([{ status: 413, billed: false }])
})
