// Answers of the Messages wire as canonical events: streamed and complete ones, in every split, mutated too.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutsArbitrary, mutatedArbitrary, readFixture, runDecoder, splitAt, textOf } from '../__fixtures__/feed.ts'
import { createStreamDecoder, decodeResponse } from './decode-stream.ts'
import { readUsage } from './usage.ts'

const names = ['text.sse', 'tools.sse', 'web-search.sse', 'refusal.sse', 'stop-sequence.sse', 'error-inside.sse']
const streams = names.map((name) => readFixture('anthropic', name))
const decode = (name: string) => runDecoder(createStreamDecoder(), [readFixture('anthropic', name)])
const decodeBody = (body: unknown) => decodeResponse(Buffer.from(JSON.stringify(body)))

describe('streams', () => {
  test('thoughts, text, usage twice, the end', () => {
    const events = decode('text.sse')
    expect(textOf(events)).toBe('Hello, 世界 — it is "quoted"\n\nand 🚗.')
    expect(events[0]).toEqual({ type: 'message-start', id: 'msg_01A', model: 'claude-sonnet-4-5-20250929' })
    expect(events[2]).toEqual({ type: 'reasoning-delta', text: 'Let me see… ' })
    const usages = events.filter((event) => event.type === 'usage')
    expect(usages).toMatchObject([
      { isFinal: false, usage: { inputTokens: 25, serviceTier: 'standard' } },
      {
        isFinal: true,
        usage: { inputTokens: 30, outputTokens: 57, cacheWrite1hTokens: 1000, serviceTier: 'standard' },
      },
    ])
    expect(events.at(-1)).toEqual({ type: 'message-end', reason: 'stop' })
  })

  test('calls one after another, one of them without arguments', () => {
    expect(decode('tools.sse').filter(({ type }) => type !== 'usage')).toEqual([
      { type: 'message-start', id: 'msg_01T', model: 'claude-opus-4-6' },
      { type: 'text-delta', text: "I'll look." },
      { type: 'tool-call-start', id: 'toolu_01A', name: 'get_weather' },
      { type: 'tool-call-delta', argumentsJson: '{"loc' },
      { type: 'tool-call-delta', argumentsJson: 'ation": "San Fra' },
      { type: 'tool-call-delta', argumentsJson: 'ncisco"}' },
      { type: 'tool-call-end' },
      { type: 'tool-call-start', id: 'toolu_01B', name: 'list_files' },
      { type: 'tool-call-delta', argumentsJson: '{}' },
      { type: 'tool-call-end' },
      { type: 'message-end', reason: 'tool-calls' },
    ])
  })

  test("the vendor's own tools and redacted thoughts are passed over; what they cost is not", () => {
    const events = decode('web-search.sse')
    expect(events.map(({ type }) => type)).toEqual(['message-start', 'usage', 'text-delta', 'usage', 'message-end'])
    expect(events[3]).toMatchObject({
      isFinal: true,
      usage: { inputTokens: 22_397, outputTokens: 380, webSearches: 2, webFetches: 1 },
    })
    expect(events.at(-1)).toEqual({ type: 'message-end', reason: 'stop' })
  })

  test('a refusal, and the stop sequence that was hit', () => {
    expect(decode('refusal.sse').at(-1)).toEqual({ type: 'message-end', reason: 'content-filter' })
    expect(decode('stop-sequence.sse').at(-1)).toEqual({
      type: 'message-end',
      reason: 'stop-sequence',
      stopSequence: 'END',
    })
  })

  test('any split gives the same events, of mutated bytes too, and nothing throws', () => {
    const bytes = fc.constantFrom(...streams).chain((stream) => fc.oneof(fc.constant(stream), mutatedArbitrary(stream)))
    fc.assert(
      fc.property(bytes, cutsArbitrary, (input, cuts) => {
        const whole = runDecoder(createStreamDecoder(), [input])
        expect(runDecoder(createStreamDecoder(), splitAt(input, cuts))).toEqual(whole)
        expect(openCalls(whole)).toBeLessThanOrEqual(1)
      }),
      { numRuns: 3000 },
    )
  })

  test('an error event ends the answer', () => {
    const events = decode('error-inside.sse')
    expect(events.at(-1)).toMatchObject({ type: 'failure', failure: { kind: 'overloaded' } })
  })

  test('a block that begins inside a call ends the call, and its late arguments are passed over', () => {
    const event = (json: object) => `data: ${JSON.stringify(json)}\n\n`
    const stream = [
      { type: 'message_start', message: { id: 'm' } },
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', name: 'f', input: { a: 1 } } },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: 'x' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"b":2}' } },
    ]
    const events = runDecoder(createStreamDecoder(), [Buffer.from(stream.map(event).join(''))])
    expect(events.slice(1)).toEqual([
      { type: 'tool-call-start', id: 'm_0', name: 'f' },
      { type: 'tool-call-delta', argumentsJson: '{"a":1}' },
      { type: 'tool-call-end' },
      { type: 'text-delta', text: 'x' },
    ])
  })
})

/** The most calls that were ever open at once. */
function openCalls(events: readonly { type: string }[]): number {
  let open = 0
  let most = 0
  for (const { type } of events) {
    if (type === 'tool-call-start') open++
    if (type === 'tool-call-end') open--
    most = Math.max(most, open)
  }
  return most
}

describe('complete answers', () => {
  test('blocks in their order', () => {
    const content = [
      { type: 'thinking', thinking: 't', signature: 's' },
      { type: 'redacted_thinking', data: 'x' },
      { type: 'text', text: 'a', citations: null },
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: [1] }, caller: { type: 'direct' } },
    ]
    const usage = { input_tokens: 1, output_tokens: 2 }
    expect(decodeBody({ id: 'm', model: 'c', content, stop_reason: 'max_tokens', usage })).toEqual([
      { type: 'message-start', id: 'm', model: 'c' },
      { type: 'reasoning-delta', text: 't' },
      { type: 'text-delta', text: 'a' },
      { type: 'tool-call-start', id: 'toolu_1', name: 'f' },
      { type: 'tool-call-delta', argumentsJson: '{"a":[1]}' },
      { type: 'tool-call-end' },
      { type: 'usage', usage: expect.objectContaining({ inputTokens: 1 }), raw: usage, isFinal: true },
      { type: 'message-end', reason: 'length' },
    ])
  })

  test('what is none', () => {
    expect(decodeResponse(Buffer.from('x'))).toMatchObject([{ failure: { code: 'not_json' } }])
    expect(decodeBody({})).toMatchObject([{ failure: { code: 'no_answer' } }])
    expect(decodeBody({ type: 'error', error: { type: 'api_error' } })).toMatchObject([
      { failure: { kind: 'server-error' } },
    ])
    const spent = { type: 'rate_limit_error', details: { error_code: 'enforced_spend_limit_reached' } }
    expect(decodeBody({ type: 'error', error: spent })).toMatchObject([{ failure: { kind: 'quota-exhausted' } }])
  })
})

describe('usage', () => {
  test('summarizing is billed beside the answer; an adviser of another model is left to the raw report', () => {
    const iterations = [
      { type: 'compaction', input_tokens: 180_000, cache_creation_input_tokens: 5, output_tokens: 3500 },
      { type: 'message', input_tokens: 23, output_tokens: 10 },
      { type: 'advisor_message', model: 'other', input_tokens: 7, output_tokens: 7 },
    ]
    expect(readUsage({ input_tokens: 23, output_tokens: 10, iterations })).toMatchObject({
      inputTokens: 180_023,
      cacheWrite5mTokens: 5,
      outputTokens: 3510,
    })
  })

  test('the split of what was written may come with the last iteration', () => {
    const grown = { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 300 }
    const split = { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 }
    const iterations = [{ type: 'message', cache_creation: split }]
    expect(readUsage({ ...grown, iterations })).toMatchObject({ cacheWrite5mTokens: 100, cacheWrite1hTokens: 200 })
    expect(readUsage(grown)).toMatchObject({ cacheWrite5mTokens: 300, cacheWrite1hTokens: 0 })
  })

  test('the fast mode is a tier', () => {
    const raw = { input_tokens: 1, output_tokens: 1, service_tier: 'standard' }
    expect(readUsage({ ...raw, speed: 'fast' })?.serviceTier).toBe('fast')
    expect(readUsage({ ...raw, speed: 'standard' })?.serviceTier).toBe('standard')
  })
})
