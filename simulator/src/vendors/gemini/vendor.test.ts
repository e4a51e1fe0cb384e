// Gemini over a real socket: both ways of streaming, usage per chunk, Google's errors.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createManualClock } from '../../manual-clock.ts'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import type { Parsed } from '../../test-client.ts'
import { eventData, send, testAccounts } from '../../test-client.ts'

const clock = createManualClock()
let simulator: Simulator
beforeEach(async () => {
  const limited = { vendor: 'gemini' as const, key: 'limited', organisation: 'limited', requestsPerMinute: 1 }
  simulator = await startSimulator({ seed: 1, speed: 0, accounts: [...testAccounts(), limited], clock })
})
afterEach(() => simulator.stop())

const contents = [{ role: 'user', parts: [{ text: 'hello [[tokens:100]]' }] }]

function generate(call: string, body: unknown = { contents }, key = 'key-gemini') {
  const url = `${simulator.url}/gemini/v1beta/models/${call}`
  return send({ url, headers: { 'x-goog-api-key': key }, body })
}

test('a whole answer has the documented shape, and its usage is the ledger’s', async () => {
  const answer = await generate('gemini-2.5-flash:generateContent')
  const [entry] = simulator.ledger()
  const input = entry!.usage.input
  expect(JSON.parse(answer.text)).toEqual({
    candidates: [{ content: { parts: [{ text: expect.any(String) }], role: 'model' }, finishReason: 'STOP', index: 0 }],
    usageMetadata: {
      promptTokenCount: input,
      candidatesTokenCount: 100,
      totalTokenCount: input + 100,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: input }],
    },
    modelVersion: 'gemini-2.5-flash',
    responseId: entry!.responseId,
  })
  expect(entry).toMatchObject({ model: 'gemini-2.5-flash', usage: { output: 100 } })
})

test('alt=sse: events end with CRLF, usage grows, and only the last chunk finishes', async () => {
  const answer = await generate('gemini-2.5-flash:streamGenerateContent?alt=sse')
  const events = eventData(answer.text)
  expect(answer.text.endsWith('}\r\n\r\n')).toBe(true)
  expect(answer.text.split('\r\n\r\n')).toHaveLength(events.length + 1)
  expect(events.length).toBeGreaterThan(2)
  const counts = events.map((event) => event.usageMetadata.candidatesTokenCount)
  expect(counts).toEqual(counts.toSorted((a: number, b: number) => a - b))
  expect(counts.at(-1)).toBe(100)
  expect(events.map((event) => event.candidates[0].finishReason ?? null)).toEqual([
    ...events.slice(1).map(() => null),
    'STOP',
  ])
})

test('without alt=sse the stream is one JSON array of the same chunks', async () => {
  const array = JSON.parse((await generate('gemini-2.5-flash:streamGenerateContent')).text)
  const events = eventData((await generate('gemini-2.5-flash:streamGenerateContent?alt=sse')).text)
  const text = (chunks: Parsed[]) => chunks.map((chunk) => chunk.candidates[0].content.parts[0].text)
  expect(text(array)).toEqual(text(events))
})

test('the cap ends with MAX_TOKENS, in either spelling', async () => {
  for (const config of [
    { generationConfig: { maxOutputTokens: 7 } },
    { generation_config: { max_output_tokens: 7 } },
  ]) {
    const answer = JSON.parse((await generate('gemini-2.5-flash:generateContent', { contents, ...config })).text)
    expect(answer).toMatchObject({
      candidates: [{ finishReason: 'MAX_TOKENS' }],
      usageMetadata: { candidatesTokenCount: 7 },
    })
  }
})

test.each([
  ['no contents', 'gemini-2.5-flash:generateContent', {}, 400, 'INVALID_ARGUMENT', 'contents is not specified'],
  [
    'a wrong role',
    'gemini-2.5-flash:generateContent',
    { contents: [{ role: 'boss', parts: [{ text: 'x' }] }] },
    400,
    'INVALID_ARGUMENT',
    'valid role',
  ],
  [
    'no parts',
    'gemini-2.5-flash:generateContent',
    { contents: [{ role: 'user', parts: [] }] },
    400,
    'INVALID_ARGUMENT',
    'parts',
  ],
  [
    'a cap above the model',
    'gemini-2.0-flash:generateContent',
    { contents, generationConfig: { maxOutputTokens: 9000 } },
    400,
    'INVALID_ARGUMENT',
    '8193 (exclusive)',
  ],
  ['an unknown model', 'gemini-0:generateContent', { contents }, 404, 'NOT_FOUND', 'models/gemini-0 is not found'],
  ['an unknown method', 'gemini-2.5-flash:ponder', { contents }, 404, 'NOT_FOUND', 'not found'],
])('%s is refused as Google does', async (_name, call, body, code, status, message) => {
  const answer = await generate(call, body)
  expect(answer.status).toBe(code)
  expect(JSON.parse(answer.text)).toMatchObject({ error: { code, status, message: expect.stringContaining(message) } })
})

test('a wrong key is a 400 with API_KEY_INVALID, no key a 403, and the query carries a key as well', async () => {
  const wrong = await generate('gemini-2.5-flash:generateContent', { contents }, 'wrong')
  expect(wrong.status).toBe(400)
  expect(JSON.parse(wrong.text).error.details[0]).toMatchObject({ reason: 'API_KEY_INVALID' })
  const url = `${simulator.url}/gemini/v1beta/models/gemini-2.5-flash:generateContent`
  expect((await send({ url, body: { contents } })).status).toBe(403)
  expect((await send({ url: `${url}?key=key-gemini`, body: { contents } })).status).toBe(200)
})

test('a rate limit hides its delay in RetryInfo, and an array stream wraps the error', async () => {
  await generate('gemini-2.5-flash:generateContent', { contents }, 'limited')
  const refused = await generate('gemini-2.5-flash:streamGenerateContent', { contents }, 'limited')
  expect(refused.status).toBe(429)
  expect(refused.headers['retry-after']).toBeUndefined()
  const [{ error }] = JSON.parse(refused.text)
  expect(error.status).toBe('RESOURCE_EXHAUSTED')
  expect(error.details).toMatchObject([
    { violations: [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel' }] },
    { retryDelay: '60s' },
  ])
})

test('the automatic cache shows as cachedContentTokenCount inside the prompt', async () => {
  const long = { contents: [{ role: 'user', parts: [{ text: ' word'.repeat(1100) }] }] }
  const usage = async () => JSON.parse((await generate('gemini-2.5-flash:generateContent', long)).text).usageMetadata
  const [cold, warm] = [await usage(), await usage()]
  expect(cold.cachedContentTokenCount).toBeUndefined()
  expect(warm).toMatchObject({ cachedContentTokenCount: 1024, promptTokenCount: cold.promptTokenCount })
  expect(simulator.ledger()[1]!.usage.cacheRead).toBe(1024)
})

test('models are listed in Google’s shape', async () => {
  const answer = await send({ url: `${simulator.url}/gemini/v1beta/models?key=key-gemini`, method: 'GET' })
  expect(JSON.parse(answer.text).models[0]).toMatchObject({
    name: 'models/gemini-2.5-flash',
    inputTokenLimit: 1_048_576,
  })
})
