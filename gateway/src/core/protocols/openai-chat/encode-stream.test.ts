// Canonical events as the wire's answer for its own clients: chunks that do not depend on the events' grouping, or one completion.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runDecoder, translationOf } from '../__fixtures__/feed.ts'
import { plainRequest, type ChatEvent, type ChatRequest, type FinishReason } from '../chat.ts'
import { noUsage } from '../usage.ts'
import { openAiChatAccount, openAiChatClient } from './index.ts'

const { createStreamDecoder, decodeResponse } = translationOf(openAiChatAccount)
const { translation: client } = openAiChatClient

describe('answers are encoded', () => {
  const context = { requestId: 'r', createdAtMs: 1_700_000_000_999, target: {} }
  const closing = {
    usage: { ...noUsage, inputTokens: 5, outputTokens: 7, reasoningTokens: 2 },
    costNanoUsd: 1,
    account: { id: 'a', name: 'A', serviceType: 'openai' as const },
  }
  const request = (over: Partial<ChatRequest> = {}): ChatRequest => ({
    ...plainRequest,
    model: 'm',
    messages: [],
    stream: true,
    reasoning: { effort: undefined, budgetTokens: undefined, isShown: true },
    ...over,
  })
  const events: ChatEvent[] = [
    { type: 'message-start', id: 'i', model: 'served' },
    { type: 'reasoning-delta', text: 'hm' },
    { type: 'text-delta', text: 'a' },
    { type: 'text-delta', text: 'b' },
    { type: 'tool-call-start', id: '1', name: 'f' },
    { type: 'tool-call-delta', argumentsJson: '{"x":' },
    { type: 'tool-call-delta', argumentsJson: '1}' },
    { type: 'tool-call-end' },
    { type: 'tool-call-start', id: '2', name: 'patch' },
    { type: 'tool-call-delta', argumentsJson: '{"input":"*** Begin"}' },
    { type: 'tool-call-end' },
    { type: 'message-end', reason: 'tool-calls' },
  ]
  const tools = [
    { name: 'patch', description: undefined, parameters: {}, strict: undefined, origin: { kind: 'custom' as const } },
  ]

  function run(asked: ChatRequest, groups: readonly (readonly ChatEvent[])[]): string {
    const encoder = client?.createAnswerEncoder(asked, context)
    const pieces = groups.map((group) => encoder?.push(group)?.toString('utf8') ?? '')
    return pieces.join('') + (encoder?.close(closing).toString('utf8') ?? '')
  }

  test('a stream decodes to what it was made of, and tells usage to who asked', () => {
    const text = run(request({ tools, reportsUsage: true }), [events])
    const again = runDecoder(createStreamDecoder(), [Buffer.from(text)])
    expect(again.filter(({ type }) => type === 'text-delta' || type === 'reasoning-delta')).toEqual(events.slice(1, 4))
    expect(again.at(-1)).toEqual({ type: 'message-end', reason: 'tool-calls' })
    expect(again.find(({ type }) => type === 'usage')).toMatchObject({
      usage: { inputTokens: 5, outputTokens: 7, reasoningTokens: 2 },
    })
    expect(text).toContain('"type":"custom","custom":{"name":"patch","input":""}')
    expect(text).toContain('{"index":1,"custom":{"input":"*** Begin"}}')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(run(request({ tools }), [events])).not.toContain('usage')
  })

  test('any grouping of the events gives the same bytes', () => {
    const whole = run(request({ tools }), [events])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: events.length }), { maxLength: 6 }), (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), events.length]
        const groups = edges.slice(1).map((end, index) => events.slice(edges[index], end))
        expect(run(request({ tools }), groups)).toBe(whole)
      }),
    )
  })

  test('a whole completion', () => {
    expect(JSON.parse(run(request({ tools, stream: false }), [events]))).toMatchObject({
      id: 'chatcmpl-r',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'served',
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'ab',
            refusal: null,
            reasoning_content: 'hm',
            tool_calls: [
              { id: '1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
              { id: '2', type: 'custom', custom: { name: 'patch', input: '*** Begin' } },
            ],
          },
        },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 },
    })
  })

  test('a failure ends a stream with an error and without its end marker', () => {
    const failure = { kind: 'overloaded' as const, status: undefined, code: 'x', message: 'm', retryAfterMs: undefined }
    const text = run(request(), [events.slice(0, 3), [{ type: 'failure', failure }], events.slice(3)])
    expect(text).toContain('"code":"accounts_unavailable"')
    expect(text).not.toContain('[DONE]')
  })

  test('every chunk has the members that the wire demands, the role comes first and once', () => {
    const chunks = chunksOf(run(request({ reportsUsage: true }), [events]))
    for (const chunk of chunks) {
      const head = { id: 'chatcmpl-r', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'served' }
      expect(chunk).toMatchObject(head)
      expect(Object.keys(chunk)).toEqual(['id', 'object', 'created', 'model', 'choices', 'usage'])
    }
    const roles = chunks.map(({ choices }) => choices[0]?.delta['role'])
    expect(roles.filter((role) => role !== undefined)).toEqual(['assistant'])
    expect(roles[0]).toBe('assistant')
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual(chunks.slice(0, -1).map(() => null))
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 5,
        completion_tokens: 7,
        total_tokens: 12,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0, cache_write_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    })
  })

  test('an answer of calls alone has no text, streamed and whole', () => {
    const calls = events.filter(({ type }) => type !== 'text-delta' && type !== 'reasoning-delta')
    expect(chunksOf(run(request(), [calls]))[0]?.choices[0]?.delta).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
    })
    expect(JSON.parse(run(request({ stream: false }), [calls]))).toMatchObject({
      choices: [{ message: { content: null, tool_calls: [{}, {}] } }],
    })
  })

  test('an empty answer is one', () => {
    const end: ChatEvent[] = [{ type: 'message-end', reason: 'stop' }]
    expect(chunksOf(run(request(), [end])).map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, 'stop'])
    expect(JSON.parse(run(request({ stream: false }), [end]))).toMatchObject({
      choices: [{ message: { content: '', refusal: null }, logprobs: null, finish_reason: 'stop' }],
    })
  })

  test.each([
    ['stop', 'stop', 'stop'],
    ['stop-sequence', 'stop', 'stop'],
    ['length', 'length', 'length'],
    ['content-filter', 'content_filter', 'content_filter'],
    ['refusal', 'content_filter', 'stop'],
    ['other', 'stop', 'stop'],
  ] as const)('%s is "%s" streamed and "%s" whole', (reason: FinishReason, streamed, whole) => {
    const said: ChatEvent[] = [
      { type: 'text-delta', text: 'no' },
      { type: 'message-end', reason },
    ]
    expect(chunksOf(run(request(), [said])).at(-1)?.choices[0]?.finish_reason).toBe(streamed)
    const { choices } = JSON.parse(run(request({ stream: false }), [said])) as Whole
    expect(choices[0]?.finish_reason).toBe(whole)
    const isRefusal = reason === 'refusal'
    expect(choices[0]?.message).toMatchObject(
      isRefusal ? { content: null, refusal: 'no' } : { content: 'no', refusal: null },
    )
  })

  test('a client of the older form gets its one call in that form', () => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'q' }], functions: [{ name: 'f' }] }
    const asked = (stream: boolean) => client?.decodeRequest({ ...body, stream }, 'm', {}).request ?? request()
    const deltas = chunksOf(run(asked(true), [events])).map(({ choices }) => choices[0])
    expect(deltas.flatMap((choice) => choice?.delta['function_call'] ?? [])).toEqual([
      { name: 'f', arguments: '' },
      { arguments: '{"x":' },
      { arguments: '1}' },
    ])
    expect(deltas.at(-1)?.finish_reason).toBe('function_call')
    expect(JSON.parse(run(asked(false), [events]))).toMatchObject({
      choices: [{ message: { function_call: { name: 'f', arguments: '{"x":1}' } }, finish_reason: 'function_call' }],
    })
  })

  test('what was encoded is decoded to the same events, streamed and whole', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 })
    const call = fc.tuple(fc.uuid(), text, fc.dictionary(text, fc.jsonValue(), { noNullPrototype: true }))
    const calls = fc.array(call, { maxLength: 3 })
    fc.assert(
      fc.property(
        fc.option(text, { nil: undefined }),
        fc.option(text, { nil: undefined }),
        calls,
        (thought, said, made) => {
          const input: ChatEvent[] = [{ type: 'message-start', id: 'i', model: 'served' }]
          if (thought !== undefined) input.push({ type: 'reasoning-delta', text: thought })
          if (said !== undefined) input.push({ type: 'text-delta', text: said })
          for (const [id, name, value] of made) {
            input.push({ type: 'tool-call-start', id, name })
            input.push({ type: 'tool-call-delta', argumentsJson: JSON.stringify(value) })
            input.push({ type: 'tool-call-end' })
          }
          input.push({ type: 'message-end', reason: made.length > 0 ? 'tool-calls' : 'length' })
          const content = ({ type }: ChatEvent) => type !== 'message-start' && type !== 'usage'
          const streamed = runDecoder(createStreamDecoder(), [Buffer.from(run(request(), [input]))])
          const whole = decodeResponse(Buffer.from(run(request({ stream: false }), [input])))
          expect(streamed.filter(content)).toEqual(input.filter(content))
          expect(whole.filter(content)).toEqual(input.filter(content))
        },
      ),
      { numRuns: 500 },
    )
  })

  test('a plain answer that failed is the refusal', () => {
    const failure = { kind: 'timeout' as const, status: undefined, code: 'x', message: 'm', retryAfterMs: undefined }
    expect(JSON.parse(run(request({ stream: false }), [[{ type: 'failure', failure }]]))).toMatchObject({
      error: { code: 'upstream_timeout', type: 'server_error', param: null },
    })
  })
})

interface Chunk {
  choices: { delta: Record<string, unknown>; finish_reason: string | null }[]
  usage?: unknown
}
interface Whole {
  choices: { message: unknown; finish_reason: string }[]
}

function chunksOf(text: string): Chunk[] {
  return [...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? '') as Chunk)
}
