// Chat Completions as the account's side of a translation: requests are encoded so that they mean the same, answers become
// the same events however they are cut.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  cutsArbitrary,
  mutatedArbitrary,
  readFixture,
  runDecoder,
  splitAt,
  splitEvery,
  textOf,
} from '../__fixtures__/feed.ts'
import { openAiChatAccount } from './index.ts'

const { createStreamDecoder, decodeResponse, encodeRequest } = openAiChatAccount
const withUsage = readFixture('openai-chat', 'text-with-usage.sse')
const streams = ['text-with-usage', 'text-without-usage', 'compatible-mode', 'error-inside'].map((name) =>
  readFixture('openai-chat', `${name}.sse`),
)

describe('requests', () => {
  const request = {
    model: 'm',
    system: ['be brief', 'be kind'],
    messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }],
    maxOutputTokens: 50,
    temperature: 0.5,
    stream: true,
  }
  const encoded = (options?: { usesOlderMaximumField?: boolean }, stream = true) =>
    JSON.parse(encodeRequest({ ...request, stream }, options).toString('utf8')) as unknown

  test('the conversation, the maximum and the wish for usage', () => {
    expect(encoded()).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'system', content: 'be kind' },
        { role: 'user', content: 'hi' },
      ],
      max_completion_tokens: 50,
      temperature: 0.5,
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  test('a vendor that knows the older maximum only gets that one; a plain request asks for no stream', () => {
    expect(encoded({ usesOlderMaximumField: true })).toMatchObject({ max_tokens: 50 })
    expect(encoded({ usesOlderMaximumField: true })).not.toHaveProperty('max_completion_tokens')
    expect(encoded(undefined, false)).not.toHaveProperty('stream_options')
  })
})

describe('streams', () => {
  test('text, usage and the reason to end', () => {
    const events = runDecoder(createStreamDecoder(), [withUsage])
    expect(textOf(events)).toBe('Hello, 世界 — it is "quoted"\n\nand 🚗.')
    expect(events[0]).toEqual({ type: 'message-start', id: 'chatcmpl-BxQ1', model: 'gpt-5.2-2025-12-11' })
    expect(events.at(-2)).toMatchObject({ type: 'usage', isFinal: true, usage: { cacheReadTokens: 1024 } })
    expect(events.at(-1)).toEqual({ type: 'message-end', reason: 'stop' })
  })

  test('without its terminal event an answer has no end', () => {
    const cut = withUsage.subarray(0, withUsage.indexOf('data: [DONE]'))
    expect(runDecoder(createStreamDecoder(), [cut]).map(({ type }) => type)).not.toContain('message-end')
    const inside = runDecoder(createStreamDecoder(), [withUsage.subarray(0, withUsage.indexOf('quoted'))])
    expect(inside.at(-1)).toEqual({ type: 'text-delta', text: ' — it is ' })
  })

  test('an event that cannot be read ends the answer with a failure; text that is none is skipped', () => {
    const broken = Buffer.from('data: hello\n\ndata: {"choices":[{\n\ndata: {"choices":[]}\n\n')
    expect(runDecoder(createStreamDecoder(), [broken])).toMatchObject([
      { type: 'failure', failure: { kind: 'server-error', code: 'malformed_event' } },
    ])
  })

  test('any split gives the same events, of mutated bytes too, and nothing throws', () => {
    const bytes = fc.oneof(fc.constantFrom(...streams), fc.constantFrom(...streams).chain(mutatedArbitrary))
    fc.assert(
      fc.property(bytes, cutsArbitrary, (stream, cuts) => {
        const whole = runDecoder(createStreamDecoder(), [stream])
        expect(runDecoder(createStreamDecoder(), splitAt(stream, cuts))).toEqual(whole)
        expect(whole.slice(0, -1).map(({ type }) => type)).not.toContain('failure')
      }),
      { numRuns: 2000 },
    )
    for (const stream of streams) {
      expect(runDecoder(createStreamDecoder(), splitEvery(stream, 1))).toEqual(
        runDecoder(createStreamDecoder(), [stream]),
      )
    }
  })
})

describe('plain answers', () => {
  const decode = (text: string) => decodeResponse(Buffer.from(text))

  test('text, usage and the reason to end', () => {
    const events = decode(
      '{"id":"c","model":"m","choices":[{"message":{"content":"hi"},"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}',
    )
    expect(events).toMatchObject([
      { type: 'message-start', id: 'c', model: 'm' },
      { type: 'text-delta', text: 'hi' },
      { type: 'usage', isFinal: true, usage: { inputTokens: 1, outputTokens: 2 } },
      { type: 'message-end', reason: 'length' },
    ])
  })

  test('what is no answer is a failure', () => {
    const codes = ['', '<html></html>', '[]', '{}', '{"choices":[]}', '{"error":{"code":"invalid_api_key"}}'].map(
      decode,
    )
    expect(codes).toMatchObject([
      [{ type: 'failure', failure: { code: 'not_json' } }],
      [{ type: 'failure', failure: { code: 'not_json' } }],
      [{ type: 'failure', failure: { code: 'not_json' } }],
      [{ type: 'failure', failure: { code: 'no_answer' } }],
      [{ type: 'failure', failure: { code: 'no_answer' } }],
      [{ type: 'failure', failure: { code: 'invalid_api_key', kind: 'unauthorized' } }],
    ])
  })
})
