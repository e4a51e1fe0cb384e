// The embeddings wire: the facts of a request, its one splice, usage and refusals.
import { AppError } from '@aicarpool/contract'
import { describe, expect, test } from 'vitest'
import { runTransform } from '../__fixtures__/feed.ts'
import { noUsage } from '../usage.ts'
import { openAiEmbeddingsAccount, openAiEmbeddingsClient } from './index.ts'

const facts = { model: 'm', stream: false, maxOutputTokens: 0, choices: 1 }

test('it is native only, at one address', () => {
  expect(openAiEmbeddingsClient).toMatchObject({
    requestType: 'embedding',
    paths: ['/v1/embeddings'],
    translation: undefined,
  })
  expect(openAiEmbeddingsAccount.path('m', false)).toBe('/v1/embeddings')
  expect(openAiEmbeddingsAccount.translation).toBeUndefined()
})

describe('the facts', () => {
  test.each([['hi'], [['a', 'b']], [[1, 2]], [[[1], [2]]]])('of the input %j', (input) => {
    expect(openAiEmbeddingsClient.inspectRequest({ model: 'm', input, encoding_format: 'base64' }, {})).toEqual(facts)
  })

  test.each([
    ['input', { model: 'm' }],
    ['input', { model: 'm', input: '' }],
    ['input', { model: 'm', input: [] }],
    ['input', { model: 'm', input: { text: 'x' } }],
    ['model', { input: 'x' }],
  ])('a wrong %s is refused by name', (field, body) => {
    const inspect = () => openAiEmbeddingsClient.inspectRequest(body, {})
    expect(inspect).toThrow(expect.objectContaining({ code: 'invalid_request', field }))
  })
})

test('an alias is spliced, everything else stays', () => {
  const body = Buffer.from('{ "model" : "a", "input" : "x" }')
  const adapted = openAiEmbeddingsAccount.adaptRequest(body, facts, {}, {})
  expect(adapted.body).toBe(body)
  expect(runTransform(adapted.createTransform(), [Buffer.from('data: x\n\n')]).text).toBe('data: x\n\n')
  const aliased = openAiEmbeddingsAccount.adaptRequest(body, facts, { model: 'r' }, {}).body.toString('utf8')
  expect(aliased).toBe('{ "model" : "r", "input" : "x" }')
})

test('usage is all input', () => {
  const read = (json: object) => openAiEmbeddingsAccount.readAnswer(Buffer.from(JSON.stringify(json)))
  const usage = { prompt_tokens: 8, total_tokens: 8 }
  expect(read({ data: [{ embedding: 'AAAA' }], usage })).toEqual({
    usage: { ...noUsage, inputTokens: 8 },
    rawUsage: usage,
    failure: undefined,
    outputBytes: 0,
  })
  expect(read({ usage: { total_tokens: 5 } })?.usage).toMatchObject({ inputTokens: 5 })
  expect(read({ usage: {} })).toMatchObject({ usage: undefined })
  expect(read({ error: { code: 'insufficient_quota', message: 'x' } })?.failure).toMatchObject({
    kind: 'quota-exhausted',
  })
  expect(openAiEmbeddingsAccount.readAnswer(Buffer.from('<html>'))).toBeUndefined()
})

test.each([
  ['quota_exceeded', 'insufficient_quota', 'quota_exceeded'],
  ['accounts_rate_limited', 'rate_limit_error', 'accounts_rate_limited'],
  ['invalid_key', 'authentication_error', 'invalid_key'],
  ['model_not_allowed', 'permission_error', 'model_not_allowed'],
  ['context_too_long', 'invalid_request_error', 'context_length_exceeded'],
  ['internal', 'server_error', 'internal'],
] as const)('%s is refused as %s', (code, type, name) => {
  const body = openAiEmbeddingsClient.renderError(new AppError(code), 'r').toString('utf8')
  expect(JSON.parse(body)).toMatchObject({ error: { type, code: name, param: null } })
})
