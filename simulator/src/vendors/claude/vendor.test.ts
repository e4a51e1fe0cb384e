// Anthropic over a real socket: shapes, usage equal to the ledger, cache marks, validation, headers, limits.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createManualClock } from '../../manual-clock.ts'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import { ask, eventData, send, testAccounts } from '../../test-client.ts'

const clock = createManualClock()
let simulator: Simulator
beforeEach(async () => {
  const accounts = [
    ...testAccounts(),
    {
      vendor: 'claude' as const,
      key: 'limited',
      organisation: 'limited',
      requestsPerMinute: 10,
      inputTokensPerMinute: 2000,
      outputTokensPerMinute: 60,
    },
  ]
  simulator = await startSimulator({ seed: 1, speed: 0, accounts, clock })
})
afterEach(() => simulator.stop())

const messages = [{ role: 'user', content: 'hello [[tokens:20]]' }]
const request = { model: 'claude-sonnet-4-5', max_tokens: 100, messages }

function create(body: unknown, headers: Record<string, string> = {}) {
  const defaults = { 'x-api-key': 'key-claude', 'anthropic-version': '2023-06-01' }
  return send({ url: `${simulator.url}/claude/v1/messages`, headers: { ...defaults, ...headers }, body })
}

test('a whole answer has the documented shape, and its usage is the ledger’s', async () => {
  const answer = await create(request)
  const [entry] = simulator.ledger()
  expect(JSON.parse(answer.text)).toEqual({
    model: 'claude-sonnet-4-5',
    id: expect.stringMatching(/^msg_01\w{22}$/),
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: expect.any(String) }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: {
      input_tokens: entry!.usage.input,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: 20,
      service_tier: 'standard',
    },
  })
  expect(entry).toMatchObject({ usage: { output: 20 }, requestId: answer.headers['request-id'] })
  expect(answer.headers['anthropic-organization-id']).toBe('org-claude')
})

test('a stream has the events in their order, and the delta’s usage is the ledger’s', async () => {
  const answer = await send(
    ask(simulator.url, 'claude', { text: 'hi [[tokens:20]]', stream: true, outputTokensMax: 15 }),
  )
  const events = eventData(answer.text)
  const types = events.map((event) => event.type)
  expect(types.slice(0, 3)).toEqual(['message_start', 'content_block_start', 'ping'])
  expect(types.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop'])
  expect(new Set(types.slice(3, -3))).toEqual(new Set(['content_block_delta']))
  expect(answer.text.match(/^event: /gm)).toHaveLength(events.length)
  const [entry] = simulator.ledger()
  expect(events[0].message.usage).toMatchObject({ input_tokens: entry!.usage.input, output_tokens: 1 })
  expect(events.at(-2)).toMatchObject({
    delta: { stop_reason: 'max_tokens' },
    usage: { input_tokens: entry!.usage.input, output_tokens: 15 },
  })
  expect(entry!.usage.output).toBe(15)
})

test.each([
  ['no max_tokens', { model: 'claude-sonnet-4-5', messages }, 400, 'max_tokens: Field required'],
  ['no model', { max_tokens: 1, messages }, 400, 'model: Field required'],
  ['no messages', { model: 'claude-sonnet-4-5', max_tokens: 1 }, 400, 'messages: Field required'],
  ['empty messages', { ...request, messages: [] }, 400, 'messages: at least one message is required'],
  ['a cap above the model', { ...request, max_tokens: 65_000 }, 400, 'max_tokens: 65000 > 64000, which is'],
  ['a system role', { ...request, messages: [{ role: 'system', content: 'x' }] }, 400, 'Unexpected role "system"'],
  [
    'an empty block',
    { ...request, messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
    400,
    'non-empty',
  ],
  [
    'a prompt that is too long',
    { ...request, messages: [{ role: 'user', content: ' a'.repeat(200_001) }] },
    400,
    'prompt is too long: 200004 tokens > 200000 maximum',
  ],
  ['an unknown model', { ...request, model: 'claude-none' }, 404, 'model: claude-none'],
])('%s is refused as Anthropic does', async (_name, body, status, message) => {
  const answer = await create(body)
  expect(answer.status).toBe(status)
  const type = status === 404 ? 'not_found_error' : 'invalid_request_error'
  const error = { type, message: expect.stringContaining(message) }
  expect(JSON.parse(answer.text)).toEqual({ type: 'error', error, request_id: answer.headers['request-id'] })
  expect(simulator.ledger()).toMatchObject([{ status, billed: false }])
})

test('the version header is required, and the newer version refuses sampling parameters', async () => {
  const url = `${simulator.url}/claude/v1/messages`
  const bare = await send({ url, headers: { 'x-api-key': 'key-claude' }, body: request })
  expect(bare.status).toBe(400)
  expect(JSON.parse(bare.text).error.message).toBe('anthropic-version: header is required')
  const warm = { ...request, temperature: 0.5 }
  expect((await create(warm)).status).toBe(200)
  const newer = { 'anthropic-version': '2026-10-21' }
  expect(JSON.parse((await create(warm, newer)).text).error.message).toBe('temperature: Extra inputs are not permitted')
})

test('the key comes as x-api-key or as Bearer; a wrong one is 401', async () => {
  const url = `${simulator.url}/claude/v1/messages`
  const bearer = { authorization: 'Bearer key-claude', 'anthropic-version': '2026-10-21' }
  expect((await send({ url, headers: bearer, body: request })).status).toBe(200)
  const answer = await create(request, { 'x-api-key': 'wrong' })
  expect([answer.status, JSON.parse(answer.text).error.type]).toEqual([401, 'authentication_error'])
})

test('marked prefixes are written, read and told apart by life', async () => {
  const system = [
    { type: 'text', text: ' one'.repeat(1200), cache_control: { type: 'ephemeral', ttl: '1h' } },
    { type: 'text', text: ' two'.repeat(300), cache_control: { type: 'ephemeral' } },
  ]
  const usage = async () => JSON.parse((await create({ ...request, system })).text).usage
  const cold = await usage()
  const warm = await usage()
  clock.advance(6 * 60_000)
  const halfWarm = await usage()
  const [first, second, third] = [1200 + 3, 300 + 3, cold.input_tokens]
  expect(cold).toMatchObject({
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: first + second,
    cache_creation: { ephemeral_1h_input_tokens: first, ephemeral_5m_input_tokens: second },
  })
  expect(warm).toMatchObject({
    input_tokens: third,
    cache_read_input_tokens: first + second,
    cache_creation_input_tokens: 0,
  })
  expect(halfWarm).toMatchObject({ cache_read_input_tokens: first, cache_creation_input_tokens: second })
  expect(simulator.ledger().map((entry) => entry.usage)).toMatchObject([
    { input: third, cacheRead: 0, cacheWrite5m: second, cacheWrite1h: first },
    { input: third, cacheRead: first + second, cacheWrite5m: 0, cacheWrite1h: 0 },
    { input: third, cacheRead: first, cacheWrite5m: second, cacheWrite1h: 0 },
  ])
})

test('at most four marks, and a long life never after a short one', async () => {
  const block = (control: object) => ({ type: 'text', text: 'x', cache_control: control })
  const short = block({ type: 'ephemeral' })
  const five = await create({ ...request, system: Array.from({ length: 5 }, () => short) })
  expect(JSON.parse(five.text).error.message).toBe('A maximum of 4 blocks with cache_control may be provided. Found 5.')
  const long = block({ type: 'ephemeral', ttl: '1h' })
  expect((await create({ ...request, system: [short, long] })).status).toBe(400)
  expect((await create({ ...request, system: [long, short] })).status).toBe(200)
})

test('limits have their headers; cache reads do not count; output overdraws and bars the next', async () => {
  const key = { 'x-api-key': 'limited' }
  const system = [{ type: 'text', text: ' one'.repeat(1500), cache_control: { type: 'ephemeral' } }]
  const first = await create({ ...request, system }, key)
  expect(first.headers).toMatchObject({
    'anthropic-ratelimit-requests-limit': '10',
    'anthropic-ratelimit-requests-remaining': '9',
    'anthropic-ratelimit-input-tokens-limit': '2000',
    'anthropic-ratelimit-input-tokens-remaining': '0',
    'anthropic-ratelimit-output-tokens-limit': '60',
    'anthropic-ratelimit-tokens-limit': '2060',
    'anthropic-ratelimit-input-tokens-reset': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  })
  expect((await create({ ...request, system }, key)).status).toBe(200)
  const unmarked = [{ type: 'text', text: ' two'.repeat(1500) }]
  const refused = await create({ ...request, system: unmarked }, key)
  expect(refused.status).toBe(429)
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(JSON.parse(refused.text).error).toMatchObject({
    type: 'rate_limit_error',
    message: expect.stringContaining('2,000 input tokens per minute'),
  })
  await create({ ...request, messages: [{ role: 'user', content: '[[tokens:90]]' }] }, key)
  expect(JSON.parse((await create(request, key)).text).error.message).toContain('60 output tokens per minute')
})

test('models are listed in Anthropic’s shape', async () => {
  const headers = { 'x-api-key': 'key-claude', 'anthropic-version': '2023-06-01' }
  const answer = await send({ url: `${simulator.url}/claude/v1/models?limit=1000`, method: 'GET', headers })
  expect(JSON.parse(answer.text)).toMatchObject({
    has_more: false,
    data: expect.arrayContaining([expect.objectContaining({ type: 'model', id: 'claude-sonnet-4-5' })]),
  })
})
