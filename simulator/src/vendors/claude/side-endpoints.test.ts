// Anthropic's other endpoints and its errors on demand, over a real socket: counting tokens, pages of models, every
// named error, headers on good answers, an error inside a stream.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { FaultRule } from '../../fault-script.ts'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import type { Parsed } from '../../test-client.ts'
import { ask, eventData, send, testAccounts } from '../../test-client.ts'
import { CLAUDE_MODELS } from './models.ts'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ seed: 5, speed: 0, accounts: testAccounts() })
})
afterEach(() => simulator.stop())

const headers = { 'x-api-key': 'key-claude', 'anthropic-version': '2023-06-01' }
const body = {
  model: 'claude-sonnet-4-5',
  system: 'be kind',
  messages: [{ role: 'user', content: 'hello [[tokens:5]]' }],
}

async function get(path: string): Promise<Parsed> {
  return JSON.parse((await send({ url: `${simulator.url}/claude${path}`, method: 'GET', headers })).text)
}

function count(request: object) {
  return send({ url: `${simulator.url}/claude/v1/messages/count_tokens`, headers, body: request })
}

test('counting needs no cap, costs nothing, and says what the request will be billed', async () => {
  const tools = [{ name: 'clock', input_schema: { type: 'object' } }]
  const counted = JSON.parse((await count({ ...body, tools })).text)
  const url = `${simulator.url}/claude/v1/messages`
  const answer = JSON.parse((await send({ url, headers, body: { ...body, tools, max_tokens: 50 } })).text)
  expect(counted).toEqual({ input_tokens: answer.usage.input_tokens })
  expect(simulator.ledger()).toMatchObject([
    { endpoint: 'count-tokens', billed: false },
    { endpoint: 'messages', billed: true, usage: { input: counted.input_tokens } },
  ])
  const wrong = await count({ ...body, messages: [] })
  expect([wrong.status, JSON.parse(wrong.text).error.type]).toEqual([400, 'invalid_request_error'])
})

test('models come in pages, forwards and backwards', async () => {
  const ids = CLAUDE_MODELS.map(({ id }) => id)
  const first = await get('/v1/models?limit=3')
  expect(first).toMatchObject({ has_more: true, first_id: ids[0], last_id: ids[2] })
  expect(first.data).toHaveLength(3)
  const rest = await get(`/v1/models?limit=1000&after_id=${first.last_id}`)
  expect([first, rest].flatMap((page) => page.data.map((model: Parsed) => model.id))).toEqual(ids)
  expect(rest.has_more).toBe(false)
  const before = await get(`/v1/models?limit=2&before_id=${ids[3]}`)
  expect(before.data.map((model: Parsed) => model.id)).toEqual(ids.slice(1, 3))
})

test('one model has its limits and what it can do', async () => {
  expect(await get('/v1/models/claude-opus-5-5')).toMatchObject({
    type: 'model',
    id: 'claude-opus-5-5',
    display_name: 'Claude Opus 5.5',
    line: 'opus',
    max_input_tokens: 1_000_000,
    max_tokens: 128_000,
    capabilities: { thinking: { types: { adaptive: { supported: true }, disabled: { supported: false } } } },
  })
  expect((await get('/v1/models/claude-none')).error.type).toBe('not_found_error')
})

function fault(rule: FaultRule['fault']): void {
  simulator.setFaults([{ match: { vendor: 'claude' }, fault: rule }])
}

test.each<[string, number, string, string | undefined]>([
  ['credit-balance-too-low', 400, 'invalid_request_error', undefined],
  ['organization-on-hold', 400, 'invalid_request_error', 'organization_on_hold'],
  ['key-revoked', 401, 'authentication_error', undefined],
  ['billing', 402, 'billing_error', undefined],
  ['request-too-large', 413, 'request_too_large', undefined],
  ['enforced-spend-limit', 429, 'rate_limit_error', 'enforced_spend_limit_reached'],
  ['contract-spend-limit', 429, 'rate_limit_error', 'contract_spend_limit_reached'],
  ['ramp-limit', 429, 'rate_limit_error', 'ramp_limit_exceeded'],
  ['cmek-key-unreachable', 503, 'api_error', 'cmek_key_unreachable'],
  ['gateway-timeout', 504, 'timeout_error', undefined],
  ['overloaded', 529, 'overloaded_error', undefined],
])('the error %s can be asked for by name', async (name, status, type, code) => {
  fault({ kind: 'vendor-error', name })
  const answer = await send(ask(simulator.url, 'claude', { text: 'hi', stream: true }))
  expect(answer.status).toBe(status)
  expect(JSON.parse(answer.text)).toMatchObject({
    type: 'error',
    error: { type, ...(code === undefined ? {} : { details: { error_code: code } }) },
    request_id: answer.headers['request-id'],
  })
  expect(answer.headers['retry-after']).toBe(name === 'ramp-limit' ? '12' : undefined)
  expect(simulator.ledger()).toMatchObject([{ status, billed: false }])
})

test('a good answer can carry retry-after', async () => {
  fault({ kind: 'extra-headers', headers: { 'retry-after': '7' } })
  const answer = await send(ask(simulator.url, 'claude', { text: 'hi' }))
  expect([answer.status, answer.headers['retry-after']]).toEqual([200, '7'])
})

test('an error inside a stream is an event of its own', async () => {
  fault({ kind: 'error-in-stream', afterChunks: 5 })
  const answer = await send(ask(simulator.url, 'claude', { text: 'hi [[tokens:60]]', stream: true }))
  expect(answer.text).toContain('event: error\n')
  expect(eventData(answer.text).at(-1)).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } })
})

test('faults for counting leave the answers alone', async () => {
  simulator.setFaults([{ match: { endpoint: 'count' }, fault: { kind: 'overloaded-529' } }])
  expect((await count(body)).status).toBe(529)
  expect((await send(ask(simulator.url, 'claude', { text: 'hi' }))).status).toBe(200)
})
