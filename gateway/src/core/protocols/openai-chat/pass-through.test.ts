// Native pass-through of Chat Completions: the client gets the bytes that it would have got without the gateway, whatever
// the chunks, and the gateway gets the usage.
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
import { adaptRequest } from './adapt-request.ts'
import { openAiChatAccount } from './index.ts'

const facts = { model: 'm', stream: true, maxOutputTokens: undefined, choices: 1 }
const asked = Buffer.from('{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[1]}')
const notAsked = Buffer.from('{"model":"m","stream":true,"messages":[1]}')
const createTransform = (body: Buffer) => openAiChatAccount.adaptRequest(body, facts, {}, {}).createTransform()

const withUsage = readFixture('openai-chat', 'text-with-usage.sse')
const withoutUsage = readFixture('openai-chat', 'text-without-usage.sse')
const compatible = readFixture('openai-chat', 'compatible-mode.sse')
const errorInside = readFixture('openai-chat', 'error-inside.sse')
const streams = [
  withUsage,
  withoutUsage,
  compatible,
  errorInside,
  ...['tools', 'interleaved', 'refusal'].map((name) => readFixture('openai-chat', `${name}.sse`)),
]

const usage = {
  ...noUsage,
  inputTokens: 76,
  cacheReadTokens: 1024,
  cacheWrite30mTokens: 100,
  outputTokens: 42,
  reasoningTokens: 16,
  serviceTier: 'default',
}
const answer = 'Hello, 世界 — it is "quoted"\n\nand 🚗.'

test('where thinking may come on top of the older maximum, that is said, and a lowered maximum bounds both', () => {
  const facts = { model: 'm', stream: false, maxOutputTokens: 900, choices: 1 }
  const adapt = (body: object, changes: object) =>
    adaptRequest(Buffer.from(JSON.stringify(body)), facts, { olderMaximumMayLeaveOutThinking: true, ...changes })
  expect(adapt({ max_tokens: 900 }, {})).toMatchObject({ leavesOutThinking: true })
  expect(adapt({ max_completion_tokens: 900 }, {})).toMatchObject({ leavesOutThinking: false })
  expect(adapt({ max_tokens: 900, max_completion_tokens: 900 }, {})).toMatchObject({ leavesOutThinking: false })
  const lowered = adapt({ max_tokens: 900 }, { maxOutputTokens: 300 })
  expect(JSON.parse(lowered.body.toString('utf8'))).toEqual({ max_tokens: 300, max_completion_tokens: 300 })
  expect(lowered.leavesOutThinking).toBe(false)
})

describe('the request', () => {
  const adapt = (text: string, stream = true) =>
    openAiChatAccount.adaptRequest(Buffer.from(text), { ...facts, stream }, {}, {}).body.toString('utf8')

  test('a stream asks for usage by one splice; every other byte stays', () => {
    expect(adapt('{ "model":"m",\n "messages":[ ] }')).toBe(
      '{ "model":"m",\n "messages":[ ],"stream_options":{"include_usage":true} }',
    )
    expect(adapt('{"stream_options":null,"a":1}')).toBe('{"stream_options":{"include_usage":true},"a":1}')
    expect(adapt('{"stream_options":{"include_usage":false,"x":1}}')).toBe(
      '{"stream_options":{"include_usage":true,"x":1}}',
    )
    expect(adapt('{"stream_options":{"include_obfuscation":false}}')).toBe(
      '{"stream_options":{"include_obfuscation":false,"include_usage":true}}',
    )
  })

  test('the older maximum is renamed for models that refuse it, and only the name changes', () => {
    const renamed = (text: string) => {
      const changes = { renamesOlderMaximum: true }
      return openAiChatAccount
        .adaptRequest(Buffer.from(text), { ...facts, stream: false }, changes, {})
        .body.toString('utf8')
    }
    expect(renamed('{"a":1, "max_tokens" : 5 ,"b":[ ]}')).toBe('{"a":1, "max_completion_tokens":5 ,"b":[ ]}')
    expect(renamed('{"max_tokens":5,"max_completion_tokens":6}')).toBe('{"max_tokens":5,"max_completion_tokens":6}')
    expect(renamed('{ "messages":[] }')).toBe('{ "messages":[] }')
  })

  test('the newer maximum is renamed for vendors that would ignore it', () => {
    const renamed = (text: string, over: RequestChanges = {}) => {
      const plain = { ...facts, stream: false }
      return openAiChatAccount
        .adaptRequest(Buffer.from(text), plain, { ...over, renamesNewerMaximum: true }, {})
        .body.toString('utf8')
    }
    expect(renamed('{"max_tokens":null,"max_completion_tokens":6}')).toBe('{"max_tokens":6,"max_completion_tokens":6}')
    expect(renamed('{"max_completion_tokens":6}', { maxOutputTokens: 4 })).toBe('{"max_tokens":4}')
    expect(JSON.parse(renamed('{"a":1}', { maxOutputTokens: 4 }))).toEqual({ a: 1, max_tokens: 4 })
    expect(renamed('{"a":1, "max_completion_tokens" : 5 ,"b":[ ]}')).toBe('{"a":1, "max_tokens":5 ,"b":[ ]}')
    expect(renamed('{"max_tokens":5,"max_completion_tokens":6}')).toBe('{"max_tokens":5,"max_completion_tokens":6}')
    expect(renamed('{"max_tokens":5}')).toBe('{"max_tokens":5}')
  })

  test('a client that asked, and a plain request, are sent as they came', () => {
    expect(openAiChatAccount.adaptRequest(asked, facts, {}, {}).body).toBe(asked)
    expect(openAiChatAccount.adaptRequest(notAsked, { ...facts, stream: false }, {}, {}).body).toBe(notAsked)
  })
})

describe('changes of the request', () => {
  const adapt = (text: string, changes: RequestChanges) =>
    openAiChatAccount.adaptRequest(Buffer.from(text), { ...facts, stream: false }, changes, {}).body.toString('utf8')

  test('an alias and a lower maximum are spliced, in every field that the client set', () => {
    expect(adapt('{ "model" : "alias", "messages":[1] }', { model: 'real' })).toBe(
      '{ "model" : "real", "messages":[1] }',
    )
    const lower = { maxOutputTokens: 50 }
    expect(adapt('{"max_tokens":100, "x":1.0}', lower)).toBe('{"max_tokens":50, "x":1.0}')
    expect(adapt('{"max_completion_tokens":100}', lower)).toBe('{"max_completion_tokens":50}')
    expect(adapt('{"max_completion_tokens":100,"max_tokens":80}', lower)).toBe(
      '{"max_completion_tokens":50,"max_tokens":50}',
    )
    expect(adapt('{"max_completion_tokens":100,"max_tokens":8}', lower)).toBe(
      '{"max_completion_tokens":50,"max_tokens":8}',
    )
    expect(adapt('{"max_tokens":null}', lower)).toBe('{"max_tokens":null,"max_completion_tokens":50}')
  })

  test('a splice means what a new serialization means', () => {
    const bodies = fc.dictionary(
      fc.oneof(fc.constantFrom('model', 'max_tokens', 'stream_options', 'x'), fc.string()),
      fc.jsonValue(),
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(bodies, (body) => {
        const { body: adapted } = openAiChatAccount.adaptRequest(
          Buffer.from(JSON.stringify(body)),
          facts,
          { model: 'real' },
          {},
        )
        const { stream_options: options, ...rest } = JSON.parse(adapted.toString('utf8')) as Record<string, unknown>
        const { stream_options: _asked, ...others } = JSON.parse(JSON.stringify(body)) as Record<string, unknown>
        expect(rest).toEqual({ ...others, model: 'real' })
        expect(options).toMatchObject({ include_usage: true })
      }),
      { numRuns: 500 },
    )
  })
})

describe('the stream', () => {
  test('for a client that asked no byte changes, and a whole chunk is the very chunk', () => {
    for (const bytes of streams) {
      const transform = createTransform(asked)
      expect(transform.push(bytes)).toBe(bytes)
      expect(transform.end()).toBeUndefined()
    }
    expect(runTransform(createTransform(asked), [withUsage])).toMatchObject({ usage, usageFinal: true, finished: true })
  })

  test('for a client that did not ask, all that asking brought is gone', () => {
    const seen = runTransform(createTransform(notAsked), [withUsage])
    expect(seen.text).toBe(withoutUsage.toString('utf8'))
    expect(seen).toMatchObject({ usage, usageFinal: true, finished: true, committed: true, failure: undefined })
    expect(seen.rawUsage).toMatchObject({ prompt_tokens: 1200 })
    expect(seen.outputBytes).toBe(Buffer.byteLength(answer))
  })

  test('usage in the middle of the members, cache writes by their other name, reasoning as text', () => {
    const seen = runTransform(createTransform(notAsked), [compatible])
    expect(seen.text).not.toContain('usage')
    expect(seen.text.match(/data: \{/g)).toHaveLength(6)
    for (const line of seen.text.match(/\{.*\}/g) ?? []) expect(JSON.parse(line)).toHaveProperty('choices')
    expect(seen.usage).toMatchObject({
      inputTokens: 132,
      cacheReadTokens: 256,
      cacheWrite5mTokens: 512,
      outputTokens: 30,
      reasoningTokens: 12,
    })
    expect(seen.outputBytes).toBe(Buffer.byteLength('想一想，你好！'))
  })

  test('any split of the bytes gives the same bytes and the same notes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...streams), fc.constantFrom(asked, notAsked), cutsArbitrary, (bytes, body, cuts) => {
        expect(runTransform(createTransform(body), splitAt(bytes, cuts))).toEqual(
          runTransform(createTransform(body), [bytes]),
        )
      }),
      { numRuns: 1000 },
    )
    for (const bytes of streams) {
      for (const body of [asked, notAsked]) {
        expect(runTransform(createTransform(body), splitEvery(bytes, 1))).toEqual(
          runTransform(createTransform(body), [bytes]),
        )
      }
    }
  })

  test('mutated bytes never make it throw, and their split does not matter either', () => {
    const mutated = fc.constantFrom(...streams).chain(mutatedArbitrary)
    fc.assert(
      fc.property(mutated, fc.constantFrom(asked, notAsked), cutsArbitrary, (bytes, body, cuts) => {
        expect(runTransform(createTransform(body), splitAt(bytes, cuts))).toEqual(
          runTransform(createTransform(body), [bytes]),
        )
      }),
      { numRuns: 2000 },
    )
  })
})

describe('what is noted', () => {
  const run = (text: string, body = notAsked) => runTransform(createTransform(body), [Buffer.from(text)])
  const chunk = (delta: object, rest = '') =>
    `data: {"choices":[{"index":0,"delta":${JSON.stringify(delta)}}]${rest}}\n\n`

  test('the commit point is the first content, not the opening chunk', () => {
    const transform = createTransform(notAsked)
    transform.push(Buffer.from(': keep-alive\n\n' + chunk({ role: 'assistant', content: '' })))
    expect(transform.committed).toBe(false)
    transform.push(Buffer.from(chunk({ content: 'a' })))
    expect(transform.committed).toBe(true)
    for (const delta of [{ reasoning_content: 'a' }, { tool_calls: [{ index: 0 }] }, { refusal: 'no' }]) {
      expect(run(chunk(delta)).committed).toBe(true)
    }
  })

  test('an error inside the answer ends it as a failure; its bytes go on', () => {
    const seen = runTransform(createTransform(notAsked), [errorInside])
    expect(seen.failure).toMatchObject({ kind: 'quota-exhausted', code: 'insufficient_quota', status: undefined })
    expect(seen.text).toBe(errorInside.toString('utf8'))
    expect(seen).toMatchObject({ finished: false, committed: true, outputBytes: 3 })
    expect(run('data: {"error":{"message":"x","code":503}}\n\n')).toMatchObject({
      failure: { kind: 'server-error', code: '503' },
      committed: false,
    })
    expect(run(chunk({ content: 'a' }, ',"error":null')).failure).toBeUndefined()
  })

  test('text that looks like members is text', () => {
    const text = chunk({ content: '"usage":null,"error":{"code":1},"delta":{"content":"x"},"usage"' })
    const seen = run(text)
    expect(seen.text).toBe(text)
    expect(seen).toMatchObject({ failure: undefined, usage: undefined, outputBytes: 63 })
  })

  test('the last of several usages replaces; a nested one is none', () => {
    const first = chunk({ content: 'a' }, ',"usage":{"prompt_tokens":5,"completion_tokens":1}')
    const last = 'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":9}}\n\n'
    const seen = run(first + last)
    expect(seen).toMatchObject({
      usage: { inputTokens: 5, outputTokens: 9 },
      usageFinal: true,
      text: chunk({ content: 'a' }),
    })
    expect(run(first)).toMatchObject({ usage: { outputTokens: 1 }, usageFinal: false })
    const nested =
      'data: {"choices":[{"delta":{"content":"a"},"usage":null}],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\n'
    expect(run(chunk({ content: 'a' }) + nested)).toMatchObject({ usage: { inputTokens: 3 } })
  })

  test('spaces between the members do not matter', () => {
    const text = 'data: {"choices": [{"delta": {"content": "abc"}}], "usage": null}\n\n'
    expect(run(chunk({ content: 'a' }) + text).text).toBe(
      chunk({ content: 'a' }) + 'data: {"choices": [{"delta": {"content": "abc"}}]}\n\n',
    )
    expect(run(chunk({ content: 'a' }) + text).outputBytes).toBe(4)
    expect(run('data: {"usage": null, "choices": []}\n\n').text).toBe('data: {"choices": []}\n\n')
  })

  test('data over several lines is read and, where nothing can be cut from it, left alone', () => {
    const split = 'data: {\ndata: "choices":[{"delta":{"content":"ab"}}],"usage":null}\n\n'
    expect(run(chunk({ content: 'a' }) + split)).toMatchObject({
      text: chunk({ content: 'a' }) + split,
      outputBytes: 3,
    })
    const last = 'data: {"choices":[],\ndata: "usage":{"prompt_tokens":3,"completion_tokens":1}}\n\n'
    expect(run(last)).toMatchObject({ text: '', usage: { inputTokens: 3 } })
  })

  test('a cut stream ends at its last whole event, unfinished', () => {
    const cut = withUsage.subarray(0, withUsage.indexOf('世界') + 2)
    const seen = runTransform(createTransform(asked), [cut])
    expect(seen).toMatchObject({ finished: false, usage: undefined, committed: true })
    expect(seen.text).toBe(cut.toString('utf8', 0, cut.lastIndexOf('\n\n') + 2))
  })

  test('an end without a final line end is an end', () => {
    const text = chunk({ content: 'a' }) + 'data: [DONE]'
    expect(run(text)).toMatchObject({ text, finished: true })
    expect(run(chunk({ content: 'a' }).trimEnd())).toMatchObject({ text: chunk({ content: 'a' }), finished: false })
    expect(run('data: [DON').text).toBe('')
  })

  test('an event above the limit is a failure, not a growing buffer', () => {
    const transform = createTransform(notAsked)
    const piece = Buffer.alloc(1024 * 1024, 'x')
    for (let i = 0; i < 9; i++) transform.push(piece)
    expect(transform.failure).toMatchObject({ kind: 'server-error', code: 'event_too_large' })
  })
})

describe('a plain answer', () => {
  const body = Buffer.from(
    '{"id":"c","choices":[{"message":{"role":"assistant","content":"\\"usage\\":{}"}}],"usage":{"prompt_tokens":7,"completion_tokens":2}}',
  )

  test('usage is read without the rest', () => {
    expect(openAiChatAccount.readAnswer(body)).toMatchObject({ usage: { inputTokens: 7, outputTokens: 2 } })
    expect(openAiChatAccount.readAnswer(Buffer.from('<html>'))).toBeUndefined()
  })

  test('the tier that served is part of the usage', () => {
    const text = '{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2},"service_tier":"priority"}'
    expect(openAiChatAccount.readAnswer(Buffer.from(text))?.usage).toMatchObject({ serviceTier: 'priority' })
    const nested = '{"choices":[{"service_tier":"flex"}],"usage":{"prompt_tokens":7,"completion_tokens":2}}'
    expect(openAiChatAccount.readAnswer(Buffer.from(nested))?.usage).toMatchObject({ serviceTier: undefined })
  })

  test('without usage the text is measured; an error is a failure', () => {
    const bare = Buffer.from('{"choices":[{"message":{"role":"assistant","content":"äb"}}]}')
    expect(openAiChatAccount.readAnswer(bare)).toEqual({
      usage: undefined,
      rawUsage: undefined,
      failure: undefined,
      outputBytes: 3,
    })
    const error = Buffer.from('{"error":{"message":"no","code":"invalid_api_key"}}')
    expect(openAiChatAccount.readAnswer(error)?.failure).toMatchObject({ kind: 'unauthorized' })
    expect(openAiChatAccount.readAnswer(Buffer.from(''))).toBeUndefined()
  })
})
