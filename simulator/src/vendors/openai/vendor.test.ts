// OpenAI over a real socket: shapes, usage equal to the ledger, validation, headers and the shared rate limit.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createManualClock } from '../../manual-clock.ts'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import { ask, eventData, send, testAccounts } from '../../test-client.ts'
import { durationInWords } from './rate-limit-headers.ts'

const clock = createManualClock()
let simulator: Simulator
beforeEach(async () => {
  const limited = (key: string) => ({ vendor: 'openai' as const, key, organisation: 'tight', requestsPerMinute: 2 })
  const accounts = [
    ...testAccounts(),
    limited('tight-1'),
    limited('tight-2'),
    { vendor: 'openai' as const, key: 'tpm', organisation: 'tpm', inputTokensPerMinute: 1000 },
    { vendor: 'openai' as const, key: 'few', organisation: 'few', models: ['gpt-5', 'house-model'] },
  ]
  simulator = await startSimulator({ seed: 1, speed: 0, accounts, clock })
})
afterEach(() => simulator.stop())

function chat(body: unknown, key = 'key-openai') {
  const headers = { authorization: `Bearer ${key}` }
  return send({ url: `${simulator.url}/openai/v1/chat/completions`, headers, body })
}

const messages = [{ role: 'user', content: 'hello [[tokens:9]] [[tag:abc]]' }]

test('a whole answer has the documented shape, and its usage is the ledger’s', async () => {
  const answer = await chat({ model: 'gpt-4o', messages })
  const body = JSON.parse(answer.text)
  expect(answer.status).toBe(200)
  expect(body).toMatchObject({
    id: expect.stringMatching(/^chatcmpl-\w{29}$/),
    object: 'chat.completion',
    created: Math.floor(clock.now() / 1000),
    model: 'gpt-4o',
    choices: [{ index: 0, message: { role: 'assistant', refusal: null }, logprobs: null, finish_reason: 'stop' }],
  })
  const [entry] = simulator.ledger()
  expect(entry).toMatchObject({
    tag: 'abc',
    status: 200,
    outcome: 'ok',
    billed: true,
    streamed: false,
    keyLast4: 'enai',
  })
  expect(entry?.responseId).toBe(body.id)
  expect(entry?.requestId).toBe(answer.headers['x-request-id'])
  expect(body.usage).toMatchObject({
    prompt_tokens: entry?.usage.input,
    completion_tokens: 9,
    total_tokens: 9 + entry!.usage.input,
  })
  expect(answer.headers['openai-organization']).toBe('org-openai')
})

test('a stream: role first, one token per chunk, finish, usage with no choices, [DONE]', async () => {
  const answer = await send(ask(simulator.url, 'openai', { text: 'hi [[tokens:9]]', stream: true }))
  const events = eventData(answer.text)
  expect(answer.headers['content-type']).toMatch(/^text\/event-stream/)
  expect(events).toHaveLength(1 + 9 + 1 + 1 + 1)
  expect(events[0].choices[0].delta).toMatchObject({ role: 'assistant', content: '' })
  expect(events.slice(0, 11).every((event) => event.usage === null)).toBe(true)
  expect(events[10].choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' })
  expect(events[11]).toMatchObject({ choices: [], usage: { completion_tokens: 9 } })
  expect(events[12]).toBe('[DONE]')
  expect(simulator.ledger()[0]).toMatchObject({ streamed: true, usage: { output: 9 } })
})

test('without include_usage no chunk mentions usage', async () => {
  const answer = await chat({ model: 'gpt-4o', messages, stream: true })
  expect(answer.text).not.toContain('"usage"')
  expect(eventData(answer.text).at(-1)).toBe('[DONE]')
})

test('a cap cuts with finish_reason length', async () => {
  const answer = await chat({ model: 'gpt-4o', messages, max_completion_tokens: 4 })
  expect(JSON.parse(answer.text)).toMatchObject({
    choices: [{ finish_reason: 'length' }],
    usage: { completion_tokens: 4 },
  })
})

test('unknown fields are accepted and cost their tokens', async () => {
  await chat({ model: 'gpt-4o', messages })
  const answer = await chat({ model: 'gpt-4o', messages, novelty: { words: 'one two three four' } })
  const [plain, novel] = simulator.ledger()
  expect(answer.status).toBe(200)
  expect(novel!.usage.input).toBeGreaterThan(plain!.usage.input + 4)
})

test.each([
  ['no model', { messages }, 400, null, null],
  ['no messages', { model: 'gpt-4o' }, 400, 'messages', 'missing_required_parameter'],
  ['empty messages', { model: 'gpt-4o', messages: [] }, 400, 'messages', 'empty_array'],
  ['messages of a wrong type', { model: 'gpt-4o', messages: 'hi' }, 400, 'messages', 'invalid_type'],
  [
    'a wrong role',
    { model: 'gpt-4o', messages: [{ role: 'boss', content: 'x' }] },
    400,
    'messages[0].role',
    'invalid_value',
  ],
  ['a cap of zero', { model: 'gpt-4o', messages, max_tokens: 0 }, 400, 'max_tokens', 'integer_below_min_value'],
  ['a cap above the model', { model: 'gpt-4o', messages, max_tokens: 99_999 }, 400, 'max_tokens', 'invalid_value'],
  ['stream_options alone', { model: 'gpt-4o', messages, stream_options: {} }, 400, 'stream_options', null],
  ['an unknown model', { model: 'gpt-0', messages }, 404, null, 'model_not_found'],
  ['no JSON', '{"model":', 400, null, null],
])('%s is refused as OpenAI does', async (_name, body, status, param, code) => {
  const answer = await chat(body)
  expect(answer.status).toBe(status)
  expect(JSON.parse(answer.text)).toEqual({
    error: { message: expect.any(String), type: 'invalid_request_error', param, code },
  })
  expect(simulator.ledger()).toMatchObject([
    { status, outcome: 'error', billed: false, usage: { input: 0, output: 0 } },
  ])
})

test('a prompt beyond the context is context_length_exceeded', async () => {
  const long = [{ role: 'user', content: ' a'.repeat(128_001) }]
  const answer = await chat({ model: 'gpt-4o', messages: long })
  expect(JSON.parse(answer.text).error.code).toBe('context_length_exceeded')
})

test('a wrong key and no key are 401', async () => {
  expect(JSON.parse((await chat({}, 'nobody')).text).error.code).toBe('invalid_api_key')
  const url = `${simulator.url}/openai/v1/chat/completions`
  expect((await send({ url, body: {} })).status).toBe(401)
})

test('two keys of one organisation share its limit, and the 429 says when to come back', async () => {
  const first = await chat({ model: 'gpt-4o', messages }, 'tight-1')
  expect(first.headers).toMatchObject({
    'x-ratelimit-limit-requests': '2',
    'x-ratelimit-remaining-requests': '1',
    'x-ratelimit-reset-requests': '30s',
  })
  await chat({ model: 'gpt-4o', messages }, 'tight-2')
  const refused = await chat({ model: 'gpt-4o', messages }, 'tight-1')
  expect(refused.status).toBe(429)
  expect(refused.headers).toMatchObject({ 'retry-after': '30', 'x-ratelimit-remaining-requests': '0' })
  expect(JSON.parse(refused.text).error).toMatchObject({ type: 'requests', code: 'rate_limit_exceeded' })
  expect((await chat({ model: 'gpt-4o-mini', messages }, 'tight-1')).status).toBe(200)
  clock.advance(30_000)
  expect((await chat({ model: 'gpt-4o', messages }, 'tight-2')).status).toBe(200)
})

test('tokens per minute are charged with the larger of prompt and cap', async () => {
  expect((await chat({ model: 'gpt-4o', messages, max_tokens: 900 }, 'tpm')).headers).toMatchObject({
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': '100',
  })
  const refused = await chat({ model: 'gpt-4o', messages, max_tokens: 101 }, 'tpm')
  expect(JSON.parse(refused.text).error).toMatchObject({ type: 'tokens', code: 'rate_limit_exceeded' })
})

test('models: the vendor’s own, or those the account may use', async () => {
  const list = async (key: string) => {
    const answer = await send({
      url: `${simulator.url}/openai/v1/models`,
      method: 'GET',
      headers: { authorization: `Bearer ${key}` },
    })
    return JSON.parse(answer.text).data.map((model: { id: string }) => model.id)
  }
  expect(await list('key-openai')).toContain('gpt-4o')
  expect(await list('few')).toEqual(['gpt-5', 'house-model'])
  expect((await chat({ model: 'gpt-4o', messages }, 'few')).status).toBe(404)
  expect((await chat({ model: 'house-model', messages }, 'few')).status).toBe(200)
})

test('an automatic cache shows in the usage and in the ledger, and expires', async () => {
  const long = [{ role: 'user', content: ' word'.repeat(1100) }]
  const cached = async () => {
    const answer = await chat({ model: 'gpt-4o', messages: long })
    return JSON.parse(answer.text).usage.prompt_tokens_details.cached_tokens
  }
  expect([await cached(), await cached()]).toEqual([0, 1024])
  const [cold, warm] = simulator.ledger()
  expect(warm!.usage).toMatchObject({ cacheRead: 1024, input: cold!.usage.input - 1024 })
  clock.advance(5 * 60_000 + 1)
  expect(await cached()).toBe(0)
})

test('durations are printed as OpenAI prints them', () => {
  expect([12, 1500, 60_000, 360_000].map(durationInWords)).toEqual(['12ms', '1.5s', '1m0s', '6m0s'])
})
