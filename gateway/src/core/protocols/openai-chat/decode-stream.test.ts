// Answers of Chat Completions as canonical events: the same ones however the bytes are cut, and one call at a time.
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
import type { ChatEvent } from '../chat.ts'
import { createStreamDecoder, decodeResponse } from './decode-stream.ts'

const withUsage = readFixture('openai-chat', 'text-with-usage.sse')
const streams = [
  'text-with-usage',
  'text-without-usage',
  'compatible-mode',
  'error-inside',
  'tools',
  'interleaved',
  'refusal',
].map((name) => readFixture('openai-chat', `${name}.sse`))

function expectOneCallAtATime(events: readonly ChatEvent[]): void {
  let isOpen = false
  for (const { type } of events) {
    if (type === 'tool-call-start') expect(isOpen).toBe(false)
    if (type === 'tool-call-delta' || type === 'tool-call-end') expect(isOpen).toBe(true)
    if (type === 'text-delta' || type === 'reasoning-delta' || type === 'message-end') expect(isOpen).toBe(false)
    if (type === 'tool-call-start') isOpen = true
    if (type === 'tool-call-end') isOpen = false
  }
}

/** Neighbouring pieces of one text, reasoning or call as one. */
function joined(events: readonly ChatEvent[]): ChatEvent[] {
  const out: ChatEvent[] = []
  for (const event of events) {
    const last = out.at(-1)
    if (last?.type === 'tool-call-delta' && event.type === 'tool-call-delta') {
      out[out.length - 1] = { ...last, argumentsJson: last.argumentsJson + event.argumentsJson }
    } else if ((last?.type === 'text-delta' || last?.type === 'reasoning-delta') && event.type === last.type) {
      out[out.length - 1] = { ...last, text: last.text + event.text }
    } else out.push(event)
  }
  return out
}

const runFixture = (name: string) =>
  joined(runDecoder(createStreamDecoder(), [readFixture('openai-chat', `${name}.sse`)]))
const chunkOf = (delta: object, more: object = {}) =>
  `data: ${JSON.stringify({ id: 'i', model: 'm', choices: [{ index: 0, delta, finish_reason: null }], ...more })}\n\n`
const runText = (...texts: string[]) =>
  joined(runDecoder(createStreamDecoder(), [Buffer.from(texts.join('') + 'data: [DONE]\n\n')]))
const call = (piece: object) => chunkOf({ tool_calls: [piece] })

describe('calls', () => {
  test('one after the other, whole arguments for calls without any', () => {
    expect(runFixture('tools')).toMatchObject([
      { type: 'message-start' },
      { type: 'tool-call-start', id: 'call_a1', name: 'get_weather' },
      { type: 'tool-call-delta', argumentsJson: '{"city":"上海 }"}' },
      { type: 'tool-call-end' },
      { type: 'tool-call-start', id: 'call_b2', name: 'get_time' },
      { type: 'tool-call-delta', argumentsJson: '{}' },
      { type: 'tool-call-end' },
      { type: 'usage', isFinal: true },
      { type: 'message-end', reason: 'tool-calls' },
    ])
    expect(runText(call({ index: 0, id: 'a', function: { name: 'f', arguments: '' } }))).toMatchObject([
      { type: 'message-start' },
      { type: 'tool-call-start', id: 'a', name: 'f' },
      { type: 'tool-call-delta', argumentsJson: '{}' },
      { type: 'tool-call-end' },
      { type: 'message-end', reason: 'tool-calls' },
    ])
  })

  test('what comes beside an unfinished call waits for it; "stop" after calls means calls', () => {
    expect(runFixture('interleaved')).toMatchObject([
      { type: 'message-start' },
      { type: 'tool-call-start', id: 'call_a' },
      { type: 'tool-call-delta', argumentsJson: '{"x":1}' },
      { type: 'tool-call-end' },
      { type: 'tool-call-start', id: 'call_b' },
      { type: 'tool-call-delta', argumentsJson: '{"y":2}' },
      { type: 'tool-call-end' },
      { type: 'text-delta', text: 'Meanwhile.' },
      { type: 'usage', isFinal: true },
      { type: 'message-end', reason: 'tool-calls' },
    ])
  })

  test('a finished call lets the next one begin at once', () => {
    const decoder = createStreamDecoder()
    decoder.push(Buffer.from(call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"s":"}{"}' } })))
    const next = decoder.push(Buffer.from(call({ index: 1, id: 'b', function: { name: 'g', arguments: '{' } })))
    expect(next.map(({ type }) => type)).toEqual(['tool-call-end', 'tool-call-start', 'tool-call-delta'])
  })

  test('servers that number no calls, or all alike, or give no ids', () => {
    const ids = (...pieces: object[]) =>
      runText(...pieces.map(call)).flatMap((event) => (event.type === 'tool-call-start' ? [event.id] : []))
    const f = (id: string | undefined, rest = '{}') => ({ id, function: { name: 'f', arguments: rest } })
    expect(ids(f('a'), f('b'))).toEqual(['a', 'b'])
    expect(ids({ ...f('a'), index: 0 }, { ...f('b'), index: 0 })).toEqual(['a', 'b'])
    expect(ids({ ...f(undefined), index: 0 }, { ...f(undefined), index: 1 })).toEqual(['call_i_0', 'call_i_1'])
    expect(ids({ ...f('a', '{"x"'), index: 0 }, { ...f('a', ':1}'), index: 0 })).toEqual(['a'])
    expect(ids({ index: 0, function: { arguments: '{}' } })).toEqual([])
  })
})

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const piece = (index: number, members: object) => chunk({ tool_calls: [{ index, ...members }] })
const mixed = Buffer.from(
  [
    chunk({ role: 'assistant', content: '' }),
    chunk({ reasoning_content: 'hm' }),
    chunk({ content: 'so' }),
    piece(0, { id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
    piece(1, { id: 'b', type: 'function', function: { name: 'g', arguments: '{"x"' } }),
    piece(0, { function: { arguments: '{"y":' } }),
    piece(1, { function: { arguments: ':2}' } }),
    piece(0, { function: { arguments: '1}' } }),
    piece(2, { function: { name: 'h' } }),
    chunk({}, 'tool_calls'),
    'data: {"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\ndata: [DONE]\n\n',
  ].join(''),
)

describe('TR2 calls come one at a time', () => {
  const events = runDecoder(createStreamDecoder(), [mixed])

  test('however the provider mixes them', () => {
    const calls: { id: string; name: string; text: string }[] = []
    let isOpen = false
    for (const event of events) {
      if (event.type === 'tool-call-start') {
        expect(isOpen).toBe(false)
        isOpen = true
        calls.push({ id: event.id, name: event.name, text: '' })
      }
      const last = calls.at(-1)
      if (event.type === 'tool-call-delta' && last) last.text += event.argumentsJson
      if (event.type === 'tool-call-end') isOpen = false
    }
    expect(calls).toEqual([
      { id: 'a', name: 'f', text: '{"y":1}' },
      { id: 'b', name: 'g', text: '{"x":2}' },
      { id: 'call_c_2', name: 'h', text: '{}' },
    ])
    expect(events.at(-1)).toEqual({ type: 'message-end', reason: 'tool-calls' })
  })

  test('any split, of mutated bytes too, gives the same events, and nothing throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant(mixed), mutatedArbitrary(mixed)), cutsArbitrary, (bytes, cuts) => {
        expect(runDecoder(createStreamDecoder(), splitAt(bytes, cuts))).toEqual(
          runDecoder(createStreamDecoder(), [bytes]),
        )
      }),
      { numRuns: 1000 },
    )
  })
})

describe('reasoning, refusals and reasons', () => {
  test('what a compatible server thought comes before its text', () => {
    expect(runFixture('compatible-mode')).toMatchObject([
      { type: 'message-start', model: 'qwen3-plus' },
      { type: 'reasoning-delta', text: '想一想，' },
      { type: 'text-delta', text: '你好！' },
      { type: 'usage', usage: { cacheWrite5mTokens: 512, cacheReadTokens: 256, reasoningTokens: 12 } },
      { type: 'message-end', reason: 'stop' },
    ])
  })

  test('a refusal is text with a reason of its own', () => {
    expect(runFixture('refusal')).toMatchObject([
      { type: 'message-start' },
      { type: 'text-delta', text: "I can't help." },
      { type: 'usage', usage: { serviceTier: 'flex' } },
      { type: 'message-end', reason: 'refusal' },
    ])
  })

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content-filter'],
    ['tool_calls', 'stop'],
    ['insufficient_system_resource', 'other'],
    ['', 'other'],
  ])('"%s" without calls is %s', (word, reason) => {
    const end = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"${word}"}]}\n\n`
    expect(runText(chunkOf({ content: 'a' }), end).at(-1)).toEqual({ type: 'message-end', reason })
  })

  test('an error in a bare text is one', () => {
    expect(runText('data: {"error":"no"}\n\n')).toMatchObject([{ type: 'failure', failure: { message: 'no' } }])
  })
})

describe('streams', () => {
  test('text, usage and the reason to end', () => {
    const events = runDecoder(createStreamDecoder(), [withUsage])
    expect(textOf(events)).toBe('Hello, 世界 — it is "quoted"\n\nand 🚗.')
    expect(events[0]).toEqual({ type: 'message-start', id: 'chatcmpl-BxQ1', model: 'gpt-5.2-2025-12-11' })
    expect(events.at(-2)).toMatchObject({
      type: 'usage',
      isFinal: true,
      usage: { cacheReadTokens: 1024, cacheWrite30mTokens: 100, serviceTier: 'default' },
    })
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
        expectOneCallAtATime(whole)
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

  test('reasoning, text and calls, numbered or not', () => {
    const calls = [
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
      { index: 0, id: 'b', type: 'function', function: { name: 'g', arguments: '' } },
    ]
    const message = { role: 'assistant', content: 'hi', reasoning_content: 'hm', refusal: null, tool_calls: calls }
    const events = decode(JSON.stringify({ id: 'c', choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }))
    expect(events).toMatchObject([
      { type: 'message-start', id: 'c' },
      { type: 'reasoning-delta', text: 'hm' },
      { type: 'text-delta', text: 'hi' },
      { type: 'tool-call-start', id: 'a' },
      { type: 'tool-call-delta', argumentsJson: '{"x":1}' },
      { type: 'tool-call-end' },
      { type: 'tool-call-start', id: 'b' },
      { type: 'tool-call-delta', argumentsJson: '{}' },
      { type: 'tool-call-end' },
      { type: 'message-end', reason: 'tool-calls' },
    ])
  })

  test('mutated bytes never throw', () => {
    const body = Buffer.from(
      JSON.stringify({ id: 'c', choices: [{ message: { content: 'a', tool_calls: [{ function: { name: 'f' } }] } }] }),
    )
    fc.assert(
      fc.property(mutatedArbitrary(body), (bytes) => {
        expect(decodeResponse(bytes).length).toBeGreaterThan(0)
      }),
      { numRuns: 1000 },
    )
  })

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
