// Answers for the wire's own clients: the exact sequence and fields of both live versions, whatever the events' grouping.
import { AppError, type NanoUsd } from '@aicarpool/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runDecoder } from '../__fixtures__/feed.ts'
import type { ChatEvent, ChatRequest } from '../chat.ts'
import type { AnswerContext, Closing } from '../protocol.ts'
import { noUsage, type Usage } from '../usage.ts'
import { requestOf } from './__fixtures__/canonical.ts'
import { createStreamDecoder, decodeResponse } from './decode-stream.ts'
import { createAnswerEncoder } from './encode-stream.ts'
import { thinkingMark } from './thinking-mark.ts'

const context: AnswerContext = { requestId: 'r1', createdAtMs: 0, target: {} }
const usage: Usage = {
  ...noUsage,
  inputTokens: 5,
  cacheReadTokens: 4,
  cacheWrite30mTokens: 3,
  cacheWrite12hTokens: 2,
  outputTokens: 9,
}
const closing: Closing = {
  usage,
  costNanoUsd: 0n as unknown as NanoUsd,
  account: { id: 'a', name: 'a', serviceType: 'x' as Closing['account']['serviceType'] },
}
const shown = { effort: 'high' as const, budgetTokens: undefined, isShown: true }

const events: ChatEvent[] = [
  { type: 'message-start', id: 'chatcmpl-1', model: 'gpt' },
  { type: 'reasoning-delta', text: 'I ' },
  { type: 'reasoning-delta', text: 'think' },
  { type: 'usage', usage: { ...noUsage, inputTokens: 7 }, raw: {}, isFinal: false },
  { type: 'text-delta', text: 'Hel' },
  { type: 'text-delta', text: 'lo' },
  { type: 'tool-call-start', id: 'call:1', name: 'f' },
  { type: 'tool-call-delta', argumentsJson: '{"a"' },
  { type: 'tool-call-delta', argumentsJson: ':1}' },
  { type: 'tool-call-end' },
  { type: 'tool-call-start', id: 'call_2', name: 'g' },
  { type: 'tool-call-delta', argumentsJson: '{}' },
  { type: 'tool-call-end' },
  { type: 'message-end', reason: 'tool-calls' },
]

function stream(input: readonly ChatEvent[], request: Partial<ChatRequest> = {}, more: Partial<AnswerContext> = {}) {
  const encoder = createAnswerEncoder(requestOf({ stream: true, reasoning: shown, ...request }), {
    ...context,
    ...more,
  })
  const pieces = input.map((event) => encoder.push([event])?.toString('utf8') ?? '')
  return pieces.join('') + encoder.close(closing).toString('utf8')
}
function plain(input: readonly ChatEvent[], request: Partial<ChatRequest> = {}, more: Partial<AnswerContext> = {}) {
  const encoder = createAnswerEncoder(requestOf({ reasoning: shown, ...request }), { ...context, ...more })
  expect(encoder.push(input)).toBeUndefined()
  return JSON.parse(encoder.close(closing).toString('utf8')) as Record<string, unknown>
}
const dataOf = (text: string) => {
  return text
    .trimEnd()
    .split('\n\n')
    .map((event) => {
      const [name, data] = event.split('\n')
      const json = JSON.parse(data?.slice('data: '.length) ?? '') as { type: string } & Record<string, unknown>
      expect(name).toBe(`event: ${json.type}`)
      return json
    })
}
const wireUsage = {
  input_tokens: 5,
  cache_creation_input_tokens: 5,
  cache_read_input_tokens: 4,
  output_tokens: 9,
  output_tokens_details: null,
  server_tool_use: null,
}

describe('a stream', () => {
  test('is message_start, blocks one after another, message_delta with what was billed, message_stop', () => {
    expect(dataOf(stream(events))).toEqual([
      {
        type: 'message_start',
        message: {
          model: 'gpt',
          id: 'msg_r1',
          type: 'message',
          role: 'assistant',
          container: null,
          diagnostics: null,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          stop_details: null,
          usage: {
            ...wireUsage,
            input_tokens: 0,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: 0,
            output_tokens: 0,
            cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
            service_tier: null,
            inference_geo: null,
            speed: null,
          },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'I ' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'think' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: thinkingMark } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Hel' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'lo' } },
      { type: 'content_block_stop', index: 1 },
      {
        type: 'content_block_start',
        index: 2,
        content_block: { type: 'tool_use', id: 'call_1', name: 'f', input: {} },
      },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"a"' } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: ':1}' } },
      { type: 'content_block_stop', index: 2 },
      {
        type: 'content_block_start',
        index: 3,
        content_block: { type: 'tool_use', id: 'call_2', name: 'g', input: {} },
      },
      { type: 'content_block_delta', index: 3, delta: { type: 'input_json_delta', partial_json: '{}' } },
      { type: 'content_block_stop', index: 3 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'tool_use', stop_sequence: null, stop_details: null, container: null },
        usage: wireUsage,
      },
      { type: 'message_stop' },
    ])
  })

  test('tells at its opening what was known by then', () => {
    const early: ChatEvent[] = [
      { type: 'message-start', id: 'x', model: '' },
      { type: 'usage', usage: { ...noUsage, inputTokens: 7, serviceTier: 'priority' }, raw: {}, isFinal: false },
      { type: 'text-delta', text: 'a' },
    ]
    expect(dataOf(stream(early))[0]).toMatchObject({
      message: { model: 'm', usage: { input_tokens: 7, service_tier: 'priority' } },
    })
  })

  test('of nothing is still a whole message', () => {
    const types = dataOf(stream([{ type: 'message-end', reason: 'stop' }])).map(({ type }) => type)
    expect(types).toEqual(['message_start', 'message_delta', 'message_stop'])
  })

  test('any grouping of the events gives the same bytes', () => {
    const whole = stream(events)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 20 }), (sizes) => {
        const encoder = createAnswerEncoder(requestOf({ stream: true, reasoning: shown }), context)
        let text = ''
        let at = 0
        for (const size of [...sizes, events.length]) {
          text += encoder.push(events.slice(at, at + size))?.toString('utf8') ?? ''
          at += size
        }
        expect(text + encoder.close(closing).toString('utf8')).toBe(whole)
      }),
    )
  })

  test('a failure is rendered where it stands, and nothing follows', () => {
    const failure = {
      kind: 'overloaded' as const,
      status: undefined,
      code: 'x',
      message: 'secret',
      retryAfterMs: undefined,
    }
    const text = stream([
      events[0] as ChatEvent,
      { type: 'text-delta', text: 'a' },
      { type: 'failure', failure },
      ...events,
    ])
    expect(dataOf(text).map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'error',
    ])
    expect(dataOf(text).at(-1)).toMatchObject({ error: { type: 'overloaded_error' }, request_id: 'r1' })
  })

  test('an error of ours ends it', () => {
    const encoder = createAnswerEncoder(requestOf({ stream: true }), context)
    expect(dataOf(encoder.closeWithError(new AppError('upstream_cut')).toString('utf8'))).toMatchObject([
      { type: 'error', error: { type: 'api_error', details: { error_code: 'upstream_cut' } } },
    ])
  })
})

describe('a complete answer', () => {
  test('is one message of the same blocks', () => {
    expect(plain(events)).toEqual({
      model: 'gpt',
      id: 'msg_r1',
      type: 'message',
      role: 'assistant',
      container: null,
      diagnostics: null,
      content: [
        { type: 'thinking', thinking: 'I think', signature: thinkingMark },
        { type: 'text', text: 'Hello' },
        { type: 'tool_use', id: 'call_1', name: 'f', input: { a: 1 } },
        { type: 'tool_use', id: 'call_2', name: 'g', input: {} },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      stop_details: null,
      usage: {
        ...wireUsage,
        cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 2 },
        service_tier: null,
        inference_geo: null,
        speed: null,
      },
    })
  })

  test('a client of the newer version gets the fields that only it has', () => {
    const version = { version: '2026-10-21' }
    expect(plain(events, {}, version)['content']).toMatchObject([
      {},
      { citations: null },
      { caller: { type: 'direct' } },
      { caller: { type: 'direct' } },
    ])
    expect(stream(events, {}, version)).toContain('{"type":"text","text":"","citations":null}')
    expect(stream(events, {}, { version: '2023-06-01' })).toBe(stream(events))
  })

  test.each([
    [{ reason: 'stop' }, { stop_reason: 'end_turn', stop_sequence: null, stop_details: null }],
    [
      { reason: 'stop-sequence', stopSequence: 'END' },
      { stop_reason: 'stop_sequence', stop_sequence: 'END' },
    ],
    [{ reason: 'stop-sequence' }, { stop_reason: 'end_turn', stop_sequence: null }],
    [{ reason: 'length' }, { stop_reason: 'max_tokens' }],
    [{ reason: 'content-filter' }, { stop_reason: 'refusal', stop_details: { type: 'refusal' } }],
    [{ reason: 'refusal' }, { stop_reason: 'refusal' }],
    [{ reason: 'other' }, { stop_reason: 'end_turn' }],
  ] as const)('%j', (ending, fields) => {
    expect(plain([{ type: 'message-end', ...ending }])).toMatchObject(fields)
  })
})

describe('thoughts', () => {
  const types = (request: Partial<ChatRequest>, input: ChatEvent[] = events) =>
    (plain(input, request)['content'] as { type: string; thinking?: string }[]).map(({ type, thinking }) =>
      thinking === undefined ? type : `${type} ${thinking}`,
    )

  test('are shown, omitted or left out as the client asked', () => {
    const rest = ['text', 'tool_use', 'tool_use']
    expect(types({})).toEqual(['thinking I think', ...rest])
    expect(types({ reasoning: { ...shown, isShown: false } })).toEqual(['thinking ', ...rest])
    expect(types({ reasoning: undefined })).toEqual(rest)
    expect(types({ reasoning: { ...shown, effort: 'none' } })).toEqual(rest)
  })

  test('of a client with a budget open every answer, if only by the mark', () => {
    const reasoning = { effort: undefined, budgetTokens: 2000, isShown: true }
    const silent = events.filter(({ type }) => type !== 'reasoning-delta')
    expect(types({ reasoning }, silent)).toEqual(['thinking ', 'text', 'tool_use', 'tool_use'])
    expect(types({ reasoning })).toEqual(['thinking I think', 'text', 'tool_use', 'tool_use'])
    expect(dataOf(stream(silent, { reasoning })).slice(1, 5)).toMatchObject([
      { content_block: { type: 'thinking' } },
      { delta: { type: 'signature_delta' } },
      { type: 'content_block_stop', index: 0 },
      { index: 1 },
    ])
  })
})

test('white space alone makes no block, and before a text it belongs to it', () => {
  const space: ChatEvent = { type: 'text-delta', text: '\n' }
  const call = events.filter(({ type }) => type.startsWith('tool-call')).slice(0, 4)
  const content = (input: ChatEvent[]) => plain(input)['content']
  expect(content([space, ...call])).toMatchObject([{ type: 'tool_use' }])
  expect(content([space, space, { type: 'text-delta', text: 'a' }, space])).toEqual([{ type: 'text', text: '\n\na\n' }])
  expect(content([space])).toEqual([])
})

test('what was encoded is decoded to the same events, streamed and complete', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).filter((value) => value.trim() !== '')
  const call = fc.tuple(
    fc.uuid(),
    text,
    fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3, noNullPrototype: true }),
  )
  const part = fc.oneof(
    text.map((value): ChatEvent[] => [{ type: 'text-delta', text: value }]),
    text.map((value): ChatEvent[] => [{ type: 'reasoning-delta', text: value }]),
    call.map(([id, name, input]): ChatEvent[] => [
      { type: 'tool-call-start', id, name },
      { type: 'tool-call-delta', argumentsJson: JSON.stringify(input) },
      { type: 'tool-call-end' },
    ]),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const input: ChatEvent[] = [
        { type: 'message-start', id: 'i', model: 'gpt' },
        ...parts.flat(),
        { type: 'message-end', reason: 'length' },
      ]
      const streamed = runDecoder(createStreamDecoder(), [Buffer.from(stream(input))])
      const complete = decodeResponse(Buffer.from(JSON.stringify(plain(input))))
      const wanted = merged([{ type: 'message-start', id: 'msg_r1', model: 'gpt' }, ...input.slice(1)])
      expect(merged(streamed)).toEqual(wanted)
      expect(merged(complete)).toEqual(wanted)
      expect(complete.find(({ type }) => type === 'usage')).toMatchObject({
        usage: { inputTokens: 5, cacheReadTokens: 4, cacheWrite5mTokens: 3, cacheWrite1hTokens: 2, outputTokens: 9 },
      })
    }),
    { numRuns: 500 },
  )
})

/** Without usage, and texts that follow one another as one. */
function merged(input: readonly ChatEvent[]): ChatEvent[] {
  const out: ChatEvent[] = []
  for (const event of input) {
    const last = out.at(-1)
    if (event.type === 'text-delta' && last?.type === 'text-delta')
      out[out.length - 1] = { ...last, text: last.text + event.text }
    else if (event.type === 'reasoning-delta' && last?.type === 'reasoning-delta') {
      out[out.length - 1] = { ...last, text: last.text + event.text }
    } else if (event.type !== 'usage') out.push(event)
  }
  return out
}
