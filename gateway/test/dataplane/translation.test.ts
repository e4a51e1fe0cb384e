// Clients of each protocol on accounts of each vendor, through the whole gateway: text, tools and their results, streamed and
// not; what is dropped is named; rows equal what the provider billed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { portableName } from '../../src/core/protocols/tool-names.ts'
import { serviceTypes, type ShippedServiceType } from '../../src/core/providers/index.ts'
import { dialects, parameters, readAnswer, type Dialect, type Said } from '../support/dialects.ts'
import { sharedPool, startTestGateway, type TestGateway, type TestGroup } from '../support/test-gateway.ts'

let gateway: TestGateway
const groups = new Map<ShippedServiceType, TestGroup>()
const models: Record<ShippedServiceType, string> = {
  claude: 'claude-sonnet-4-5',
  openai: 'gpt-5.1',
  gemini: 'gemini-2.5-flash',
  qwen: 'qwen3-max',
}

beforeAll(async () => {
  gateway = await startTestGateway()
  for (const type of serviceTypes) {
    await gateway.addAccount(`a-${type}`, type)
    groups.set(type, await gateway.addGroup(sharedPool(type)))
  }
})
afterAll(() => gateway.stop())

async function send(dialect: Dialect, type: ShippedServiceType, stream: boolean, body: object): Promise<Said> {
  const response = await gateway.post(dialect.path(models[type], stream), groups.get(type)?.key ?? '', body)
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return readAnswer(dialect, stream, text)
}

describe.each(Object.entries(dialects))('TR3 a client of %s', (_name, dialect) => {
  describe.each(serviceTypes)('on a %s account', (type) => {
    test.each([true, false])('calls a tool and goes on with its result (stream %s)', async (stream) => {
      gateway.simulator.clearLedger()
      const before = (await gateway.rows()).length
      const first = await send(dialect, type, stream, dialect.ask(models[type], stream))
      expect(first.end).toBe(dialect.endsWithCall)
      expect(first.calls).toMatchObject([{ name: 'weather', input: { city: 'Paris' } }])
      expect(first.calls[0]?.id).toMatch(/./)
      const second = await send(dialect, type, stream, dialect.askAgain(models[type], stream, first))
      expect(second.text).toContain('sunny indeed')
      const rows = (await gateway.rows()).slice(before)
      const billed = gateway.simulator.ledger().map(({ usage }) => [usage.input, usage.cacheRead, usage.output])
      expect(rows.map((row) => [row.input_tokens, row.cache_read_tokens, row.output_tokens].map(Number))).toEqual(
        billed,
      )
      expect(rows.map((row) => row.usage_source)).toEqual(['reported', 'reported'])
    })
  })
})

test('TR4 what the account cannot be told is named, and what the answer needs is refused before anything is sent', async () => {
  const key = groups.get('gemini')?.key ?? ''
  const body = { model: models.gemini, messages: [{ role: 'user', content: 'hi' }], logit_bias: { 1: 1 }, user: 'u' }
  const answered = await gateway.post('/v1/chat/completions', key, body)
  expect(answered.headers.get('x-aicarpool-dropped')).toBe('logit_bias, user')
  await answered.text()
  gateway.simulator.clearLedger()
  const refused = await gateway.post('/v1/chat/completions', key, { ...body, n: 2 })
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('not_translatable')])
  expect(gateway.simulator.ledger()).toEqual([])
})

test('TR5 the models of a key are listed in the dialect of who asks', async () => {
  const key = groups.get('claude')?.key ?? ''
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(gateway.app.url + path, { headers: { 'x-api-key': key, ...headers } })
    return [response.status, await response.json()] as const
  }
  const [, list] = await get('/v1/models')
  expect(list).toMatchObject({
    object: 'list',
    data: expect.arrayContaining([expect.objectContaining({ id: 'claude-opus-5-5', object: 'model' })]),
  })
  const version = { 'anthropic-version': '2023-06-01' }
  expect((await get('/v1/models', version))[1]).toMatchObject({
    has_more: false,
    data: expect.arrayContaining([expect.objectContaining({ type: 'model' })]),
  })
  expect((await get('/v1/models/claude-opus-5-5', version))[1]).toMatchObject({ id: 'claude-opus-5-5', type: 'model' })
  const google = { 'x-goog-api-key': key }
  expect((await get('/v1/models', google))[1]).toMatchObject({
    models: expect.arrayContaining([expect.objectContaining({ name: 'models/claude-opus-5-5' })]),
  })
  expect((await get('/v1/models/claude-opus-5-5', google))[1]).toMatchObject({ baseModelId: 'claude-opus-5-5' })
  expect((await get('/v1/models/gpt-5.1'))[0]).toBe(404)
  expect((await fetch(`${gateway.app.url}/v1/models`)).status).toBe(401)
})

test('RT13 an account that names no models serves those of its vendor by all their names, and lists those that still live', async () => {
  const key = groups.get('claude')?.key ?? ''
  const headers = { 'x-api-key': key }
  const { data } = (await (await fetch(`${gateway.app.url}/v1/models`, { headers })).json()) as {
    data: { id: string }[]
  }
  const listed = data.map(({ id }) => id)
  expect(listed).toContain('claude-haiku-4-5')
  expect(listed).not.toContain('claude-3-haiku')
  const snapshot = 'claude-haiku-4-5-20251001'
  expect(listed).not.toContain(snapshot)
  expect((await fetch(`${gateway.app.url}/v1/models/${snapshot}`, { headers })).status).toBe(200)
  gateway.simulator.clearLedger()
  const body = { max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] }
  const answered = await gateway.post('/v1/messages', key, { ...body, model: snapshot })
  expect(await answered.json()).toMatchObject({ type: 'message' })
  expect(gateway.simulator.ledger()).toMatchObject([{ model: snapshot }])
  const [row] = (await gateway.rows()).filter((each) => each.model_used === snapshot)
  expect(row).toMatchObject({ is_unpriced: false, status: 'success' })
  const unknown = await gateway.post('/v1/messages', key, { ...body, model: 'claude-haiku-99' })
  expect([unknown.status, await unknown.text()]).toEqual([404, expect.stringContaining('claude-haiku-99')])
})

test('TR6 tokens are counted by an account of the protocol, else by an estimate that says so', async () => {
  const count = (type: ShippedServiceType) =>
    gateway.post('/v1/messages/count_tokens', groups.get(type)?.key ?? '', {
      model: models[type],
      messages: [{ role: 'user', content: 'how many tokens is this?' }],
    })
  const before = (await gateway.rows()).length
  const native = await count('claude')
  expect(native.headers.get('x-aicarpool-estimated')).toBeNull()
  expect(((await native.json()) as { input_tokens: number }).input_tokens).toBeGreaterThan(0)
  const estimated = await count('openai')
  expect(estimated.headers.get('x-aicarpool-estimated')).toBe('true')
  expect(((await estimated.json()) as { input_tokens: number }).input_tokens).toBeGreaterThan(0)
  expect(await gateway.rows()).toHaveLength(before)
})

test('TR7 a client that looks whether somebody is there gets an answer', async () => {
  for (const path of ['/', '/v1', '/api']) {
    const response = await fetch(gateway.app.url + path, { method: 'HEAD' })
    expect(response.status, path).toBe(204)
  }
})

test('TR9 a tool whose name the vendor does not take is called by the name that its client knows', async () => {
  const name = `mcp__files.v2__${'read_'.repeat(16)}all`
  const body = {
    contents: [{ role: 'user', parts: [{ text: `go [[tool:${portableName(name)} {"city":"Paris"}]]` }] }],
    tools: [{ functionDeclarations: [{ name, parametersJsonSchema: parameters }] }],
    toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [name] } },
  }
  for (const type of ['claude', 'openai', 'qwen'] as const) {
    for (const method of ['generateContent', 'streamGenerateContent']) {
      const response = await gateway.post(`/v1beta/models/${models[type]}:${method}`, groups.get(type)?.key ?? '', body)
      const text = await response.text()
      expect(text, text).toContain('"functionCall"')
      expect(text).toContain(JSON.stringify(name))
      expect(text).not.toContain(portableName(name))
    }
  }
})
