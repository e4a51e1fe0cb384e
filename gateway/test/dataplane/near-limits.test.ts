// Requests near a limit: cut down to what fits, waiting for what others hold, refused where nothing can be bounded; and what is
// told of limits on the way.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { saveLimit, type NewLimit } from '../../src/controlplane/limits/limits.ts'
import {
  messagesBody,
  sharedPool,
  startTestGateway,
  type TestGateway,
  type TestGroup,
} from '../support/test-gateway.ts'
import { until } from '../support/until.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startTestGateway({ simulator: { speed: 0.02 } })
  await gateway.addAccount('near', 'claude')
})
afterAll(() => gateway.stop())

const bound = () => sharedPool('claude')
const answered = async (response: Response) => ({
  status: response.status,
  text: await response.text(),
  headers: response.headers,
})
const used = async (group: TestGroup) =>
  (await gateway.rows())
    .filter((row) => row.group_id === group.id)
    .reduce((sum, row) => sum + Number(row.total_tokens), 0)
async function addLimit(limit: NewLimit): Promise<void> {
  await gateway.app.database.transaction((tx) => saveLimit(tx, gateway.app.random, gateway.enterpriseId, limit))
  await gateway.app.publisher.refresh()
}

test.each([
  ['passed through', '/v1/messages', messagesBody('[[tokens:5000]]', { max_tokens: 20_000 })],
  [
    'translated',
    '/v1/chat/completions',
    { model: 'claude-sonnet-4-5', max_tokens: 20_000, messages: [{ role: 'user', content: '[[tokens:5000]]' }] },
  ],
  [
    'without a maximum of its own',
    '/v1/chat/completions',
    { model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: '[[tokens:5000]]' }] },
  ],
])('QU14 near a limit the maximum is lowered, so that the provider itself stops: %s', async (_name, path, body) => {
  const group = await gateway.addGroup(bound(), { dailyTokenLimit: 1500 })
  const { status, text, headers } = await answered(await gateway.post(path, group.key, body))
  expect(status, text).toBe(200)
  const lowered = Number(headers.get('x-aicarpool-max-output-tokens'))
  expect(lowered).toBeGreaterThanOrEqual(256)
  expect(lowered).toBeLessThan(1500)
  expect(headers.get('x-aicarpool-remaining-tokens')).toBe('1500')
  expect(text).toMatch(/"(stop_reason":"max_tokens|finish_reason":"length)"/)
  const total = await used(group)
  expect(total).toBeLessThanOrEqual(1500)
  expect(total).toBeGreaterThan(1000)
})

test('QU14 by money as by tokens, and never below what an answer is worth', async () => {
  // $0.01 is 666 output tokens of this model, and the request itself.
  const group = await gateway.addGroup(bound(), { monthlyBudget: '0.01' })
  const body = messagesBody('[[tokens:5000]]', { max_tokens: 20_000 })
  const first = await answered(await gateway.post('/v1/messages', group.key, body))
  expect(first.status, first.text).toBe(200)
  expect(first.headers.get('x-aicarpool-remaining-usd')).toBe('0.01')
  const second = await answered(await gateway.post('/v1/messages', group.key, body))
  expect([second.status, second.text]).toEqual([429, expect.stringContaining('quota_exceeded')])
  const spent = (await gateway.rows()).filter((row) => row.group_id === group.id).map((row) => Number(row.cost))
  expect(spent).toHaveLength(1)
  expect(spent[0]).toBeLessThanOrEqual(0.01)
  expect(spent[0]).toBeGreaterThan(0.007)
})

test('QU13 requests that would fit once others settle wait for them instead of being refused', async () => {
  // Each holds some 1,200 tokens and uses about 60: one at a time fits, and all of them in turn.
  const group = await gateway.addGroup(bound(), { dailyTokenLimit: 2000 })
  const statuses = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const body = messagesBody(`[[tokens:40]] ${index}`, { max_tokens: 1000 })
      return (await answered(await gateway.post('/v1/messages', group.key, body))).status
    }),
  )
  expect(statuses).toEqual(Array.from({ length: 10 }, () => 200))
  expect(await used(group)).toBeLessThanOrEqual(2000)
  expect(gateway.app.ledger.pendingTotal()).toBe(0)
})

test('QU13 a client that leaves the line is served no more', async () => {
  const group = await gateway.addGroup(bound(), { dailyTokenLimit: 2000 })
  gateway.simulator.clearLedger()
  gateway.simulator.setFaults([{ match: {}, times: 1, fault: { kind: 'slow-first-token', ms: 700 } }])
  const first = gateway.post('/v1/messages', group.key, messagesBody('[[tokens:40]] first', { max_tokens: 1000 }))
  await until(() => gateway.app.ledger.pendingTotal() > 0)
  const leaving = new AbortController()
  const second = fetch(`${gateway.app.url}/v1/messages`, {
    method: 'POST',
    signal: leaving.signal,
    headers: { 'content-type': 'application/json', 'x-api-key': group.key },
    body: JSON.stringify(messagesBody('[[tokens:40]] second', { max_tokens: 1000 })),
  }).catch((error: unknown) => error)
  await until(() => gateway.app.live.openRequests() === 2)
  leaving.abort()
  expect(await second).toBeInstanceOf(Error)
  expect((await answered(await first)).status).toBe(200)
  await until(() => gateway.app.live.openRequests() === 0)
  gateway.simulator.setFaults([])
  expect(gateway.simulator.ledger()).toHaveLength(1)
  expect(gateway.app.ledger.pendingTotal()).toBe(0)
})

test('QU17 images in the body are bounded by what an image can cost, not by their bytes', async () => {
  const data = Buffer.alloc(300_000, 1).toString('base64')
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } }
  const content = [image, { type: 'text', text: '[[tokens:20]]' }]
  const group = await gateway.addGroup(bound(), { dailyTokenLimit: 30_000 })
  const body = { model: 'claude-sonnet-4-5', max_tokens: 300, messages: [{ role: 'user', content }] }
  const { status, text } = await answered(await gateway.post('/v1/messages', group.key, body))
  expect(status, text).toBe(200)
  expect(await used(group)).toBeLessThan(5000)
})

const search = { type: 'web_search_20250305', name: 'web_search' }
const file = { type: 'document', source: { type: 'file', file_id: 'file_1' } }
const page = { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } }
test.each([
  ['a tool of the vendor', { tools: [search] }, 'tools[0]'],
  ['a file', { messages: [{ role: 'user', content: [file] }] }, 'messages[0].content[0].source'],
  ['a document behind an address', { messages: [{ role: 'user', content: [page] }] }, 'messages[0].content[0].source'],
])(
  'QU17 %s cannot be bounded: refused under a hard limit, unless the group accepts overruns',
  async (_name, over, field) => {
    const hard = await gateway.addGroup(bound(), { dailyTokenLimit: 100_000 })
    const refused = await answered(await gateway.post('/v1/messages', hard.key, messagesBody('hi', over)))
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining(`It is \\"${field}\\"`)])
    const free = await gateway.addGroup(bound())
    expect((await answered(await gateway.post('/v1/messages', free.key, messagesBody('hi', over)))).text).not.toContain(
      'not_bounded',
    )
    const bold = await gateway.addGroup(bound(), { dailyTokenLimit: 100_000, acceptsOverrun: true })
    expect((await answered(await gateway.post('/v1/messages', bold.key, messagesBody('hi', over)))).text).not.toContain(
      'not_bounded',
    )
  },
)

test('QU18 what a provider bills beyond the reservation is a row of its own, posted in full', async () => {
  const group = await gateway.addGroup(bound(), { dailyTokenLimit: 3000, acceptsOverrun: true })
  const body = messagesBody('[[search:2]] [[tokens:50]]', { max_tokens: 100, tools: [search] })
  const { status, text } = await answered(await gateway.post('/v1/messages', group.key, body))
  expect(status, text).toBe(200)
  const total = await used(group)
  const { rows } = await gateway.app.database.query<{ tokens: bigint }>(
    'SELECT tokens FROM usage_overruns WHERE group_id = $1',
    [group.id],
  )
  expect(total).toBeGreaterThan(1500)
  expect(rows).toEqual([{ tokens: expect.any(BigInt) }])
  const held = total - Number(rows[0]?.tokens)
  expect(held).toBeGreaterThan(100)
})

test('QU15 a pace of requests and one of tokens refuse for the rest of the minute and say when to come back', async () => {
  for (const [metric, amount] of [
    ['requests', '2'],
    ['tokens', '30'],
  ] as const) {
    const group = await gateway.addGroup(bound())
    await addLimit({ scope: 'key', scopeId: await keyIdOf(group), metric, window: 'minute', amount })
    const responses = []
    for (let count = 0; count < 5; count += 1) {
      responses.push(await answered(await gateway.post('/v1/messages', group.key, messagesBody('[[tokens:20]]'))))
    }
    const refused = responses.filter(({ status }) => status === 429)
    // The minute may end in between.
    expect(refused.length, metric).toBeGreaterThanOrEqual(1)
    for (const { text, headers } of refused) {
      expect(text).toContain('throttled')
      expect(headers.get('x-should-retry')).toBe('true')
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60)
    }
  }
})

async function keyIdOf(group: TestGroup): Promise<string> {
  const { rows } = await gateway.app.database.query<{ id: string }>(
    'SELECT id::text AS id FROM api_keys WHERE group_id = $1',
    [group.id],
  )
  return rows[0]?.id ?? ''
}

test('QU16 crossing a threshold writes one event for each threshold and window, also through a restart', async () => {
  const group = await gateway.addGroup(bound(), { dailyTokenLimit: 400, warningThreshold: 30, alertThreshold: 60 })
  const events = async () => {
    const { rows } = await gateway.app.database.query<{ kind: string; detail: { used: number } }>(
      'SELECT kind, detail FROM events WHERE group_id = $1 ORDER BY id',
      [group.id],
    )
    return rows.map(({ kind }) => kind)
  }
  const ask = async () =>
    (await answered(await gateway.post('/v1/messages', group.key, messagesBody('[[tokens:90]]', { max_tokens: 90 }))))
      .status
  expect(await ask()).toBe(200)
  await gateway.rows()
  expect(await events()).toEqual([])
  expect(await ask()).toBe(200)
  await gateway.rows()
  expect(await events()).toEqual(['limit_warning'])
  await gateway.restart()
  const statuses = [await ask(), await ask()]
  await gateway.rows()
  expect(statuses).toContain(429)
  expect(await events()).toEqual(['limit_warning', 'limit_alert'])
})
