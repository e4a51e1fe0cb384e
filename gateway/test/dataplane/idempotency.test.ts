// Requests that are sent again under the same Idempotency-Key.
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  messagesBody,
  sharedPool,
  startTestGateway,
  type TestGateway,
  type TestGroup,
} from '../support/test-gateway.ts'

let gateway: TestGateway
let group: TestGroup

beforeAll(async () => {
  gateway = await startTestGateway({ simulator: { speed: 0.02 } })
  await gateway.addAccount('one', 'claude')
  await gateway.addAccount('two', 'openai')
  group = await gateway.addGroup(sharedPool('claude', 'openai'))
})
afterAll(() => gateway.stop())

let serial = 0
const newKey = () => `key-${(serial += 1)}`
const ask = async (idempotencyKey: string, content = 'hi', over: Record<string, unknown> = {}, of = group) => {
  const response = await gateway.post('/v1/messages', of.key, messagesBody(content, over), {
    'idempotency-key': idempotencyKey,
  })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

test('ID2 the same request again is not served again, and is told what became of the first', async () => {
  const key = newKey()
  const first = await ask(key)
  expect(first.status).toBe(200)
  gateway.simulator.clearLedger()
  const second = await ask(key)
  expect([second.status, second.text]).toEqual([409, expect.stringContaining('idempotency_completed')])
  const id = first.headers.get('x-request-id') ?? ''
  expect(second.text).toContain(id)
  expect(second.headers.get('x-aicarpool-original-request-id')).toBe(id)
  expect(second.headers.get('x-aicarpool-original-status')).toBe('success')
  const row = (await gateway.rows()).find((each) => each.request_id === id)
  expect(second.headers.get('x-aicarpool-original-tokens')).toBe(String(row?.total_tokens))
  expect(Number(second.headers.get('x-aicarpool-original-usd'))).toBe(Number(row?.cost))
  expect(second.headers.get('x-should-retry')).toBe('false')
  expect(gateway.simulator.ledger()).toEqual([])
})

test('ID2 another request under the key is refused, in every dialect and at every address', async () => {
  const key = newKey()
  expect((await ask(key)).status).toBe(200)
  expect((await ask(key, 'other')).status).toBe(422)
  for (const path of ['/v1/chat/completions', '/v1/responses', '/api/ai/chat']) {
    const messages = [{ role: 'user', content: 'hi' }]
    const body = path === '/api/ai/chat' ? { groupId: group.id, messages } : { model: 'gpt-5.1', messages, input: 'hi' }
    const response = await gateway.post(path, group.key, body, { 'idempotency-key': key })
    expect([response.status, await response.text()]).toEqual([422, expect.stringContaining('idempotency_mismatch')])
  }
})

test('ID2 of a thousand copies that arrive together one is served', async () => {
  const key = newKey()
  gateway.simulator.clearLedger()
  const answers = await Promise.all(Array.from({ length: 1000 }, () => ask(key, '[[tokens:20]]', { stream: true })))
  const statuses = Map.groupBy(answers, ({ status }) => status)
  expect(statuses.get(200)).toHaveLength(1)
  expect(statuses.get(409)).toHaveLength(999)
  for (const { text, headers } of statuses.get(409) ?? []) {
    expect(text).toMatch(/idempotency_(in_progress|completed)/)
    if (text.includes('in_progress')) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect(gateway.simulator.ledger()).toHaveLength(1)
})

test('ID3 what was not answered may be sent again: a refusal of ours, a wrong body, a provider that fails', async () => {
  const poor = await gateway.addGroup(sharedPool('claude'), { dailyTokenLimit: 10 })
  const key = newKey()
  expect((await ask(key, 'hi', {}, poor)).status).toBe(429)
  expect((await ask(key, 'hi', {}, poor)).status).toBe(429)
  const wrong = newKey()
  expect((await ask(wrong, 'hi', { max_tokens: 'many' })).status).toBe(400)
  expect((await ask(wrong)).status).toBe(200)
  const failing = newKey()
  gateway.simulator.setFaults([{ match: {}, fault: { kind: 'status-500' } }])
  expect((await ask(failing)).status).toBe(502)
  gateway.simulator.setFaults([])
  await gateway.app.database.query('UPDATE ai_service_accounts SET version = version + 1')
  await gateway.app.publisher.refresh()
  expect((await ask(failing)).status).toBe(200)
  expect((await ask(failing)).status).toBe(409)
})

test('ID3 an answer that was cut counts as one', async () => {
  const key = newKey()
  gateway.simulator.setFaults([{ match: {}, fault: { kind: 'cut', afterChunks: 6 } }])
  expect((await ask(key, '[[tokens:200]]', { stream: true })).text).toContain('error')
  gateway.simulator.setFaults([])
  const second = await ask(key, '[[tokens:200]]', { stream: true })
  expect(second.status).toBe(409)
  expect(second.headers.get('x-aicarpool-original-status')).toBe('cut')
})

test('ID4 keys of the last day survive a restart; a key belongs to the API key it came with', async () => {
  const key = newKey()
  const first = await ask(key)
  await gateway.restart()
  const second = await ask(key)
  expect(second.status).toBe(409)
  expect(second.headers.get('x-aicarpool-original-request-id')).toBe(first.headers.get('x-request-id'))
  const other = await gateway.addGroup(sharedPool('claude'))
  expect((await ask(key, 'hi', {}, other)).status).toBe(200)
  const { rows } = await gateway.app.database.query<{ count: bigint }>('SELECT count(*) FROM idempotency_keys')
  expect(Number(rows[0]?.count)).toBeGreaterThan(2)
})

test.each([[''], ['x'.repeat(256)], ['two words']])('ID2 a key that is none is refused: "%s"', async (key) => {
  const { status, text } = await ask(key)
  expect([status, text]).toEqual([400, expect.stringContaining('idempotency-key')])
})
