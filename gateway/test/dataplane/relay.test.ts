// Requests through the whole gateway to the simulator: every protocol, bytes, usage and bills.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LedgerEntry } from '@aicarpool/simulator'
import { serviceTypes } from '../../src/core/providers/index.ts'
import { startRecordingProxy } from '../support/recording-proxy.ts'
import {
  chatBody,
  messagesBody,
  sharedPool,
  startTestGateway,
  type TestGateway,
  type TestGroup,
} from '../support/test-gateway.ts'

let gateway: TestGateway
let group: TestGroup
const aiChat = '/api/ai/chat'

beforeAll(async () => {
  gateway = await startTestGateway()
  for (const serviceType of serviceTypes) await gateway.addAccount(serviceType, serviceType)
  group = await gateway.addGroup(sharedPool('claude', 'openai', 'gemini', 'qwen'))
})
afterAll(() => gateway.stop())

interface SseEvent {
  event: string
  data: Record<string, unknown>
}
function parseEvents(text: string): SseEvent[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const lines = block.split('\n')
      return {
        event: lines[0]?.slice('event: '.length) ?? '',
        data: JSON.parse(lines[1]?.slice('data: '.length) ?? '{}') as Record<string, unknown>,
      }
    })
}
const ask = (over: Record<string, unknown> = {}) => ({
  groupId: group.id,
  messages: [
    {
      role: 'user',
      content: '[[echo:你好, carpool!]]',
    },
  ],
  maxTokens: 100,
  ...over,
})

test.each(serviceTypes)('AI1 a %s account serves the unified call', async (serviceType) => {
  const response = await gateway.post(aiChat, group.key, ask({ serviceType }))
  expect(response.status).toBe(200)
  const answer = (await response.json()) as { success: boolean; data: Record<string, never> }
  expect(Object.keys(answer)).toEqual(['success', 'data'])
  expect(answer.data).toMatchObject({
    message: { role: 'assistant', content: '你好, carpool!' },
    accountUsed: { name: serviceType, serviceType },
  })
  expect(Object.keys(answer.data).toSorted()).toEqual(['accountUsed', 'cost', 'message', 'usage'])
  const { promptTokens, completionTokens, totalTokens } = answer.data['usage'] as unknown as Record<string, number>
  const billed = gateway.simulator.ledger().at(-1)?.usage
  expect({ promptTokens, completionTokens }).toEqual({ promptTokens: billed?.input, completionTokens: billed?.output })
  expect(totalTokens).toBe((promptTokens ?? 0) + (completionTokens ?? 0))
  expect(answer.data['cost']).toBeGreaterThan(0)
})

test.each(serviceTypes)('AI2 a %s account streams deltas and one done', async (serviceType) => {
  const response = await gateway.post(aiChat, group.key, ask({ serviceType, stream: true }))
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const events = parseEvents(await response.text())
  expect(new Set(events.slice(0, -1).map(({ event }) => event))).toEqual(new Set(['delta']))
  const text = events
    .slice(0, -1)
    .map(({ data }) => data['content'])
    .join('')
  expect(text).toBe('你好, carpool!')
  expect(events.at(-1)).toMatchObject({
    event: 'done',
    data: { message: { role: 'assistant', content: text }, accountUsed: { serviceType }, cost: expect.any(Number) },
  })
  expect(Object.keys(events.at(-1)?.data ?? {}).toSorted()).toEqual(['accountUsed', 'cost', 'message', 'usage'])
})

test('RT11 without a model the account’s current model serves', async () => {
  await gateway.post(aiChat, group.key, ask({ serviceType: 'gemini' }))
  const row = (await gateway.rows()).at(-1)
  expect(row).toMatchObject({ model_requested: null, service_type: 'gemini' })
  expect(gateway.simulator.ledger().at(-1)?.model).toBe(row?.model_used)
})

test.each([
  ['an unknown field', { extra: 1 }, 'extra'],
  ['messages that are no list', { messages: 'hi' }, 'messages'],
  ['an unknown role', { messages: [{ role: 'robot', content: 'x' }] }, 'messages'],
  ['a negative maximum', { maxTokens: -5 }, 'maxTokens'],
  ['an unknown service type', { serviceType: 'llama' }, 'the service types are: claude, gemini, openai, qwen.'],
])('AI3 %s is refused and named', async (_name, over, field) => {
  const response = await gateway.post(aiChat, group.key, ask(over))
  expect(response.status).toBe(400)
  const answer = (await response.json()) as { success: boolean; code: string; error: string }
  expect(answer).toMatchObject({ success: false, code: 'invalid_request' })
  expect(answer.error + JSON.stringify(answer)).toContain(field)
})

test('AU4 another group’s id is refused', async () => {
  const response = await gateway.post(aiChat, group.key, ask({ groupId: '01890000-0000-7000-8000-000000000000' }))
  expect(response.status).toBe(403)
  expect(await response.json()).toMatchObject({ success: false, code: 'group_mismatch' })
})

test.each([
  ['openai', '/v1/chat/completions', chatBody('tell me more 多字节 [[tokens:40]]')],
  ['claude', '/v1/messages', messagesBody('tell me more 多字节 [[tokens:40]]')],
] as const)(
  'ST1 an answer of %s is the provider’s, byte for byte, however it is chunked',
  async (serviceType, path, body) => {
    const proxy = await startRecordingProxy(gateway.simulator.url)
    const name = `recorded-${serviceType}`
    await gateway.addAccount(name, serviceType, {
      apiEndpoint: `${proxy.url}/${serviceType}`,
      accountType: 'dedicated',
    })
    const { rows } = await gateway.app.database.query<{ id: string }>(
      'SELECT id::text AS id FROM ai_service_accounts WHERE name = $1',
      [name],
    )
    const accountId = rows[0]?.id ?? ''
    const own = await gateway.addGroup({ mode: 'dedicated', accounts: [{ accountId, serviceType, priority: 1 }] })
    for (const bytes of [1, 3, 17, 100_000]) {
      gateway.simulator.setFaults([{ match: {}, fault: { kind: 'rechunk', bytes } }])
      for (const stream of [false, true]) {
        // Asking for the usage means that nothing has to be added or taken out.
        const asked = {
          ...body,
          stream,
          ...(stream && serviceType === 'openai' ? { stream_options: { include_usage: true } } : {}),
        }
        const relayed = await gateway.post(path, own.key, asked)
        expect(relayed.status).toBe(200)
        expect(Buffer.from(await relayed.arrayBuffer()).equals(proxy.answers.at(-1) ?? Buffer.alloc(0))).toBe(true)
        expect(proxy.requests.at(-1)?.toString()).toBe(JSON.stringify(asked))
        for (const header of [
          'x-ratelimit-limit-requests',
          'openai-organization',
          'anthropic-organization-id',
          'set-cookie',
        ]) {
          expect(relayed.headers.has(header), header).toBe(false)
        }
        expect((await gateway.rows()).at(-1)).toMatchObject({ output_tokens: 40n, usage_source: 'reported' })
      }
    }
    gateway.simulator.setFaults([])
    await proxy.stop()
  },
)

test('ST2 usage that was not asked for is metered and taken out of the stream', async () => {
  const text = await (
    await gateway.post('/v1/chat/completions', group.key, chatBody('hi [[tokens:20]]', { stream: true }))
  ).text()
  expect(text).not.toContain('"usage"')
  expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true)
  const row = (await gateway.rows()).at(-1)
  expect(row).toMatchObject({ output_tokens: 20n, usage_source: 'reported' })
})

test('ST5 the provider’s own refusal is relayed word for word', async () => {
  const body = messagesBody('x', { messages: [{ role: 'narrator', content: 'x' }] })
  const relayed = await gateway.post('/v1/messages', group.key, body)
  expect(relayed.status).toBe(400)
  const answer = (await relayed.json()) as { type: string; error: { type: string } }
  expect(answer).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
  const last = (await gateway.rows()).at(-1)
  expect(last).toMatchObject({ status: 'error', is_final: true, usage_source: 'none', total_tokens: 0n })
})

/** The provider's bill in the classes of a row: the short and the long life of what was written to a cache. */
function billedClasses(usage: LedgerEntry['usage']) {
  const { input, toolInput, cacheRead, cacheWrite5m, cacheWrite30m, cacheWrite1h, cacheWrite12h, output } = usage
  return {
    input: input + toolInput,
    cacheRead,
    cacheWrite5m: cacheWrite5m + cacheWrite30m,
    cacheWrite1h: cacheWrite1h + cacheWrite12h,
    output,
  }
}

test('ME1 every attempt has one row whose tokens equal the provider’s ledger', async () => {
  gateway.simulator.clearLedger()
  const before = (await gateway.rows()).length
  const long = 'a long shared prefix for the prompt cache. '.repeat(400)
  const cached = [{ type: 'text', text: long, cache_control: { type: 'ephemeral' } }]
  const calls: [path: string, tag: string, body: unknown][] = []
  for (let index = 0; index < 12; index += 1) {
    const stream = index % 2 === 0
    const serviceType = serviceTypes[index % 4]
    calls.push(['/v1/chat/completions', `c${index}`, chatBody(`${long} [[tag:c${index}]]`, { stream })])
    calls.push(['/v1/messages', `m${index}`, messagesBody(`question [[tag:m${index}]]`, { stream, system: cached })])
    const messages = [{ role: 'user', content: `[[tag:a${index}]] hi` }]
    calls.push([aiChat, `a${index}`, ask({ stream, serviceType, messages })])
  }
  await Promise.all(
    calls.map(async ([path, tag, body]) => {
      const response = await gateway.post(path, group.key, body, { 'x-client-request-id': tag })
      expect(response.status).toBe(200)
      await response.text()
    }),
  )
  const rows = (await gateway.rows()).slice(before)
  const ledger = gateway.simulator.ledger()
  expect(rows).toHaveLength(calls.length)
  expect(ledger).toHaveLength(calls.length)
  const ours = new Map(rows.map((row) => [row.metadata?.clientRequestId, row]))
  for (const entry of ledger) {
    const row = ours.get(entry.tag)
    if (row?.service_type !== 'gemini') expect(row?.upstream_request_id, entry.tag).toBe(entry.requestId)
    expect(row, entry.tag).toBeDefined()
    expect({
      input: Number(row?.input_tokens),
      cacheRead: Number(row?.cache_read_tokens),
      cacheWrite5m: Number(row?.cache_write_5m_tokens),
      cacheWrite1h: Number(row?.cache_write_1h_tokens),
      output: Number(row?.output_tokens),
    }).toEqual(billedClasses(entry.usage))
  }
  expect(ledger.some((entry) => entry.usage.cacheRead > 0)).toBe(true)
})

test('ME9 totals and roll-ups equal the sums of the rows', async () => {
  const rows = await gateway.rows()
  const { rows: sums } = await gateway.app.database.query<Record<string, string>>(
    `SELECT sum(cost)::text AS cost, sum(total_tokens)::text AS tokens, count(*) FILTER (WHERE is_final)::text AS requests FROM usage_stats`,
  )
  for (const table of ['ai_service_accounts', 'groups', 'enterprises']) {
    const { rows: totals } = await gateway.app.database.query(
      `SELECT sum(total_cost)::text AS cost, sum(total_tokens)::text AS tokens, sum(total_requests)::text AS requests FROM ${table}`,
    )
    expect(totals[0], table).toEqual(sums[0])
  }
  const { rows: rolled } = await gateway.app.database.query(
    'SELECT sum(cost)::text AS cost, sum(total_tokens)::text AS tokens, sum(requests)::text AS requests FROM usage_rollups',
  )
  expect(rolled[0]).toEqual(sums[0])
  const { rows: histogram } = await gateway.app.database.query<{ count: bigint }>(
    'SELECT sum(bucket)::int8 AS count FROM usage_rollups, unnest(latency_histogram) AS bucket',
  )
  expect(Number(histogram[0]?.count)).toBe(rows.length)
})

test('QU2 nothing is pending when nothing is in flight', () => {
  expect(gateway.app.ledger.pendingTotal()).toBe(0)
  expect(gateway.app.live.activeTotal()).toBe(0)
})
