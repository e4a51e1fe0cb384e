// The Messages wire as the account's side of a translation, and as the client's side: facts and refusals.
import { AppError } from '@aicarpool/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutsArbitrary, mutatedArbitrary, readFixture, runDecoder, splitAt, textOf } from '../__fixtures__/feed.ts'
import type { ChatMessage, ChatRequest } from '../chat.ts'
import { anthropicAccount, anthropicClient } from './index.ts'

const { createStreamDecoder, decodeResponse, encodeRequest } = anthropicAccount
const stream = readFixture('anthropic', 'text.sse')

const message = (role: ChatMessage['role'], text: string): ChatMessage => ({ role, content: [{ type: 'text', text }] })
const encode = (request: Partial<ChatRequest>) =>
  JSON.parse(
    encodeRequest({
      model: 'claude-sonnet-4-5-20250929',
      system: [],
      messages: [message('user', 'hi')],
      maxOutputTokens: undefined,
      temperature: undefined,
      stream: false,
      ...request,
    }).toString('utf8'),
  ) as Record<string, unknown>

describe('requests', () => {
  test('the maximum is always there; system texts are joined', () => {
    expect(encode({ system: ['a', ' ', 'b'], stream: true })).toEqual({
      model: 'claude-sonnet-4-5-20250929',
      max_tokens: 4096,
      system: 'a\n\nb',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
      stream: true,
    })
  })

  test('neighbours of one role are merged, empty texts left out, the user opens', () => {
    const messages = [
      message('assistant', 'welcome'),
      message('user', 'a'),
      message('assistant', ' '),
      message('user', 'b'),
      message('assistant', 'c'),
    ]
    const roles = (encode({ messages })['messages'] as { role: string; content: { text: string }[] }[]).map(
      ({ role, content }) => [role, ...content.map(({ text }) => text)],
    )
    expect(roles).toEqual([
      ['user', '(The conversation begins.)'],
      ['assistant', 'welcome'],
      ['user', 'a', 'b'],
      ['assistant', 'c'],
    ])
  })

  test.each([
    ['claude-3-5-haiku-20241022', 1],
    ['claude-sonnet-4-20250514', 1],
    ['claude-opus-4-6', 1],
    ['claude-opus-4-7', undefined],
    ['claude-opus-5-5', undefined],
    ['claude-sonnet-5', undefined],
    ['some-model', 1],
  ])('%s gets temperature 1.5 as %s', (model, expected) => {
    expect(encode({ model, temperature: 1.5 })['temperature']).toBe(expected)
  })
})

describe('answers', () => {
  test('text without the thinking, usage twice, the end', () => {
    const events = runDecoder(createStreamDecoder(), [stream])
    expect(textOf(events)).toBe('Hello, 世界 — it is "quoted"\n\nand 🚗.')
    expect(events[0]).toEqual({ type: 'message-start', id: 'msg_01A', model: 'claude-sonnet-4-5-20250929' })
    const usages = events.filter((event) => event.type === 'usage')
    expect(usages).toMatchObject([
      { isFinal: false, usage: { inputTokens: 25 } },
      { isFinal: true, usage: { inputTokens: 30, outputTokens: 57, cacheWrite1hTokens: 1000 } },
    ])
    expect(events.at(-1)).toEqual({ type: 'message-end', reason: 'stop' })
  })

  test('any split gives the same events, of mutated bytes too, and nothing throws', () => {
    const bytes = fc.oneof(fc.constant(stream), mutatedArbitrary(stream))
    fc.assert(
      fc.property(bytes, cutsArbitrary, (input, cuts) => {
        expect(runDecoder(createStreamDecoder(), splitAt(input, cuts))).toEqual(
          runDecoder(createStreamDecoder(), [input]),
        )
      }),
      { numRuns: 2000 },
    )
  })

  test('an error event ends the answer', () => {
    const events = runDecoder(createStreamDecoder(), [readFixture('anthropic', 'error-inside.sse')])
    expect(events.at(-1)).toMatchObject({ type: 'failure', failure: { kind: 'overloaded' } })
  })

  test('plain answers and what is none', () => {
    const decode = (body: string) => decodeResponse(Buffer.from(body))
    expect(
      decode(
        '{"id":"m","model":"c","content":[{"type":"thinking","thinking":"t"},{"type":"text","text":"a"},{"type":"text","text":"b"}],"stop_reason":"max_tokens","usage":{"input_tokens":1,"output_tokens":2}}',
      ),
    ).toMatchObject([
      { type: 'message-start', id: 'm' },
      { type: 'text-delta', text: 'a' },
      { type: 'text-delta', text: 'b' },
      { type: 'usage', isFinal: true },
      { type: 'message-end', reason: 'length' },
    ])
    expect(decode('x')).toMatchObject([{ failure: { code: 'not_json' } }])
    expect(decode('{}')).toMatchObject([{ failure: { code: 'no_answer' } }])
    expect(decode('{"type":"error","error":{"type":"api_error"}}')).toMatchObject([
      { failure: { kind: 'server-error' } },
    ])
  })
})

describe('the client side', () => {
  const messages = [{ role: 'user', content: 'hi' }]

  test('facts', () => {
    expect(anthropicClient.inspectRequest({ model: 'm', messages, max_tokens: 9, stream: true, thinking: {} })).toEqual(
      {
        model: 'm',
        stream: true,
        maxOutputTokens: 9,
        choices: 1,
      },
    )
  })

  test.each([
    ['max_tokens', { model: 'm', messages }],
    ['max_tokens', { model: 'm', messages, max_tokens: 0 }],
    ['model', { messages, max_tokens: 1 }],
    ['messages', { model: 'm', max_tokens: 1 }],
    ['stream', { model: 'm', messages, max_tokens: 1, stream: 1 }],
  ])('a wrong %s is refused by name', (field, body) => {
    expect(() => anthropicClient.inspectRequest(body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', field }),
    )
  })

  test.each([
    ['invalid_request', 'invalid_request_error'],
    ['invalid_key', 'authentication_error'],
    ['group_inactive', 'permission_error'],
    ['model_not_supported', 'not_found_error'],
    ['body_too_large', 'request_too_large'],
    ['accounts_rate_limited', 'rate_limit_error'],
    ['quota_exceeded', 'billing_error'],
    ['upstream_failed', 'api_error'],
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
})
