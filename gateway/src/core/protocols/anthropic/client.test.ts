// The client's side of the Messages wire apart from conversations: addresses, facts and refusals.
import { AppError } from '@aicarpool/contract'
import { describe, expect, test } from 'vitest'
import { anthropicClient } from './index.ts'

const messages = [{ role: 'user', content: 'hi' }]
const inspect = (body: Record<string, unknown>) => anthropicClient.inspectRequest(body, {})

test('addresses and headers', () => {
  expect(anthropicClient.paths).toEqual(['/v1/messages', '/api/v1/messages'])
  expect(anthropicClient.answerHeaders?.('r')).toEqual(['request-id', 'r'])
  expect(anthropicClient.versionHeader).toBe('anthropic-version')
})

describe('facts', () => {
  test('model, stream and maximum; what is unknown passes', () => {
    expect(inspect({ model: 'm', messages, max_tokens: 9, stream: true, thinking: {}, x: 1 })).toEqual({
      model: 'm',
      stream: true,
      maxOutputTokens: 9,
      choices: 1,
    })
  })

  test('a request of no tokens at all only warms the cache, and cannot be streamed', () => {
    expect(inspect({ model: 'm', messages, max_tokens: 0 }).maxOutputTokens).toBe(0)
    expect(() => inspect({ model: 'm', messages, max_tokens: 0, stream: true })).toThrow(AppError)
  })

  test.each([
    ['max_tokens', { model: 'm', messages }],
    ['max_tokens', { model: 'm', messages, max_tokens: -1 }],
    ['model', { messages, max_tokens: 1 }],
    ['messages', { model: 'm', max_tokens: 1 }],
    ['stream', { model: 'm', messages, max_tokens: 1, stream: 1 }],
  ])('a wrong %s is refused by name', (field, body) => {
    expect(() => inspect(body)).toThrow(expect.objectContaining({ code: 'invalid_request', field }))
  })
})

describe('refusals', () => {
  test.each([
    ['invalid_request', 'invalid_request_error'],
    ['not_translatable', 'invalid_request_error'],
    ['invalid_key', 'authentication_error'],
    ['group_inactive', 'permission_error'],
    ['model_not_supported', 'not_found_error'],
    ['body_too_large', 'request_too_large'],
    ['accounts_rate_limited', 'rate_limit_error'],
    ['quota_exceeded', 'billing_error'],
    ['upstream_failed', 'api_error'],
    ['upstream_timeout', 'timeout_error'],
    ['accounts_unavailable', 'overloaded_error'],
  ] as const)('%s is a %s, with the stable code', (code, type) => {
    const error = new AppError(code)
    const body = {
      type: 'error',
      error: { type, message: error.message, details: { error_code: code } },
      request_id: 'r',
    }
    expect(JSON.parse(anthropicClient.renderError(error, 'r').toString('utf8'))).toEqual(body)
    expect(anthropicClient.renderStreamError(error, 'r').toString('utf8')).toBe(
      `event: error\ndata: ${JSON.stringify(body)}\n\n`,
    )
  })

  test('a conversation too long is told in the words that clients shorten it at', () => {
    const rendered = anthropicClient.renderError(new AppError('context_too_long'), 'r').toString('utf8')
    expect(JSON.parse(rendered)).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringMatching(/^prompt is too long: /) },
    })
  })
})

test('counting tokens: the model of the request, the number of the answer', () => {
  const counting = anthropicClient.tokenCounting
  expect(counting?.paths).toEqual(['/v1/messages/count_tokens', '/api/v1/messages/count_tokens'])
  expect(counting?.path('m')).toBe('/v1/messages/count_tokens')
  expect(counting?.inspectRequest({ model: 'm', messages }, {})).toEqual({ model: 'm' })
  expect(() => counting?.inspectRequest({ messages }, {})).toThrow(expect.objectContaining({ field: 'model' }))
  expect(counting?.readAnswer(Buffer.from('{"input_tokens":14,"context_management":null}'))).toBe(14)
  expect(counting?.readAnswer(Buffer.from('{"type":"error"}'))).toBeUndefined()
  expect(counting?.renderAnswer(3).toString('utf8')).toBe('{"input_tokens":3}')
})

test('models are listed on one page, with what is known of them', () => {
  const list = anthropicClient.modelList
  const known = { name: 'a', contextTokens: 200_000, outputTokensMax: 64_000, protocols: [] }
  const unknown = { name: 'b', contextTokens: undefined, outputTokensMax: undefined, protocols: [] }
  const page = JSON.parse(list?.render([known, unknown]).toString('utf8') ?? '') as Record<string, unknown>
  expect(page).toMatchObject({ has_more: false, first_id: 'a', last_id: 'b' })
  expect(page['data']).toMatchObject([
    { type: 'model', id: 'a', display_name: 'a', max_input_tokens: 200_000, max_tokens: 64_000 },
    { id: 'b', created_at: '1970-01-01T00:00:00Z', max_input_tokens: null, max_tokens: null, capabilities: null },
  ])
  expect(JSON.parse(list?.renderOne(known).toString('utf8') ?? '')).toEqual((page['data'] as unknown[])[0])
  expect(JSON.parse(list?.render([]).toString('utf8') ?? '')).toEqual({
    data: [],
    has_more: false,
    first_id: null,
    last_id: null,
  })
})
