// Gemini's other endpoints, its errors on demand, and the reports on the way through a stream, over a real socket.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import type { Parsed } from '../../test-client.ts'
import { eventData, send, testAccounts } from '../../test-client.ts'
import { GEMINI_MODELS } from './models.ts'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ seed: 17, speed: 0, accounts: testAccounts() })
})
afterEach(() => simulator.stop())

function call(path: string, body: object) {
  const url = `${simulator.url}/gemini/v1beta/models/${path}`
  return send({ url, headers: { 'x-goog-api-key': 'key-gemini' }, body })
}

async function get(path: string): Promise<Parsed> {
  return JSON.parse((await send({ url: `${simulator.url}/gemini${path}key=key-gemini`, method: 'GET' })).text)
}

const contents = [{ role: 'user', parts: [{ text: 'hello [[tokens:9]]' }] }]

test('counting is free and says what the request will be billed, instructions and tools included', async () => {
  const request = {
    contents,
    systemInstruction: { parts: [{ text: 'be kind' }] },
    tools: [{ functionDeclarations: [{ name: 'f' }] }],
  }
  const model = 'models/gemini-2.5-flash'
  const bare = JSON.parse((await call('gemini-2.5-flash:countTokens', { contents })).text)
  const whole = JSON.parse(
    (await call('gemini-2.5-flash:countTokens', { generateContentRequest: { model, ...request } })).text,
  )
  const answer = JSON.parse((await call('gemini-2.5-flash:generateContent', request)).text)
  expect(whole.totalTokens).toBe(answer.usageMetadata.promptTokenCount)
  expect(bare.totalTokens).toBeLessThan(whole.totalTokens)
  expect(bare.promptTokensDetails).toEqual([{ modality: 'TEXT', tokenCount: bare.totalTokens }])
  expect(simulator.ledger().map((entry) => [entry.endpoint, entry.billed])).toEqual([
    ['count-tokens', false],
    ['count-tokens', false],
    ['generate-content', true],
  ])
  expect((await call('gemini-2.5-flash:countTokens', { contents, tools: [] })).status).toBe(400)
})

test('one text has one vector in every request; shorter ones are its beginning; the ledger has the tokens', async () => {
  const model = 'models/gemini-embedding-001'
  const content = { parts: [{ text: 'one two three' }] }
  const single = JSON.parse((await call('gemini-embedding-001:embedContent', { content })).text)
  const requests = [
    { model, content, outputDimensionality: 768 },
    { model, content: { parts: [{ text: 'other' }] } },
  ]
  const batch = JSON.parse((await call('gemini-embedding-001:batchEmbedContents', { requests })).text)
  const [short, other] = batch.embeddings
  expect(single.embedding.values).toHaveLength(3072)
  expect(Math.hypot(...single.embedding.values)).toBeCloseTo(1)
  expect(short.values).toEqual(single.embedding.values.slice(0, 768))
  expect(other.values).not.toEqual(single.embedding.values)
  expect(batch).not.toHaveProperty('usageMetadata')
  const [first, second] = simulator.ledger()
  expect(first).toMatchObject({ endpoint: 'embed', billed: true, usage: { output: 0 } })
  expect(second!.usage.input).toBeGreaterThan(first!.usage.input)
})

test('the second generation of embeddings reports its tokens', async () => {
  const content = { parts: [{ text: 'one two three' }] }
  const answer = JSON.parse((await call('gemini-embedding-2:embedContent', { content })).text)
  expect(answer.usageMetadata.promptTokenCount).toBe(simulator.ledger()[0]!.usage.input)
})

test.each<[string, string, object, number, string]>([
  ['no content', 'gemini-embedding-001:embedContent', {}, 400, 'content is not specified'],
  [
    'too many dimensions',
    'gemini-embedding-001:embedContent',
    { content: contents[0], outputDimensionality: 5000 },
    400,
    'output_dimensionality',
  ],
  [
    'a request without model',
    'gemini-embedding-001:batchEmbedContents',
    { requests: [{ content: contents[0] }] },
    400,
    'requests[0].model: model is not specified',
  ],
  ['an empty batch', 'gemini-embedding-001:batchEmbedContents', { requests: [] }, 400, 'must not be empty'],
  [
    'a model that only talks',
    'gemini-2.5-flash:embedContent',
    { content: contents[0] },
    404,
    'not supported for embedContent',
  ],
  [
    'a model that only embeds',
    'gemini-embedding-001:generateContent',
    { contents },
    404,
    'not supported for generateContent',
  ],
])('%s is refused', async (_name, path, body, status, expected) => {
  const answer = await call(path, body)
  expect([answer.status, JSON.parse(answer.text).error.message]).toEqual([status, expect.stringContaining(expected)])
})

test('models come in pages, and each says what it can do', async () => {
  const first = await get('/v1beta/models?pageSize=4&')
  const rest = await get(`/v1beta/models?pageToken=${first.nextPageToken}&`)
  expect(first.models).toHaveLength(4)
  expect(rest).not.toHaveProperty('nextPageToken')
  const names = [...first.models, ...rest.models].map((model: Parsed) => model.name)
  expect(names).toEqual(GEMINI_MODELS.map(({ id }) => `models/${id}`))
  expect(await get('/v1beta/models/gemini-2.5-pro?')).toMatchObject({
    name: 'models/gemini-2.5-pro',
    outputTokenLimit: 65_536,
    thinking: true,
    supportedGenerationMethods: expect.arrayContaining(['generateContent', 'countTokens']),
  })
  expect((await get('/v1beta/models/gemini-embedding-001?')).supportedGenerationMethods).toContain('embedContent')
})

test.each<[string, number, string, object | undefined]>([
  ['api-key-expired', 400, 'INVALID_ARGUMENT', { reason: 'API_KEY_INVALID' }],
  ['location-unsupported', 400, 'FAILED_PRECONDITION', undefined],
  ['consumer-suspended', 403, 'PERMISSION_DENIED', { reason: 'CONSUMER_SUSPENDED' }],
  ['quota-per-minute-fraction', 429, 'RESOURCE_EXHAUSTED', { retryDelay: '34.4s' }],
  ['quota-per-day', 429, 'RESOURCE_EXHAUSTED', { retryDelay: '21600s' }],
  ['quota-zero', 429, 'RESOURCE_EXHAUSTED', { retryDelay: '12s' }],
  ['deadline-exceeded', 504, 'DEADLINE_EXCEEDED', undefined],
])('the error %s can be asked for by name', async (name, code, status, detail) => {
  simulator.setFaults([{ match: { vendor: 'gemini' }, fault: { kind: 'vendor-error', name } }])
  const answer = await call('gemini-2.5-flash:streamGenerateContent', { contents })
  const [{ error }] = JSON.parse(answer.text)
  expect([answer.status, error.code, error.status]).toEqual([code, code, status])
  expect(error.details?.at(-1)).toEqual(detail === undefined ? undefined : expect.objectContaining(detail))
  expect(answer.headers['retry-after']).toBeUndefined()
})

test('whatever a stream reports on its way, its last chunk is the bill; the same question is reported the same way', async () => {
  const shapes = new Set<string>()
  for (let question = 0; question < 40; question += 1) {
    const body = { contents: [{ parts: [{ text: `question ${question} [[tokens:150]]` }] }] }
    const ask = async () => eventData((await call('gemini-2.5-flash:streamGenerateContent?alt=sse', body)).text)
    const events = await ask()
    const { usage } = simulator.ledger().at(-1)!
    const reports = events.map((event) => event.usageMetadata)
    expect(reports.at(-1)).toMatchObject({
      promptTokenCount: usage.input,
      candidatesTokenCount: 150,
      totalTokenCount: usage.input + 150,
    })
    if (question < 5) expect((await ask()).map((event) => event.usageMetadata)).toEqual(reports)
    const told = reports.filter((report) => report !== undefined)
    if (told.length < reports.length) shapes.add('left out')
    if (told.some((report) => report.promptTokenCount !== usage.input)) shapes.add('prompt corrected')
    const counts = told.map((report) => report.candidatesTokenCount)
    if (counts.some((count, index) => count < (counts[index - 1] ?? 0))) shapes.add('counter fell')
  }
  expect([...shapes].toSorted()).toEqual(['counter fell', 'left out', 'prompt corrected'])
})
