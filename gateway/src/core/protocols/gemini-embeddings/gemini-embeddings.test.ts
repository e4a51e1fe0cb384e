// The embedding calls of the Gemini API: addresses, facts, splices of an alias, usage and refusals.
import { AppError } from '@aicarpool/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runTransform } from '../__fixtures__/feed.ts'
import { noUsage } from '../usage.ts'
import { geminiEmbeddingsAccounts, geminiEmbeddingsClients } from './index.ts'

const single = geminiEmbeddingsClients['gemini-embed']
const batch = geminiEmbeddingsClients['gemini-batch-embed']
const target = { model: 'gemini-embedding-2', stream: false }
const facts = { model: target.model, stream: false, maxOutputTokens: 0, choices: 1 }
const content = { parts: [{ text: 'hi' }] }

test('each has its address, below any spelling of the model', () => {
  expect(single.matchAddress?.('/v1beta/models/gemini-embedding-2:embedContent', '')).toEqual(target)
  expect(batch.matchAddress?.('/v1/models/gemini-embedding-2:batchEmbedContents', 'key=k')).toEqual(target)
  expect(single.matchAddress?.('/v1beta/models/gemini-embedding-2:batchEmbedContents', '')).toBeUndefined()
  expect(batch.matchAddress?.('/v1beta/models/m:generateContent', '')).toBeUndefined()
  const [one, many] = Object.values(geminiEmbeddingsAccounts)
  expect(one?.path('models/m', false)).toBe('/v1beta/models/m:embedContent')
  expect(many?.path('m', false)).toBe('/v1beta/models/m:batchEmbedContents')
})

test('they are native only', () => {
  for (const client of [single, batch])
    expect(client).toMatchObject({ requestType: 'embedding', translation: undefined })
  for (const account of Object.values(geminiEmbeddingsAccounts)) expect(account.translation).toBeUndefined()
})

describe('the facts', () => {
  test('of one content and of a batch', () => {
    expect(single.inspectRequest({ content }, target)).toEqual({ ...facts, inputBytes: 2 })
    const requests = [{ model: 'models/x', content }, { content: { parts: { text: '拼车' } } }, { content: {} }]
    expect(batch.inspectRequest({ requests }, target)).toEqual({ ...facts, inputBytes: 8 })
    const image = { inlineData: { data: 'x' } }
    expect(single.inspectRequest({ content: { parts: [image] } }, target).inputBytes).toBe(JSON.stringify(image).length)
  })

  test.each([
    [single, {}, 'content'],
    [single, { content: 'hi' }, 'content'],
    [batch, {}, 'requests'],
    [batch, { requests: [] }, 'requests'],
    [batch, { requests: [{ content }, {}] }, 'requests[1].content'],
  ])('are refused by name %#', (client, body, field) => {
    expect(() => client.inspectRequest(body, target)).toThrow(
      expect.objectContaining({ code: 'invalid_request', field }),
    )
  })
})

describe('requests', () => {
  const adapt = (id: keyof typeof geminiEmbeddingsAccounts, json: string, model?: string) =>
    geminiEmbeddingsAccounts[id].adaptRequest(Buffer.from(json), facts, { model }, target).body.toString('utf8')

  test('an alias is replaced wherever the model stands, and no other byte changes', () => {
    expect(adapt('gemini-embed', '{ "model":"models/a", "content":{} }', 'r')).toBe(
      '{ "model":"models/r", "content":{} }',
    )
    expect(adapt('gemini-embed', '{"content":{}}', 'r')).toBe('{"content":{}}')
    const body = '{"requests": [ {"model":"models/a","content":{"parts":[{"text":"],{\\""}]}} ,{"content":{}}, 7 ]}'
    expect(adapt('gemini-batch-embed', body, 'r')).toBe(body.replace('models/a', 'models/r'))
    expect(adapt('gemini-batch-embed', '{"requests":{}}', 'r')).toBe('{"requests":{}}')
  })

  test('without an alias the body is the very buffer', () => {
    const body = Buffer.from('{}')
    for (const account of Object.values(geminiEmbeddingsAccounts)) {
      const adapted = account.adaptRequest(body, facts, {}, target)
      expect(adapted.body).toBe(body)
      expect(runTransform(adapted.createTransform(), [Buffer.from('data: x\n\n')]).text).toBe('data: x\n\n')
    }
  })

  test('a spliced batch means what a re-serialised one means', () => {
    const request = fc.record(
      { model: fc.constantFrom('models/a', 'b'), content: fc.jsonValue() },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.array(request), fc.nat({ max: 3 }), (requests, spaces) => {
        const adapted = adapt('gemini-batch-embed', JSON.stringify({ requests }, null, spaces), 'r')
        const renamed = requests.map((one) => ('model' in one ? { ...one, model: 'models/r' } : one))
        expect(JSON.parse(adapted)).toEqual(JSON.parse(JSON.stringify({ requests: renamed })))
      }),
    )
  })
})

test('usage is all input, and absent where the model reports none', () => {
  const read = (json: object) =>
    geminiEmbeddingsAccounts['gemini-embed'].readAnswer(
      Buffer.from(JSON.stringify({ embedding: { values: [0.5] }, ...json })),
    )
  const usageMetadata = { promptTokenCount: 9, promptTokenDetails: [{ modality: 'IMAGE', tokenCount: 4 }] }
  expect(read({ usageMetadata })).toMatchObject({ usage: { ...noUsage, inputTokens: 9, imageInputTokens: 4 } })
  expect(read({})).toMatchObject({ usage: undefined, failure: undefined, outputBytes: 0 })
  expect(read({ error: { status: 'NOT_FOUND' } })?.failure).toMatchObject({ kind: 'model-not-found' })
})

test('refusals are a google.rpc.Status', () => {
  const body = batch.renderError(new AppError('quota_exceeded'), 'r1').toString('utf8')
  expect(JSON.parse(body)).toMatchObject({ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } })
  expect(batch.renderStreamError(new AppError('internal'), 'r1').toString('utf8')).toMatch(/^data: .*\r\n\r\n$/)
})
