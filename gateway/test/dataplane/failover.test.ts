// What providers do wrong, one fault at a time: who answers instead, what is billed, what the client sees.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { AccountId } from '@aicarpool/contract'
import type { Fault } from '@aicarpool/simulator'
import { chatBody, messagesBody, startTestGateway, type TestGateway, type TestGroup } from '../support/test-gateway.ts'

let gateway: TestGateway
let first: AccountId
let second: AccountId
let group: TestGroup

const firstByteTimeoutMs = 1000

beforeAll(async () => {
  gateway = await startTestGateway({
    config: { upstreamFirstByteTimeoutMs: firstByteTimeoutMs, upstreamIdleTimeoutMs: firstByteTimeoutMs },
  })
})
afterAll(() => gateway.stop())

let round = 0
beforeEach(async () => {
  // Fresh accounts, so that one test's circuit is not the next one's.
  round += 1
  const own = { accountType: 'dedicated' as const }
  first = await gateway.addAccount(`first${round}`, 'claude', own)
  second = await gateway.addAccount(`second${round}`, 'claude', own)
  group = await gateway.addGroup({
    mode: 'dedicated',
    accounts: [
      { accountId: first, serviceType: 'claude', priority: 1 },
      { accountId: second, serviceType: 'claude', priority: 2 },
    ],
  })
  gateway.simulator.clearLedger()
})

const onFirst = (fault: Fault) => gateway.simulator.setFaults([{ match: { organisation: `first${round}` }, fault }])
const ownRows = async () => (await gateway.rows()).filter((row) => row.group_id === group.id)
const say = (over: Record<string, unknown> = {}) => messagesBody('[[echo:all is well]]', over)

/** Whether the provider had begun to answer, so that it may bill what it did. */
const begun = 'begun'
const beforeContent: [string, Fault, 'begun'?][] = [
  ['a refused connection', { kind: 'refuse' }],
  ['a reset before headers', { kind: 'reset' }],
  ['silence', { kind: 'silence' }, begun],
  ['headers, then silence', { kind: 'headers-then-silence' }, begun],
  ['a 429 without a deadline', { kind: 'status-429', retryAfter: null }],
  ['529 overloaded', { kind: 'overloaded-529' }],
  ['500', { kind: 'status-500' }],
  ['503', { kind: 'status-503' }],
  ['401', { kind: 'status-401' }],
  ['402', { kind: 'status-402' }],
  ['403', { kind: 'status-403' }],
  ['an HTML error page with 502', { kind: 'html-error', status: 502 }],
  ['a body that is cut', { kind: 'truncated-json' }, begun],
  ['an empty body', { kind: 'empty-body' }],
  ['an error as the first event', { kind: 'error-in-stream', afterChunks: 0 }],
  ['a stream cut before its content', { kind: 'cut', afterChunks: 1 }, begun],
]

test.each(beforeContent)(
  'RT6 %s moves the request to another account (T48, T49, T50, T51)',
  async (_name, fault, isBegun) => {
    for (const stream of [false, true]) {
      onFirst(fault)
      const response = await gateway.post('/v1/messages', group.key, say({ stream }))
      const text = await response.text()
      expect(response.status, text).toBe(200)
      expect(text.replaceAll(/"\}\}\n\nevent: content_block_delta\ndata: [^\n]*"text":"/g, '')).toContain('all is well')
    }
    const rows = await ownRows()
    const answered = rows.filter((row) => row.is_final)
    expect(answered).toHaveLength(2)
    // Faults of a plain body do not touch a stream and the reverse; whoever failed is recorded.
    for (const row of rows) {
      if (row.is_final) expect(row).toMatchObject({ status: 'success', usage_source: 'reported' })
      else {
        expect(row.account_id).toBe(first)
        expect(row.usage_source === 'none').toBe(isBegun === undefined)
        expect(row.total_tokens > 0n).toBe(isBegun !== undefined)
      }
    }
    expect(rows.some((row) => !row.is_final)).toBe(true)
  },
)

test('RT6 the request’s own fault is not tried on another account (T53)', async () => {
  gateway.simulator.setFaults([])
  const response = await gateway.post('/v1/messages', group.key, say({ messages: [] }))
  expect(response.status).toBe(400)
  const wrong = await gateway.post('/v1/messages', group.key, say({ messages: [{ role: 'narrator', content: 'x' }] }))
  expect(wrong.status).toBe(400)
  expect(await ownRows()).toHaveLength(1)
})

test('RT7 a 429 excludes the account until its deadline, and the pool says when to come back', async () => {
  gateway.simulator.setFaults([{ match: {}, fault: { kind: 'status-429', retryAfter: '40' } }])
  const response = await gateway.post('/v1/messages', group.key, say())
  expect(response.status).toBe(429)
  expect(response.headers.get('x-should-retry')).toBe('true')
  gateway.simulator.setFaults([])
  const again = await gateway.post('/v1/messages', group.key, say())
  expect(again.status).toBe(429)
  expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(30)
  expect(await again.json()).toMatchObject({
    type: 'error',
    error: { type: 'rate_limit_error', details: { error_code: 'accounts_rate_limited' } },
  })
  // The second refusal reached no provider, and the last account that failed is the request's final attempt.
  expect((await ownRows()).map((row) => row.is_final)).toEqual([false, true])
})

test('ST5 an error answer that repeats the account’s key is not passed on (T86)', async () => {
  const provider = createServer((request, response) => {
    request.resume()
    const key = String(request.headers['x-api-key'])
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: `bad: ${key}` } }))
  })
  provider.listen(0, '127.0.0.1')
  await once(provider, 'listening')
  const apiEndpoint = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  const accountId = await gateway.addAccount(`echo${round}`, 'claude', { accountType: 'dedicated', apiEndpoint })
  const own = await gateway.addGroup({
    mode: 'dedicated',
    accounts: [{ accountId, serviceType: 'claude', priority: 1 }],
  })
  const response = await gateway.post('/v1/messages', own.key, say())
  const text = await response.text()
  expect(response.status).toBe(400)
  expect(text).toContain('upstream_rejected')
  expect(text).not.toContain(`sim-claude-echo${round}`)
  provider.closeAllConnections()
  provider.close()
})

test('RT8 a dead credential stays out until an administrator changes the account (T60)', async () => {
  onFirst({ kind: 'status-401' })
  await (await gateway.post('/v1/messages', group.key, say())).text()
  gateway.simulator.setFaults([])
  await (await gateway.post('/v1/messages', group.key, say())).text()
  expect((await ownRows()).map((row) => row.account_id)).toEqual([first, second, second])
  await gateway.app.database.query('UPDATE ai_service_accounts SET version = version + 1 WHERE id = $1', [first])
  await gateway.app.publisher.refresh()
  await (await gateway.post('/v1/messages', group.key, say())).text()
  expect((await ownRows()).at(-1)?.account_id).toBe(first)
})

const afterContent: [string, Fault][] = [
  ['a cut', { kind: 'cut', afterChunks: 6 }],
  ['a reset', { kind: 'reset-mid-stream', afterChunks: 6 }],
  ['a stall', { kind: 'stall', afterChunks: 6, ms: 60_000 }],
  ['an error event', { kind: 'error-in-stream', afterChunks: 6 }],
]

test.each(afterContent)(
  'ME6 %s after the first content is billed as seen and never shown as complete (T33, T36, T47)',
  async (_name, fault) => {
    onFirst(fault)
    const response = await gateway.post('/v1/messages', group.key, messagesBody('talk [[tokens:60]]', { stream: true }))
    const text = await response.text()
    expect(text).toContain('content_block_delta')
    expect(text).not.toContain('message_stop')
    expect(text.trimEnd().split('\n\n').at(-1)).toMatch(/^event: error\ndata: /)
    // ST3: there is no failover once the client has seen content.
    const rows = await ownRows()
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ is_final: true, account_id: first })
    expect(rows[0]?.status).not.toBe('success')
    expect(['partial', 'estimated']).toContain(rows[0]?.usage_source)
    expect(Number(rows[0]?.output_tokens)).toBeGreaterThan(0)
  },
)

test('ST3 after the first content there is no second answer in the same stream (T46)', async () => {
  onFirst({ kind: 'cut', afterChunks: 8 })
  const body = { groupId: group.id, messages: [{ role: 'user', content: 'talk [[tokens:60]]' }], stream: true }
  const text = await (await gateway.post('/api/ai/chat', group.key, body)).text()
  const events = text
    .trimEnd()
    .split('\n\n')
    .map((block) => block.split('\n')[0])
  expect(events.at(-1)).toBe('event: error')
  expect(events.slice(0, -1).every((event) => event === 'event: delta')).toBe(true)
  expect(await ownRows()).toHaveLength(1)
})

test('a provider that reports no usage is billed by estimate, never at nothing (T30)', async () => {
  onFirst({ kind: 'missing-usage' })
  for (const stream of [false, true]) {
    await (await gateway.post('/v1/messages', group.key, messagesBody('talk [[tokens:60]]', { stream }))).text()
  }
  for (const row of await ownRows()) {
    expect(row.status).toBe('success')
    expect(Number(row.output_tokens)).toBeGreaterThan(0)
    expect(Number(row.cost)).toBeGreaterThan(0)
    expect(['partial', 'estimated']).toContain(row.usage_source)
  }
})

test('ME5 a client that leaves early is billed in full (T22, T30, T32)', async () => {
  gateway.simulator.setFaults([])
  for (const stream of [false, true]) {
    const leaving = new AbortController()
    const body = JSON.stringify(messagesBody('talk [[tokens:250]]', { stream }))
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${group.key}` }
    const pending = fetch(`${gateway.app.url}/v1/messages`, { method: 'POST', headers, body, signal: leaving.signal })
    if (stream) {
      const reader = (await pending).body?.getReader()
      await reader?.read()
      leaving.abort()
    } else {
      while (gateway.app.live.activeTotal() === 0) await new Promise((resolve) => setImmediate(resolve))
      leaving.abort()
      await pending.catch(() => undefined)
    }
    while (gateway.app.live.activeTotal() > 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await gateway.simulator.idle()
  const rows = await ownRows()
  expect(rows.map((row) => [Number(row.output_tokens), row.usage_source])).toEqual([
    [250, 'reported'],
    [250, 'reported'],
  ])
})

test('RT9 a broken account is left alone after five failures and probed again later', async () => {
  onFirst({ kind: 'status-500' })
  for (let count = 0; count < 7; count += 1) await (await gateway.post('/v1/messages', group.key, say())).text()
  const tries = (await ownRows()).filter((row) => row.account_id === first)
  expect(tries).toHaveLength(5)
})

test('RT10 the refusal says why nobody can serve', async () => {
  gateway.simulator.setFaults([])
  const code = async (path: string, key: string, body: unknown) => {
    const response = await gateway.post(path, key, body)
    const answer = (await response.json()) as { error: { code?: string; details?: { error_code: string } } }
    return [response.status, answer.error.code ?? answer.error.details?.error_code]
  }
  expect(await code('/v1/messages', group.key, say({ model: 'no-such-model' }))).toEqual([404, 'model_not_supported'])
  expect(await code('/v1/chat/completions', group.key, chatBody('x'))).toEqual([404, 'model_not_supported'])
  const empty = await gateway.addGroup({
    mode: 'shared',
    poolConfig: [{ serviceType: 'qwen', maxUsagePercent: 100, priority: 1 }],
  })
  expect(await code('/v1/messages', empty.key, say())).toEqual([403, 'no_account_bound'])
  await gateway.app.database.query('UPDATE ai_service_accounts SET is_enabled = false WHERE id = ANY($1::uuid[])', [
    [first, second],
  ])
  await gateway.app.publisher.refresh()
  expect(await code('/v1/messages', group.key, say())).toEqual([503, 'accounts_unavailable'])
})

test('nothing is left behind by any of it', () => {
  expect(gateway.app.ledger.pendingTotal()).toBe(0)
  expect(gateway.app.live.activeTotal()).toBe(0)
})
