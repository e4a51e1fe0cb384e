// Clients of generateContent: where they find their calls, which key they bring, and what they get in every form of an answer,
// on accounts of each vendor.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { serviceTypes, type ShippedServiceType } from '../../src/core/providers/index.ts'
import { startScriptedProvider, drainRequest, type ScriptedProvider } from '../support/scripted-provider.ts'
import { sharedPool, startTestGateway, type TestGateway, type TestGroup } from '../support/test-gateway.ts'

let gateway: TestGateway
const groups = new Map<ShippedServiceType, TestGroup>()
const models: Record<ShippedServiceType, string> = {
  claude: 'claude-sonnet-4-5',
  openai: 'gpt-5.1',
  gemini: 'gemini-2.5-flash',
  qwen: 'qwen3-vl-plus',
}
/** Groups of two accounts each, made by a test. */
const pairs: TestGroup[] = []
const providers: ScriptedProvider[] = []

beforeAll(async () => {
  gateway = await startTestGateway()
  for (const type of serviceTypes) {
    await gateway.addAccount(`a-${type}`, type)
    groups.set(type, await gateway.addGroup(sharedPool(type)))
  }
})
afterAll(async () => {
  await gateway.stop()
  for (const provider of providers) await provider.stop()
})
beforeEach(() => {
  gateway.simulator.setFaults([])
  gateway.simulator.clearLedger()
})

interface Chunk {
  candidates?: { content: { parts: { text?: string }[]; role: string }; finishReason?: string; index: number }[]
  usageMetadata?: { promptTokenCount: number; candidatesTokenCount: number; totalTokenCount: number }
  error?: { code: number; status: string; message: string }
  modelVersion?: string
}

type Form = 'plain' | 'events' | 'array'
const actions: Record<Form, string> = {
  plain: 'generateContent',
  events: 'streamGenerateContent?alt=sse',
  array: 'streamGenerateContent',
}
const contentTypes: Record<Form, string> = {
  plain: 'application/json',
  events: 'text/event-stream; charset=utf-8',
  array: 'application/json; charset=UTF-8',
}
const forms = ['plain', 'events', 'array'] as const

const says = (text: string, over: object = {}) => ({ contents: [{ role: 'user', parts: [{ text }] }], ...over })
const keyOf = (type: ShippedServiceType) => groups.get(type)?.key ?? ''
const ask = (form: Form, key: string, model: string, body: object) =>
  gateway.post(`/v1beta/models/${model}:${actions[form]}`, key, body)

/** Every chunk of an answer, whichever form it has. */
function chunksOf(form: Form, text: string): Chunk[] {
  if (form === 'events') {
    return [...text.matchAll(/^data: (.*)\r?\n\r?\n/gm)].map(([, json]) => JSON.parse(json ?? '') as Chunk)
  }
  const json = JSON.parse(text) as Chunk | Chunk[]
  return Array.isArray(json) ? json : [json]
}

const textOf = (chunks: readonly Chunk[]) =>
  chunks
    .flatMap(({ candidates = [] }) => candidates.flatMap(({ content }) => content.parts))
    .map(({ text = '' }) => text)
    .join('')

/** The rows of the group whose key it is. */
async function rowsOf(key: string) {
  const group = [...groups.values(), ...pairs].find((each) => each.key === key)
  return (await gateway.rows()).filter((row) => row.group_id === group?.id)
}

describe.each(serviceTypes)('TR16 on a %s account', (type) => {
  test.each(forms)('the answer is whole in its form (%s)', async (form) => {
    const response = await ask(form, keyOf(type), models[type], says('[[echo:all is well]]'))
    const text = await response.text()
    expect(response.status, text).toBe(200)
    expect(response.headers.get('content-type')).toBe(contentTypes[form])
    const chunks = chunksOf(form, text)
    expect(textOf(chunks)).toContain('all is well')
    const last = chunks.at(-1)
    expect(last?.candidates?.[0]).toMatchObject({ finishReason: 'STOP' })
    const { input, cacheRead, output } = gateway.simulator.ledger()[0]?.usage ?? { input: 0, cacheRead: 0, output: 0 }
    expect(last?.usageMetadata).toMatchObject({
      promptTokenCount: input + cacheRead,
      totalTokenCount: input + cacheRead + output,
    })
    expect((await rowsOf(keyOf(type))).at(-1)).toMatchObject({
      usage_source: 'reported',
      model_requested: models[type],
      status: 'success',
    })
  })

  test('an image reaches the account', async () => {
    const data = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
    const parts = [{ inlineData: { mimeType: 'image/png', data } }, { text: 'what is it?' }]
    const response = await ask('plain', keyOf(type), models[type], { contents: [{ role: 'user', parts }] })
    expect(response.status, await response.text()).toBe(200)
    expect(gateway.simulator.ledger()[0]?.usage.image).toBeGreaterThan(0)
  })

  test.each(forms)('a failure is told in the wire’s own terms (%s)', async (form) => {
    gateway.simulator.setFaults([{ match: {}, fault: { kind: 'status-503' } }])
    const response = await ask(form, keyOf(type), models[type], says('hi'))
    expect(response.status).toBe(502)
    expect(refusalOf(form, await response.text())).toMatchObject({ code: 502, status: 'UNAVAILABLE' })
  })
})

/** A refusal is no event, but it is an element where an array is read. */
function refusalOf(form: Form, text: string): Chunk['error'] {
  expect(text.startsWith('[')).toBe(form === 'array')
  return chunksOf(form === 'events' ? 'plain' : form, text)[0]?.error
}

test.each(forms)(
  'ST5 the provider’s own refusal keeps its words in the form that the client reads (%s)',
  async (form) => {
    const body = says('hi', { generationConfig: { temperature: 7 } })
    const response = await ask(form, keyOf('gemini'), models.gemini, body)
    expect(response.status).toBe(400)
    expect(refusalOf(form, await response.text())?.message).toContain('must be in the range [0.0, 2.0]')
  },
)

let round = 0
/** A group whose first account is at an address of its own, and whose second, if there is one, answers. */
async function pairOf(type: ShippedServiceType, apiEndpoint: string | undefined, isAlone = false): Promise<TestGroup> {
  round += 1
  const own = { accountType: 'dedicated' as const }
  const first = await gateway.addAccount(`first${round}`, type, apiEndpoint ? { ...own, apiEndpoint } : own)
  const accounts = [{ accountId: first, serviceType: type, priority: 1 }]
  if (!isAlone) {
    accounts.push({ accountId: await gateway.addAccount(`second${round}`, type, own), serviceType: type, priority: 2 })
  }
  const group = await gateway.addGroup({ mode: 'dedicated', accounts })
  pairs.push(group)
  return group
}

describe.each(serviceTypes)('TR17 on %s accounts', (type) => {
  test.each(forms)('what fails before the first content is answered by another one (%s)', async (form) => {
    const group = await pairOf(type, undefined)
    const fault =
      form === 'plain' ? ({ kind: 'status-500' } as const) : ({ kind: 'error-in-stream', afterChunks: 0 } as const)
    gateway.simulator.setFaults([{ match: { organisation: `first${round}` }, fault }])
    const response = await ask(form, group.key, models[type], says('[[echo:all is well]]'))
    const text = await response.text()
    expect(response.status, text).toBe(200)
    expect(textOf(chunksOf(form, text))).toContain('all is well')
    expect((await rowsOf(group.key)).map(({ is_final, status }) => [is_final, status])).toEqual([
      [false, 'error'],
      [true, 'success'],
    ])
  })

  test.each(['events', 'array'] as const)('what fails behind it ends the stream with an error (%s)', async (form) => {
    for (const fault of [
      { kind: 'error-in-stream', afterChunks: 6 },
      { kind: 'cut', afterChunks: 6 },
    ] as const) {
      const group = await pairOf(type, undefined)
      gateway.simulator.setFaults([{ match: {}, fault }])
      const response = await ask(form, group.key, models[type], says('tell me all [[tokens:200]]'))
      const chunks = chunksOf(form, await response.text())
      expect(textOf(chunks)).not.toBe('')
      expect(chunks.at(-1)?.error?.code, JSON.stringify(chunks.at(-1))).toBeGreaterThanOrEqual(500)
      expect(chunks.filter(({ candidates }) => candidates?.[0]?.finishReason)).toEqual([])
      expect(await rowsOf(group.key)).toMatchObject([{ is_final: true, status: 'error' }])
    }
  })
})

test('TR16 an array is whole JSON however the provider’s events are cut', async () => {
  const key = keyOf('gemini')
  const asked = says('[[tokens:120]]')
  const whole = textOf(chunksOf('array', await (await ask('array', key, models.gemini, asked)).text()))
  gateway.simulator.setFaults([{ match: {}, fault: { kind: 'rechunk', bytes: 7 } }])
  const cut = chunksOf('array', await (await ask('array', key, models.gemini, asked)).text())
  expect(textOf(cut)).toBe(whole)
})

test('TR16 the same calls stand at every address that the vendor gives them', async () => {
  const paths = [
    `/v1/models/${models.claude}:generateContent`,
    `/v1beta/models/${models.claude}%3AgenerateContent`,
    `/v1beta/${models.claude}:generateContent`,
  ]
  for (const path of paths) {
    const response = await gateway.post(path, keyOf('claude'), says('hi'))
    expect(response.status, `${path} ${await response.text()}`).toBe(200)
  }
  const unknown = await gateway.post(`/v1beta/models/${models.claude}:predict`, keyOf('claude'), says('hi'))
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { error: { status: 'NOT_FOUND' } }])
  const read = await fetch(`${gateway.app.url}/v1beta/models/m:generateContent`, { headers: bearer(keyOf('claude')) })
  expect([read.status, await read.json()]).toMatchObject([405, { error: { code: 405 } }])
})

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

test('AU5 a key in the address is taken from clients of the wires that put it there, and is never sent on', async () => {
  const seen: string[] = []
  const provider = await startScriptedProvider((request, response) => {
    seen.push(`${request.url} ${JSON.stringify(request.headers)}`)
    const answer = { candidates: [{ content: { parts: [{ text: 'ok' }] }, finishReason: 'STOP', index: 0 }] }
    void drainRequest(request).then(() => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  providers.push(provider)
  const { key } = await pairOf('gemini', provider.url, true)
  const post = (query: string, headers: Record<string, string> = {}) =>
    fetch(`${gateway.app.url}/v1beta/models/${models.gemini}:generateContent${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(says('hi')),
    })
  for (const [query, headers] of [
    [`?key=${key}`, {}],
    ['', { 'x-goog-api-key': key }],
    ['', bearer(key)],
    [`?key=wrong`, { 'x-goog-api-key': key }],
  ] as const) {
    const response = await post(query, headers)
    expect(response.status, `${query} ${await response.text()}`).toBe(200)
  }
  expect(seen).toHaveLength(4)
  for (const sent of seen) {
    expect(sent).toMatch(new RegExp(`^/v1beta/models/${models.gemini}:generateContent \\{`))
    expect(sent).not.toContain(key)
  }
  expect([(await post('')).status, (await post('?key=wrong')).status]).toEqual([401, 401])
  const chat = await fetch(`${gateway.app.url}/v1/chat/completions?key=${key}`, { method: 'POST', body: '{}' })
  expect(chat.status).toBe(401)
})

test('TR6 a generateContent client has tokens counted natively, else estimated', async () => {
  const count = async (type: ShippedServiceType, body: object) => {
    const response = await gateway.post(`/v1beta/models/${models[type]}:countTokens`, keyOf(type), body)
    const { totalTokens } = (await response.json()) as { totalTokens: number }
    return [response.status, response.headers.get('x-aicarpool-estimated'), totalTokens > 0]
  }
  const body = says('how many tokens is this?')
  expect(await count('gemini', body)).toEqual([200, null, true])
  const whole = { generateContentRequest: { model: `models/${models.gemini}`, ...body } }
  expect(await count('gemini', whole)).toEqual([200, null, true])
  for (const type of ['claude', 'openai', 'qwen'] as const) expect(await count(type, body)).toEqual([200, 'true', true])
  expect(gateway.simulator.ledger().filter(({ billed }) => billed)).toEqual([])
})

test('TR5 a generateContent client lists models by their resource names', async () => {
  const get = async (path: string, key = keyOf('gemini')) => {
    const response = await fetch(`${gateway.app.url}${path}`, { headers: { 'x-goog-api-key': key } })
    return [response.status, await response.json()] as const
  }
  const [status, list] = await get('/v1beta/models?pageSize=1000')
  expect(status).toBe(200)
  const methods = (name: string) =>
    (list as { models: { name: string; supportedGenerationMethods: string[] }[] }).models.find(
      (model) => model.name === `models/${name}`,
    )?.supportedGenerationMethods
  expect(methods('gemini-2.5-flash')).toEqual(['generateContent', 'countTokens'])
  expect(methods('gemini-embedding-001')).toEqual(['embedContent', 'batchEmbedContents'])
  expect(await get('/v1beta/models/claude-sonnet-4-5', keyOf('claude'))).toMatchObject([
    200,
    { name: 'models/claude-sonnet-4-5', inputTokenLimit: 200_000 },
  ])
  expect(await get('/v1beta/models/none')).toMatchObject([404, { error: { status: 'NOT_FOUND' } }])
})

test('QU6 a used-up quota is told to generateContent clients as final', async () => {
  const { key } = await gateway.addGroup(sharedPool('gemini'), { dailyTokenLimit: 0 })
  const response = await ask('array', key, models.gemini, says('hi'))
  expect(response.status).toBe(429)
  const [{ error }] = (await response.json()) as [{ error: { status: string; details: { '@type': string }[] } }]
  expect(error.status).toBe('RESOURCE_EXHAUSTED')
  expect(JSON.stringify(error.details)).toContain('PerDay')
})

test.each([false, true])('ME13 searches of the vendor are counted and billed apiece (stream %s)', async (stream) => {
  await gateway.addAccount(`searching-${stream}`, 'gemini')
  const { key, id } = await gateway.addGroup(sharedPool('gemini'))
  const action = stream ? 'streamGenerateContent?alt=sse' : 'generateContent'
  const response = await gateway.post(`/v1beta/models/gemini-3.5-flash:${action}`, key, {
    contents: [{ role: 'user', parts: [{ text: '[[search:2]] [[tokens:20]]' }] }],
    tools: [{ googleSearch: {} }],
  })
  expect(response.status, await response.text()).toBe(200)
  const row = (await gateway.rows()).find((each) => each.group_id === id)
  const { rows } = await gateway.app.database.query<{ usage_details: unknown }>(
    'SELECT usage_details FROM usage_stats WHERE group_id = $1',
    [id],
  )
  expect(rows).toMatchObject([{ usage_details: { webSearches: 2 } }])
  expect(Number(row?.cost)).toBeGreaterThan(0.028)
})
