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
import { anthropicAccount } from './index.ts'

const facts = { model: 'm', stream: true, maxOutputTokens: 10, choices: 1 }
const request = Buffer.from('{"model":"m"}')
const createTransform = () => anthropicAccount.adaptRequest(request, facts).createTransform()
const run = (...chunks: (Buffer | string)[]) =>
  runTransform(
    createTransform(),
    chunks.map((chunk) => Buffer.from(chunk)),
  )

const text = readFixture('anthropic', 'text.sse')
const errorInside = readFixture('anthropic', 'error-inside.sse')
const streams = [text, errorInside]

describe('bytes', () => {
  test('the request and every whole chunk are the very buffers that came', () => {
    expect(anthropicAccount.adaptRequest(request, facts).body).toBe(request)
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
      inputTokens: 30,
      cacheReadTokens: 9000,
      cacheWrite5mTokens: 500,
      cacheWrite1hTokens: 1000,
      outputTokens: 57,
      reasoningTokens: 20,
      audioInputTokens: 0,
      audioOutputTokens: 0,
    })
    expect(seen).toMatchObject({ usageFinal: true, finished: true, committed: true, failure: undefined })
    expect(seen.rawUsage).toMatchObject({
      input_tokens: 30,
      cache_creation_input_tokens: 1500,
      service_tier: 'standard',
    })
    expect(seen.outputBytes).toBe(Buffer.byteLength('Let me see… Hello, 世界 — it is "quoted"\n\nand 🚗.'))
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
