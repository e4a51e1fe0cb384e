// Answers with calls, ends that are none of the model's will, and errors inside, as canonical events.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  cutsArbitrary,
  mutatedArbitrary,
  readFixture,
  runDecoder,
  splitAt,
  translationOf,
} from '../__fixtures__/feed.ts'
import { geminiAccount } from './index.ts'

const { createStreamDecoder, decodeResponse } = translationOf(geminiAccount)
const calls = readFixture('gemini', 'calls.sse')

test('several calls, with and without ids and arguments', () => {
  const events = runDecoder(createStreamDecoder(), [calls])
  expect(events.filter(({ type }) => type !== 'usage')).toEqual([
    { type: 'message-start', id: 'kL9-a_7', model: 'gemini-3-pro-preview' },
    { type: 'reasoning-delta', text: 'I need two things.' },
    { type: 'tool-call-start', id: 'call_kL9-a_7_0', name: 'weather' },
    { type: 'tool-call-delta', argumentsJson: '{"city":"上海"}' },
    { type: 'tool-call-end' },
    { type: 'tool-call-start', id: 'call_kL9-a_7_1', name: 'weather' },
    { type: 'tool-call-delta', argumentsJson: '{"city":"Paris"}' },
    { type: 'tool-call-end' },
    { type: 'tool-call-start', id: 'q1w2e3', name: 'now' },
    { type: 'tool-call-delta', argumentsJson: '{}' },
    { type: 'tool-call-end' },
    { type: 'message-end', reason: 'tool-calls' },
  ])
  expect(events.at(-2)).toMatchObject({
    type: 'usage',
    isFinal: true,
    usage: { inputTokens: 90, imageInputTokens: 20, outputTokens: 50, reasoningTokens: 20 },
  })
})

test('any split gives the same events, of mutated bytes too, and nothing throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.constant(calls), mutatedArbitrary(calls)), cutsArbitrary, (input, cuts) => {
      expect(runDecoder(createStreamDecoder(), splitAt(input, cuts))).toEqual(
        runDecoder(createStreamDecoder(), [input]),
      )
    }),
    { numRuns: 1000 },
  )
})

describe('whole answers', () => {
  const decode = (json: unknown) => decodeResponse(Buffer.from(JSON.stringify(json)))

  test.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content-filter'],
    ['IMAGE_SAFETY', 'content-filter'],
    ['MODEL_ARMOR', 'content-filter'],
    ['MALFORMED_FUNCTION_CALL', 'other'],
    ['TOO_MANY_TOOL_CALLS', 'other'],
    ['constructor', 'other'],
  ])('%s ends as %s', (finishReason, reason) => {
    const content = { role: 'model', parts: [{ text: 'x' }] }
    expect(decode({ candidates: [{ finishReason, content }] }).at(-1)).toEqual({ type: 'message-end', reason })
  })

  test('a call that the maximum has cut off ends as cut', () => {
    const parts = [{ functionCall: { name: 'f' } }]
    const ended = decode({ candidates: [{ content: { parts }, finishReason: 'MAX_TOKENS' }] })
    expect(ended.at(-1)).toEqual({ type: 'message-end', reason: 'length' })
  })

  test('the first candidate is the one with the index 0', () => {
    const one = (index: number, text: string) => ({ index, content: { parts: [{ text }] }, finishReason: 'STOP' })
    const events = decode({ candidates: [one(1, 'b'), one(0, 'a')] })
    expect(events).toContainEqual({ type: 'text-delta', text: 'a' })
    expect(events).not.toContainEqual({ type: 'text-delta', text: 'b' })
  })

  test.each([
    [{ status: 'RESOURCE_EXHAUSTED', details: [{ retryDelay: '34.4s' }] }, 'rate-limited', 34_400],
    [{ status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] }, 'unauthorized', undefined],
    [{ status: 'INVALID_ARGUMENT' }, 'invalid-request', undefined],
    [{ status: 'DEADLINE_EXCEEDED' }, 'timeout', undefined],
    [{ code: 503 }, 'server-error', undefined],
  ])('the error %j', (error, kind, retryAfterMs) => {
    expect(decode({ error })).toMatchObject([{ type: 'failure', failure: { kind, retryAfterMs } }])
  })
})

test('a model that went wrong before it said anything has failed, and is billed for what it reports', () => {
  const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 2 }
  const ended = (finishReason: string, parts: object[]) =>
    decodeResponse(
      Buffer.from(JSON.stringify({ candidates: [{ finishReason, content: { role: 'model', parts } }], usageMetadata })),
    ).map(({ type }) => type)
  expect(ended('MALFORMED_FUNCTION_CALL', [])).toEqual(['message-start', 'usage', 'failure'])
  expect(ended('MALFORMED_FUNCTION_CALL', [{ text: 'I call' }]).at(-1)).toBe('message-end')
  expect(ended('STOP', []).at(-1)).toBe('message-end')
})
