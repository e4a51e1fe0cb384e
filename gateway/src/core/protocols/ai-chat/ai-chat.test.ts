// The unified call: requests by the contract, answers of every account-side wire as its events and bodies, refusals.
import { AppError } from '@aicarpool/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutsArbitrary, readFixture, runTransform, splitAt, translationOf } from '../__fixtures__/feed.ts'
import { accountProtocols } from '../index.ts'
import { createTranslation, translateAnswer } from '../translate.ts'
import { plainRequest } from '../chat.ts'
import { traitsOfUnknown } from '../model-traits.ts'
import type { AccountProtocol } from '../protocol.ts'
import { noUsage } from '../usage.ts'
import { createAnswerEncoder } from './encode-stream.ts'
import { aiChatClient } from './index.ts'
import { readAiChat } from './inspect-request.ts'

const body = (fields: object = {}) => ({ groupId: 'g', messages: [{ role: 'user', content: 'hi' }], ...fields })
const usage = {
  ...noUsage,
  inputTokens: 1,
  cacheReadTokens: 2,
  cacheWrite5mTokens: 3,
  cacheWrite1hTokens: 4,
  outputTokens: 5,
  reasoningTokens: 1,
}
const asked = (stream: boolean) => ({ ...plainRequest, model: 'm', messages: [], stream })
const target = { traits: traitsOfUnknown, options: {} }
const closing = { usage, costNanoUsd: 1_234_500, account: { id: 'a', name: 'A', serviceType: 'qwen' as const } }
const result = {
  usage: { promptTokens: 10, completionTokens: 5, totalTokens: 15 },
  cost: 0.0012345,
  accountUsed: { id: 'a', name: 'A', serviceType: 'qwen' },
}

describe('requests', () => {
  test('the facts', () => {
    expect(aiChatClient.inspectRequest(body({ serviceType: 'qwen', stream: true, maxTokens: 4 }), {})).toEqual({
      model: undefined,
      stream: true,
      maxOutputTokens: 4,
      choices: 1,
      groupId: 'g',
      serviceType: 'qwen',
    })
    expect(readAiChat(body()).groupId).toBe('g')
  })

  test('system messages are collected in order, the rest keeps its order', () => {
    const messages = [
      { role: 'system', content: 's1' },
      { role: 'user', content: 'u1' },
      { role: 'assistant', content: 'a1' },
      { role: 'system', content: 's2' },
      { role: 'user', content: 'u2' },
    ]
    expect(
      aiChatClient.translation?.decodeRequest(body({ messages, temperature: 0.3 }), 'vendor-model', {}).request,
    ).toEqual({
      ...plainRequest,
      model: 'vendor-model',
      system: [
        { type: 'text', text: 's1' },
        { type: 'text', text: 's2' },
      ],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'u1' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'a1' }] },
        { role: 'user', content: [{ type: 'text', text: 'u2' }] },
      ],
      maxOutputTokens: undefined,
      temperature: 0.3,
      stream: false,
    })
  })

  test.each([
    ['groupId', { groupId: 1 }],
    ['messages', { messages: [] }],
    ['messages', { messages: [{ role: 'system', content: 'only' }] }],
    ['messages.0.role', { messages: [{ role: 'tool', content: '' }] }],
    ['messages.0.name', { messages: [{ role: 'user', content: 'x', name: 'n' }] }],
    ['serviceType', { serviceType: '' }],
    ['maxTokens', { maxTokens: 0 }],
    ['temperature', { temperature: 3 }],
    ['extra', { extra: 1 }],
  ])('a wrong %s is refused by name', (field, fields) => {
    const refused = expect.objectContaining({ code: 'invalid_request', field, message: expect.stringContaining(field) })
    expect(() => aiChatClient.inspectRequest(body(fields), {})).toThrow(refused)
  })
})

describe('the conversation keeps its meaning on every wire', () => {
  const turns = fc.array(
    fc.record({ role: fc.constantFrom('user', 'assistant', 'system'), content: fc.string({ unit: 'grapheme' }) }),
    { minLength: 1, maxLength: 6 },
  )

  test('every text of it arrives, in order', () => {
    fc.assert(
      fc.property(turns, (drawn) => {
        const messages = [...drawn, { role: 'user', content: 'last' }]
        const request = aiChatClient.translation?.decodeRequest(body({ messages }), 'm', {}).request
        for (const protocol of Object.values<AccountProtocol>(accountProtocols)) {
          // Wires that serve their own clients alone are sent no conversations.
          if (protocol.translation === undefined) continue
          const texts: string[] = []
          if (request)
            JSON.parse(
              translationOf(protocol).encodeRequest(request, target).body.toString('utf8'),
              (_key, value) => (collect(texts, value), value),
            )
          const lost = messages.filter(({ content }) => content.trim() !== '' && !texts.join('\n').includes(content))
          expect(lost).toEqual([])
        }
      }),
      { numRuns: 300 },
    )
  })

  function collect(texts: string[], value: unknown): void {
    if (typeof value === 'string') texts.push(value)
  }
})

const fixtures = [
  ['openai-chat', 'text-with-usage.sse', 'Hello, 世界 — it is "quoted"\n\nand 🚗.', 0],
  ['openai-chat', 'compatible-mode.sse', '你好！', 12],
  ['anthropic', 'text.sse', 'Hello, 世界 — it is "quoted"\n\nand 🚗.', 14],
  ['gemini', 'text.sse', 'Hello, 世界 🚗.', 16],
] as const

describe('streams', () => {
  const translate = (id: (typeof fixtures)[number][0]) =>
    createTranslation(translationOf(accountProtocols[id]).createStreamDecoder(), createAnswerEncoder(asked(true)))
  const events = (text: string) =>
    [...text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, name, data]) => ({
      name,
      data: JSON.parse(data ?? '') as unknown,
    }))

  test.each(fixtures)('%s %s', (id, name, answer, thoughtBytes) => {
    const stream = readFixture(id, name)
    const translation = translate(id)
    const seen = runTransform(translation, [stream])
    expect(seen).toMatchObject({ finished: true, committed: true, usageFinal: true, failure: undefined })
    expect(seen.outputBytes).toBe(Buffer.byteLength(answer) + thoughtBytes)
    const all = events(seen.text)
    expect(all.map((event) => (event.data as { content: string }).content).join('')).toBe(answer)
    expect(new Set(all.map((event) => event.name))).toEqual(new Set(['delta']))
    expect(events(translation.close(closing)?.toString('utf8') ?? '')).toEqual([
      { name: 'done', data: { message: { role: 'assistant', content: answer }, ...result } },
    ])
    fc.assert(
      fc.property(cutsArbitrary, (cuts) => {
        expect(runTransform(translate(id), splitAt(stream, cuts))).toEqual(seen)
      }),
      { numRuns: 200 },
    )
  })

  test('a failure inside is an error event, and nothing closes the answer as if it were whole', () => {
    const translation = translate('anthropic')
    const seen = runTransform(translation, [readFixture('anthropic', 'error-inside.sse')])
    expect(seen.failure).toMatchObject({ kind: 'overloaded' })
    expect(events(seen.text).at(-1)).toMatchObject({ name: 'error', data: { code: 'accounts_unavailable' } })
    expect(translation.close(closing)).toBeUndefined()
    expect(translation.push(Buffer.from('data: {}\n\n'))).toBeUndefined()
  })

  test('a cut answer is not finished', () => {
    const stream = readFixture('openai-chat', 'text-with-usage.sse')
    const seen = runTransform(translate('openai-chat'), [stream.subarray(0, stream.indexOf('data: [DONE]'))])
    expect(seen).toMatchObject({ finished: false, committed: true, usageFinal: true })
  })
})

describe('plain answers', () => {
  test('one body, made when the cost is known', () => {
    const encoder = createAnswerEncoder(asked(false))
    const answer = translateAnswer(
      [
        { type: 'message-start', id: 'i', model: 'm' },
        { type: 'text-delta', text: 'a' },
        { type: 'text-delta', text: 'b' },
        { type: 'usage', usage, raw: { x: 1 }, isFinal: true },
        { type: 'message-end', reason: 'stop' },
      ],
      encoder,
    )
    expect(answer).toMatchObject({ usage, rawUsage: { x: 1 }, failure: undefined, outputBytes: 2 })
    expect(JSON.parse(answer?.close(closing).toString('utf8') ?? '')).toEqual({
      success: true,
      data: { message: { role: 'assistant', content: 'ab' }, ...result },
    })
  })

  test('a failure is told; an answer without an end is none', () => {
    const failed = translationOf(accountProtocols['openai-chat']).decodeResponse(Buffer.from('<html>'))
    expect(translateAnswer(failed, createAnswerEncoder(asked(false)))?.failure).toMatchObject({ code: 'not_json' })
    expect(translateAnswer([], createAnswerEncoder(asked(false)))).toBeUndefined()
  })
})

describe('an answer that cannot be finished', () => {
  const error = new AppError('upstream_cut')
  const end = (stream: boolean) => createAnswerEncoder(asked(stream)).closeWithError(error).toString('utf8')

  test('ends with an error, streamed and plain', () => {
    expect(end(true)).toMatch(/^event: error\ndata: \{"code":"upstream_cut",.*\}\n\n$/)
    expect(JSON.parse(end(false))).toMatchObject({ success: false, code: 'upstream_cut' })
  })
})

describe('refusals', () => {
  test('plain and inside a stream', () => {
    const error = new AppError('group_mismatch', { field: 'groupId' })
    expect(JSON.parse(aiChatClient.renderError(error, 'r').toString('utf8'))).toEqual({
      success: false,
      error: error.message,
      code: 'group_mismatch',
      field: 'groupId',
    })
    expect(aiChatClient.renderStreamError(error, 'r').toString('utf8')).toBe(
      `event: error\ndata: ${JSON.stringify({ code: 'group_mismatch', error: error.message })}\n\n`,
    )
  })
})
