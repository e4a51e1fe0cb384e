// Native pass-through of the Messages wire: no byte ever changes, and what is noted does not depend on the chunks.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  cutsArbitrary,
  mutatedArbitrary,
  readFixture,
  runTransform,
  splitAt,
  splitEvery,
} from '../__fixtures__/feed.ts'
import type { RequestChanges } from '../protocol.ts'
import { noUsage } from '../usage.ts'
import { anthropicAccount } from './index.ts'
import { thinkingMark } from './thinking-mark.ts'

const facts = { model: 'm', stream: true, maxOutputTokens: 10, choices: 1 }
const request = Buffer.from('{"model":"m"}')
const adapt = (body: unknown, changes: RequestChanges = {}) =>
  anthropicAccount.adaptRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), facts, changes, {})
const adaptedText = (body: unknown, changes: RequestChanges = {}) => adapt(body, changes).body.toString('utf8')
const createTransform = () => adapt('{}').createTransform()
const run = (...chunks: (Buffer | string)[]) =>
  runTransform(
    createTransform(),
    chunks.map((chunk) => Buffer.from(chunk)),
  )

const text = readFixture('anthropic', 'text.sse')
const errorInside = readFixture('anthropic', 'error-inside.sse')
const streams = [
  text,
  errorInside,
  ...['tools.sse', 'web-search.sse', 'refusal.sse'].map((name) => readFixture('anthropic', name)),
]

describe('bytes', () => {
  test('the request and every whole chunk are the very buffers that came', () => {
    expect(anthropicAccount.adaptRequest(request, facts, {}, {}).body).toBe(request)
    for (const bytes of streams) expect(createTransform().push(bytes)).toBe(bytes)
  })

  test('any split gives the same bytes and notes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...streams), cutsArbitrary, (bytes, cuts) => {
        const seen = runTransform(createTransform(), splitAt(bytes, cuts))
        expect(seen).toEqual(run(bytes))
        expect(seen.text).toBe(bytes.toString('utf8'))
      }),
      { numRuns: 1000 },
    )
    for (const bytes of streams) expect(runTransform(createTransform(), splitEvery(bytes, 1))).toEqual(run(bytes))
  })

  test('mutated bytes never make it throw, and their split does not matter either', () => {
    fc.assert(
      fc.property(fc.constantFrom(...streams).chain(mutatedArbitrary), cutsArbitrary, (bytes, cuts) => {
        expect(runTransform(createTransform(), splitAt(bytes, cuts))).toEqual(run(bytes))
      }),
      { numRuns: 2000 },
    )
  })

  test('half an event at the end of a cut stream is not sent on', () => {
    const cut = text.subarray(0, text.indexOf('世界') + 1)
    const seen = run(cut)
    expect(seen.finished).toBe(false)
    expect(seen.text).toBe(cut.toString('utf8', 0, cut.lastIndexOf('\n\n') + 2))
    expect(run('event: ping\ndata: {"type":"ping"}\n\n', 'event: err').text).not.toContain('event: err')
  })
})

describe('notes', () => {
  test('the delta overrides the start where it is not null; the cache split comes from the start', () => {
    const seen = run(text)
    expect(seen.usage).toEqual({
      ...noUsage,
      inputTokens: 30,
      cacheReadTokens: 9000,
      cacheWrite5mTokens: 500,
      cacheWrite1hTokens: 1000,
      outputTokens: 57,
      reasoningTokens: 20,
      serviceTier: 'standard',
    })
    expect(seen).toMatchObject({ usageFinal: true, finished: true, committed: true, failure: undefined })
    expect(seen.rawUsage).toMatchObject({
      input_tokens: 30,
      cache_creation_input_tokens: 1500,
      service_tier: 'standard',
    })
    expect(seen.outputBytes).toBe(Buffer.byteLength('Let me see… Hello, 世界 — it is "quoted"\n\nand 🚗.'))
  })

  test('what searches bring in and cost is known at the end', () => {
    expect(run(readFixture('anthropic', 'web-search.sse')).usage).toMatchObject({
      inputTokens: 22_397,
      outputTokens: 380,
      webSearches: 2,
      webFetches: 1,
      serviceTier: 'standard',
    })
  })

  test('before the last figures usage is not final', () => {
    const early = text.subarray(0, text.indexOf('event: message_delta'))
    expect(run(early)).toMatchObject({
      usage: { inputTokens: 25, outputTokens: 1 },
      usageFinal: false,
      finished: false,
    })
  })

  test('the commit point is the first block or delta with content', () => {
    const upTo = (mark: string) => run(text.subarray(0, text.indexOf(mark))).committed
    expect(upTo('event: content_block_delta')).toBe(false)
    expect(upTo('event: content_block_stop')).toBe(true)
    const block = (content: object) =>
      run(
        `event: content_block_start\ndata: ${JSON.stringify({ type: 'content_block_start', content_block: content })}\n\n`,
      )
    expect(block({ type: 'text', text: '' }).committed).toBe(false)
    expect(block({ type: 'tool_use', id: 't', name: 'n', input: {} }).committed).toBe(true)
    expect(block({ type: 'redacted_thinking', data: 'x' }).committed).toBe(true)
  })

  test('an error event is a failure and goes on as it came', () => {
    const seen = run(errorInside)
    expect(seen.failure).toMatchObject({ kind: 'overloaded', code: 'overloaded_error' })
    expect(seen).toMatchObject({ finished: false, committed: true, usageFinal: false })
    expect(run('event: error\ndata: {"error":{"type":"authentication_error"}}\n\n').failure?.kind).toBe('unauthorized')
  })
})

test('a plain answer: usage, an error, neither', () => {
  const read = (body: string) => anthropicAccount.readAnswer(Buffer.from(body))
  expect(
    read(
      '{"content":[{"type":"text","text":"x"}],"usage":{"input_tokens":3,"output_tokens":4,"cache_creation_input_tokens":9}}',
    ),
  ).toMatchObject({ usage: { inputTokens: 3, cacheWrite5mTokens: 9, outputTokens: 4 }, failure: undefined })
  expect(read('{"type":"error","error":{"type":"overloaded_error"}}')?.failure?.kind).toBe('overloaded')
  expect(read('{"content":[{"type":"text","text":"äx"}]}')).toMatchObject({ usage: undefined, outputBytes: 3 })
})

describe('changes of a request', () => {
  test('a model of another name and a lower maximum are spliced in', () => {
    const body = '{ "model" : "fast", "max_tokens":9000 ,"messages":[{"role":"user","content":"\\u00e9"}]}'
    expect(adaptedText(body, { model: 'm-1', maxOutputTokens: 500 })).toBe(
      '{ "model" : "m-1", "max_tokens":500 ,"messages":[{"role":"user","content":"\\u00e9"}]}',
    )
  })

  test('a thinking budget is lowered with the maximum, or switched off where nothing fits', () => {
    const body = { max_tokens: 9000, thinking: { type: 'enabled', budget_tokens: 4000, display: 'omitted' } }
    const thinking = (maxOutputTokens: number) =>
      (JSON.parse(adaptedText(body, { maxOutputTokens })) as { thinking: unknown }).thinking
    expect(thinking(5000)).toEqual(body.thinking)
    expect(thinking(4000)).toEqual({ ...body.thinking, budget_tokens: 3999 })
    expect(thinking(1000)).toEqual({ type: 'disabled' })
  })
})

describe('thoughts of translated answers', () => {
  const thought = { type: 'thinking', thinking: 'hm ] , "', signature: thinkingMark }
  const signed = { type: 'thinking', thinking: 'own', signature: 'EqQB' }
  const text = { type: 'text', text: `says "${thinkingMark}", [twice]` }
  const call = { type: 'tool_use', id: 't', name: 'f', input: {} }
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'x' }] }
  const question = { role: 'user', content: 'q' }
  const answer = (...content: object[]) => ({ role: 'assistant', content })

  test('are taken out wherever they stand, and nothing else is', () => {
    const block = fc.constantFrom(thought, signed, text, call)
    const message = fc.oneof(
      fc.constantFrom<object>(question, result),
      fc.array(block, { minLength: 1, maxLength: 6 }).map((content) => answer(...content)),
    )
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.constantFrom('', ' ', '\n  '), (messages, space) => {
        const stripped = messages.flatMap((entry) => {
          const { content } = entry as { content: unknown }
          if (!Array.isArray(content)) return [entry]
          const kept = (content as unknown[]).filter((part) => part !== thought)
          return kept.length === 0 ? [] : [{ ...entry, content: kept }]
        })
        const body = { model: 'm', messages, stream: true }
        const adapted = adaptedText(JSON.stringify(body, undefined, space))
        expect(JSON.parse(adapted)).toEqual({ ...body, messages: stripped })
      }),
      { numRuns: 1000 },
    )
  })

  test('a body that only speaks of the mark, or is no request, stays the very buffer', () => {
    for (const body of [{ messages: [answer(text)] }, { messages: `"${thinkingMark}` }, { x: thinkingMark }]) {
      const bytes = Buffer.from(JSON.stringify(body))
      expect(anthropicAccount.adaptRequest(bytes, facts, {}, {}).body).toBe(bytes)
    }
    const broken = Buffer.from(`{"messages":[{"content":["${thinkingMark}`)
    expect(anthropicAccount.adaptRequest(broken, facts, {}, {}).body).toBe(broken)
  })

  test('in a running tool loop the budget goes with them, and with it the clearing of thoughts', () => {
    const thinking = { type: 'enabled', budget_tokens: 2000 }
    const context = { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] }
    const body = { max_tokens: 4000, thinking, context_management: context }
    const open = [question, answer(thought, call), result]
    const parse = (messages: unknown) => JSON.parse(adaptedText({ ...body, messages })) as Record<string, unknown>
    expect(parse(open)).toEqual({
      max_tokens: 4000,
      thinking: { type: 'disabled' },
      messages: [question, answer(call), result],
    })
    expect(parse([...open, answer(text), question])).toMatchObject({ thinking, context_management: context })
    const adaptive = { ...body, thinking: { type: 'adaptive' }, messages: open }
    expect(JSON.parse(adaptedText(adaptive))).toMatchObject({ thinking: { type: 'adaptive' } })
  })

  test('mutated bodies never make it throw', () => {
    const body = Buffer.from(JSON.stringify({ messages: [question, answer(thought, call), result], thinking: {} }))
    fc.assert(
      fc.property(mutatedArbitrary(body), (bytes) => {
        expect(() => anthropicAccount.adaptRequest(bytes, facts, { maxOutputTokens: 9 }, {})).not.toThrow()
      }),
      { numRuns: 2000 },
    )
  })
})

test('text is counted however the server writes its JSON', () => {
  const told = (json: string) => run(`event: content_block_delta\ndata: ${json}\n\n`).outputBytes
  expect(told('{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"abcd"}}')).toBe(4)
  expect(told('{ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": "abcd" } }')).toBe(
    4,
  )
  expect(told('{"delta":{"thinking":"abc","type":"thinking_delta"},"index":0,"type":"content_block_delta"}')).toBe(3)
})
