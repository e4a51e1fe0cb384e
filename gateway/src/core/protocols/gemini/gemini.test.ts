// The generateContent wire: requests, answers streamed and complete, and listening to a native stream.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  cutsArbitrary,
  mutatedArbitrary,
  readFixture,
  runDecoder,
  runTransform,
  splitAt,
  splitEvery,
  textOf,
  translationOf,
} from '../__fixtures__/feed.ts'
import type { ChatMessage } from '../chat.ts'
import { plainRequest } from '../chat.ts'
import { traitsOfUnknown } from '../model-traits.ts'
import { noUsage } from '../usage.ts'
import { geminiAccount } from './index.ts'

const { path } = geminiAccount
const { createStreamDecoder, decodeResponse, encodeRequest } = translationOf(geminiAccount)
const stream = readFixture('gemini', 'text.sse')
const blocked = readFixture('gemini', 'blocked.sse')
const usage = {
  ...noUsage,
  inputTokens: 63,
  cacheReadTokens: 64,
  outputTokens: 62,
  reasoningTokens: 50,
  audioInputTokens: 20,
  toolInputTokens: 7,
}

describe('requests', () => {
  const message = (role: ChatMessage['role'], text: string): ChatMessage => ({
    role,
    content: [{ type: 'text', text }],
  })

  test('the model is data in the path', () => {
    expect(path('gemini-2.5-pro', true)).toBe('/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse')
    expect(path('models/gemini-2.5-pro', false)).toBe('/v1beta/models/gemini-2.5-pro:generateContent')
    expect(path('../../x?y#\ud800', false)).toBe('/v1beta/models/..%2F..%2Fx%3Fy%23%EF%BF%BD:generateContent')
  })

  test('roles, system texts and the generation settings', () => {
    const request = {
      ...plainRequest,
      model: 'm',
      system: ['a', 'b'].map((text) => ({ type: 'text' as const, text })),
      messages: [message('assistant', 'hi'), message('user', 'x'), message('user', ''), message('user', 'y')],
      maxOutputTokens: 5,
      temperature: 0.1,
      stream: true,
    }
    const { body } = encodeRequest(request, { traits: traitsOfUnknown, options: {} })
    expect(JSON.parse(body.toString('utf8'))).toEqual({
      contents: [
        { role: 'user', parts: [{ text: '(The conversation begins.)' }] },
        { role: 'model', parts: [{ text: 'hi' }] },
        { role: 'user', parts: [{ text: 'x' }, { text: 'y' }] },
      ],
      systemInstruction: { parts: [{ text: 'a' }, { text: 'b' }] },
      generationConfig: { maxOutputTokens: 5, temperature: 0.1 },
    })
  })
})

describe('streams', () => {
  test('text without thoughts; the last usage replaces, also where it is smaller', () => {
    const events = runDecoder(createStreamDecoder(), [stream])
    expect(textOf(events)).toBe('Hello, 世界 🚗.')
    expect(events.filter((event) => event.type === 'usage').map((event) => event.isFinal)).toEqual([false, false, true])
    expect(events.at(-2)).toMatchObject({ type: 'usage', usage })
    expect(events.at(-1)).toEqual({ type: 'message-end', reason: 'stop' })
  })

  test('an answer without a reason to end was cut', () => {
    const cut = stream.subarray(0, stream.lastIndexOf('data:'))
    expect(runDecoder(createStreamDecoder(), [cut]).map(({ type }) => type)).not.toContain('message-end')
    expect(runTransform(geminiAccount.adaptRequest(cut, facts, {}, {}).createTransform(), [cut])).toMatchObject({
      finished: false,
      usageFinal: false,
    })
  })

  test('a blocked prompt is an answer that was filtered', () => {
    const events = runDecoder(createStreamDecoder(), [blocked])
    expect(events.at(-1)).toEqual({ type: 'message-end', reason: 'content-filter' })
    expect(events).toContainEqual(expect.objectContaining({ type: 'usage', isFinal: true }))
  })

  test('an error inside', () => {
    const bytes = Buffer.from('data: {"error":{"code":503,"message":"x","status":"UNAVAILABLE"}}\r\n\r\n')
    expect(runDecoder(createStreamDecoder(), [bytes])).toMatchObject([
      { type: 'failure', failure: { kind: 'server-error', code: 'UNAVAILABLE' } },
    ])
  })

  test('any split gives the same events, of mutated bytes too, and nothing throws', () => {
    const bytes = fc.oneof(fc.constantFrom(stream, blocked), mutatedArbitrary(stream))
    fc.assert(
      fc.property(bytes, cutsArbitrary, (input, cuts) => {
        expect(runDecoder(createStreamDecoder(), splitAt(input, cuts))).toEqual(
          runDecoder(createStreamDecoder(), [input]),
        )
      }),
      { numRuns: 2000 },
    )
  })

  const facts = { model: 'm', stream: true, maxOutputTokens: undefined, choices: 1 }

  test('a native stream passes unchanged and is listened to', () => {
    const adapted = geminiAccount.adaptRequest(stream, facts, {}, {})
    expect(adapted.body).toBe(stream)
    for (const chunks of [[stream], splitEvery(stream, 1)]) {
      expect(runTransform(adapted.createTransform(), chunks)).toMatchObject({
        text: stream.toString('utf8'),
        usage,
        usageFinal: true,
        finished: true,
        committed: true,
        outputBytes: Buffer.byteLength('Thinking it overHello, 世界 🚗.'),
      })
    }
  })
})

describe('plain answers', () => {
  const decode = (json: unknown) => decodeResponse(Buffer.from(JSON.stringify(json)))

  test('text, usage, the end; and what is none', () => {
    expect(
      decode({
        candidates: [{ content: { parts: [{ text: 'a' }, { text: 'b' }] }, finishReason: 'MAX_TOKENS' }],
        usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2 },
      }),
    ).toMatchObject([
      { type: 'message-start' },
      { type: 'text-delta', text: 'a' },
      { type: 'text-delta', text: 'b' },
      { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 }, isFinal: true },
      { type: 'message-end', reason: 'length' },
    ])
    expect(decode({ promptFeedback: { blockReason: 'SAFETY' } }).at(-1)).toEqual({
      type: 'message-end',
      reason: 'content-filter',
    })
    expect(decode({})).toMatchObject([{ failure: { code: 'no_answer' } }])
    expect(decode([])).toMatchObject([{ failure: { code: 'not_json' } }])
    expect(decode({ error: { status: 'RESOURCE_EXHAUSTED' } })).toMatchObject([{ failure: { kind: 'rate-limited' } }])
  })

  test('usage alone', () => {
    const body = Buffer.from(
      '{"candidates":[{"content":{"parts":[{"text":"x"}]}}],"usageMetadata":{"promptTokenCount":4}}',
    )
    expect(geminiAccount.readAnswer(body)).toMatchObject({
      usage: { inputTokens: 4 },
      rawUsage: { promptTokenCount: 4 },
    })
  })
})

test('the tier that served, and the searches that were made, are part of what is billed', () => {
  const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 2, serviceTier: 'priority' }
  const candidate = {
    content: { parts: [{ text: 'a' }] },
    finishReason: 'STOP',
    groundingMetadata: { webSearchQueries: ['one', 'two'] },
  }
  const body = Buffer.from(JSON.stringify({ candidates: [candidate], usageMetadata }))
  expect(geminiAccount.readAnswer(body)?.usage).toMatchObject({ webSearches: 2, serviceTier: 'priority' })
  expect(decodeResponse(body)).toContainEqual(
    expect.objectContaining({
      type: 'usage',
      usage: expect.objectContaining({ webSearches: 2, serviceTier: 'priority' }),
    }),
  )
})
