// Embeddings: passed through to accounts that speak the client's wire, metered by what the provider reports, else by an estimate.
import type { ServiceType } from '@aicarpool/contract'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sharedPool, startTestGateway, type TestGateway, type TestGroup } from '../support/test-gateway.ts'

let gateway: TestGateway
const groups = new Map<ServiceType, TestGroup>()

beforeAll(async () => {
  gateway = await startTestGateway()
  for (const type of ['openai', 'gemini', 'qwen', 'claude'] as const) {
    await gateway.addAccount(`a-${type}`, type)
    groups.set(type, await gateway.addGroup(sharedPool(type)))
  }
})
afterAll(() => gateway.stop())
beforeEach(() => {
  gateway.simulator.setFaults([])
  gateway.simulator.clearLedger()
})

const post = (type: ServiceType, path: string, body: object) => gateway.post(path, groups.get(type)?.key ?? '', body)
const rowsOf = async (type: ServiceType) =>
  (await gateway.rows()).filter((row) => row.group_id === groups.get(type)?.id)
const texts = ['one text', 'and another, which is a little longer']

test.each([
  ['openai', 'text-embedding-3-small'],
  ['qwen', 'text-embedding-v4'],
] as const)('ME12 embeddings of %s are billed as the provider reports', async (type, model) => {
  const response = await post(type, '/v1/embeddings', { model, input: texts, dimensions: 256 })
  const { data, usage } = (await response.json()) as {
    data: { embedding: number[] }[]
    usage: { prompt_tokens: number }
  }
  expect(data.map(({ embedding }) => embedding.length)).toEqual([256, 256])
  const billed = gateway.simulator.ledger()
  expect(billed).toMatchObject([{ endpoint: 'embeddings', usage: { input: usage.prompt_tokens, output: 0 } }])
  const rows = await rowsOf(type)
  expect(rows).toMatchObject([
    { request_type: 'embedding', model_used: model, usage_source: 'reported', status: 'success' },
  ])
  expect(rows.map((row) => [row.input_tokens, row.output_tokens].map(Number))).toEqual([[usage.prompt_tokens, 0]])
  expect(Number(rows[0]?.cost)).toBeGreaterThan(0)
})

const content = (text: string) => ({ parts: [{ text }] })
const single = (model: string) =>
  [`/v1beta/models/${model}:embedContent`, { model: `models/${model}`, content: content('one text') }] as const
const batch = (model: string) =>
  [
    `/v1beta/models/${model}:batchEmbedContents`,
    { requests: texts.map((text) => ({ model: `models/${model}`, content: content(text) })) },
  ] as const

test.each([
  ['one text, reported', single('gemini-embedding-2'), 'reported'],
  ['a batch, reported', batch('gemini-embedding-2'), 'reported'],
  ['one text, not reported', single('gemini-embedding-001'), 'estimated'],
  ['a batch, not reported', batch('gemini-embedding-001'), 'estimated'],
] as const)('ME12 embeddings of gemini: %s', async (_name, [path, body], source) => {
  const before = (await rowsOf('gemini')).length
  const response = await post('gemini', path, body)
  expect(response.status, await response.text()).toBe(200)
  const [row, ...more] = (await rowsOf('gemini')).slice(before)
  expect(more).toEqual([])
  expect(row).toMatchObject({ request_type: 'embedding', usage_source: source, status: 'success', is_final: true })
  const billed = gateway.simulator.ledger()[0]?.usage.input ?? 0
  if (source === 'reported') expect(Number(row?.input_tokens)).toBe(billed)
  // Of the texts alone: what frames them, for a few words many times as long, is not read.
  else expect(Math.abs(Number(row?.input_tokens) - billed)).toBeLessThanOrEqual(4)
  expect([Number(row?.output_tokens), Number(row?.cost) > 0]).toEqual([0, true])
})

test('TR18 vectors are of one model: no account of another wire serves them, and no chat model', async () => {
  const [path, body] = single('gemini-embedding-2')
  const refused = await post('openai', path, body)
  expect([refused.status, await refused.json()]).toMatchObject([400, { error: { status: 'INVALID_ARGUMENT' } }])
  const claude = await post('claude', '/v1/embeddings', { model: 'claude-sonnet-4-5', input: 'x' })
  expect([claude.status, await claude.json()]).toMatchObject([400, { error: { code: 'protocol_not_served' } }])
  const chat = await post('openai', '/v1/embeddings', { model: 'gpt-5.1', input: 'x' })
  expect([chat.status, await chat.json()]).toMatchObject([400, { error: { code: 'protocol_not_served' } }])
  const asked = await post('openai', '/v1/chat/completions', { model: 'text-embedding-3-small', messages: [] })
  expect(asked.status).toBe(400)
  expect(gateway.simulator.ledger()).toEqual([])
})

test('TR18 an account whose models are named by its administrator serves those, known to us or not', async () => {
  const id = await gateway.addAccount('named', 'openai', {
    accountType: 'dedicated',
    supportedModels: ['our-embedder'],
  })
  const group = await gateway.addGroup({
    mode: 'dedicated',
    accounts: [{ accountId: id, serviceType: 'openai', priority: 1 }],
  })
  const ask = (model: string) => gateway.post('/v1/embeddings', group.key, { model, input: 'x' })
  expect((await ask('text-embedding-3-small')).status).toBe(404)
  // The provider's own refusal: it was asked.
  expect(await (await ask('our-embedder')).text()).toContain('our-embedder')
  expect(gateway.simulator.ledger()).toHaveLength(1)
})

test('RT6 embeddings move to another account of the same wire', async () => {
  const accounts = []
  for (const [index, name] of ['bad', 'good'].entries()) {
    const accountId = await gateway.addAccount(name, 'openai', { accountType: 'dedicated' })
    accounts.push({ accountId, serviceType: 'openai' as const, priority: index + 1 })
  }
  const group = await gateway.addGroup({ mode: 'dedicated', accounts })
  gateway.simulator.setFaults([{ match: { organisation: 'bad' }, fault: { kind: 'status-500' } }])
  const response = await gateway.post('/v1/embeddings', group.key, { model: 'text-embedding-3-small', input: texts })
  expect(response.status, await response.text()).toBe(200)
  const rows = (await gateway.rows()).filter((row) => row.group_id === group.id)
  expect(rows.map((row) => [row.is_final, row.status, row.usage_source])).toEqual([
    [false, 'error', 'none'],
    [true, 'success', 'reported'],
  ])
})

test('TR5 lists hold the models of embeddings too', async () => {
  const list = await fetch(`${gateway.app.url}/v1/models`, {
    headers: { 'x-api-key': groups.get('openai')?.key ?? '' },
  })
  const { data } = (await list.json()) as { data: { id: string }[] }
  expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(['text-embedding-3-small', 'gpt-5.1']))
})
