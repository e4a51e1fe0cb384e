// Canonical events as the wire's answer for its own clients: events in the grammar of the reference that do not depend on the
// grouping, or one response.
import { AppError, assert } from '@aicarpool/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runDecoder, translationOf } from '../__fixtures__/feed.ts'
import type { ChatEvent, FinishReason } from '../chat.ts'
import { noUsage } from '../usage.ts'
import { openAiResponsesAccount, openAiResponsesClient } from './index.ts'

type Json = Record<string, unknown>

const { createStreamDecoder, decodeResponse } = translationOf(openAiResponsesAccount)
const { translation: client } = openAiResponsesClient
assert(client, 'translated from')

const context = { requestId: 'r', createdAtMs: 1_700_000_000_999, target: {} }
const closing = {
  usage: {
    ...noUsage,
    inputTokens: 5,
    cacheReadTokens: 3,
    outputTokens: 7,
    reasoningTokens: 2,
    serviceTier: 'priority',
  },
  costNanoUsd: 1,
  account: { id: 'a', name: 'A', serviceType: 'openai' as const },
}
const fn = { type: 'function', name: 'f', description: null, parameters: { type: 'object' } }
const body = {
  model: 'alias',
  input: 'hi',
  instructions: 'be brief',
  metadata: { k: 'v' },
  reasoning: { effort: 'low', summary: 'auto' },
  tools: [fn, { type: 'custom', name: 'patch' }, { type: 'namespace', name: 'mcp__x', description: '', tools: [fn] }],
}
const events: ChatEvent[] = [
  { type: 'message-start', id: 'i', model: 'served' },
  { type: 'reasoning-delta', text: 'h' },
  { type: 'reasoning-delta', text: 'm' },
  { type: 'text-delta', text: 'a"' },
  { type: 'text-delta', text: '\nb' },
  { type: 'tool-call-start', id: 'call_1', name: 'f' },
  { type: 'tool-call-delta', argumentsJson: '{"x":' },
  { type: 'tool-call-delta', argumentsJson: '1}' },
  { type: 'tool-call-end' },
  { type: 'tool-call-start', id: 'call_2', name: 'patch' },
  { type: 'tool-call-delta', argumentsJson: '{"input":"*** Begin"}' },
  { type: 'tool-call-end' },
  { type: 'tool-call-start', id: 'call_3', name: 'mcp__x__f' },
  { type: 'tool-call-delta', argumentsJson: '{}' },
  { type: 'tool-call-end' },
  { type: 'message-end', reason: 'tool-calls' },
]

function run(more: Json, groups: readonly (readonly ChatEvent[])[]): string {
  const { request } = client?.decodeRequest({ ...body, ...more }, 'm', {}) ?? {}
  assert(request, 'decoded')
  const encoder = client?.createAnswerEncoder(request, context)
  const pieces = groups.map((group) => encoder?.push(group)?.toString('utf8') ?? '')
  return pieces.join('') + (encoder?.close(closing).toString('utf8') ?? '')
}
const streamed = (of: readonly ChatEvent[], more: Json = {}) => parse(run({ stream: true, ...more }, [of]))
const plain = (of: readonly ChatEvent[], more: Json = {}) => JSON.parse(run(more, [of])) as Json

function parse(text: string): Json[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const [name, data] = block.split('\n')
      const json = JSON.parse((data ?? '').slice('data: '.length)) as Json
      expect(name).toBe(`event: ${String(json['type'])}`)
      return json
    })
}
const end = (reason: FinishReason): ChatEvent => ({ type: 'message-end', reason })
const say = (text: string): ChatEvent => ({ type: 'text-delta', text })

describe('a stream', () => {
  test('follows the grammar of the reference, each event with its number', () => {
    const all = streamed(events)
    expect(all.map(({ sequence_number: number }) => number)).toEqual(all.map((_, index) => index))
    expect(all.map(({ type }) => String(type).replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'output_item.added',
      'custom_tool_call_input.delta',
      'custom_tool_call_input.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'completed',
    ])
  })

  test('its last event holds the items that were done, and events name the items they belong to', () => {
    const all = streamed(events)
    const done = all.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item as Json)
    const last = all.at(-1)?.['response'] as Json
    expect(last['output']).toEqual(done)
    expect(done.map(({ id }) => id)).toEqual(['rs_r_0', 'msg_r_1', 'fc_r_2', 'ctc_r_3', 'fc_r_4'])
    for (const { item_id: id, output_index: index } of all)
      if (id !== undefined) expect(id).toBe(done[Number(index)]?.['id'])
    expect(done).toMatchObject([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
      { type: 'message', status: 'completed', content: [{ type: 'output_text', text: 'a"\nb', annotations: [] }] },
      { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{"x":1}' },
      { type: 'custom_tool_call', call_id: 'call_2', name: 'patch', input: '*** Begin' },
      { type: 'function_call', call_id: 'call_3', name: 'f', namespace: 'mcp__x', arguments: '{}' },
    ])
    expect(last).toMatchObject({
      id: 'resp_r',
      object: 'response',
      created_at: 1_700_000_000,
      status: 'completed',
      model: 'served',
      instructions: 'be brief',
      metadata: { k: 'v' },
      tool_choice: 'auto',
      tools: [{ ...fn, strict: false }, { type: 'custom' }, { type: 'namespace' }],
      service_tier: 'priority',
      usage: {
        input_tokens: 8,
        input_tokens_details: { cached_tokens: 3 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 2 },
        total_tokens: 15,
      },
    })
    expect(all[0]?.['response']).toMatchObject({ status: 'in_progress', output: [], usage: null })
  })

  test('decodes to what it was made of', () => {
    const again = runDecoder(createStreamDecoder(), [Buffer.from(run({ stream: true }, [events]))])
    expect(again.filter(({ type }) => type.endsWith('delta')).slice(0, 4)).toEqual(events.slice(1, 5))
    expect(again.at(-1)).toEqual(end('tool-calls'))
  })

  test('any grouping of the events gives the same bytes', () => {
    const whole = run({ stream: true }, [events])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: events.length }), { maxLength: 6 }), (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), events.length]
        const groups = edges.slice(1).map((to, index) => events.slice(edges[index], to))
        expect(run({ stream: true }, groups)).toBe(whole)
      }),
    )
  })

  test('thoughts that nobody asked to see are not shown, but the item stands', () => {
    const text = run({ stream: true, reasoning: undefined }, [
      [{ type: 'reasoning-delta', text: 'secret' }, say('a'), end('stop')],
    ])
    expect(text).not.toContain('secret')
    expect(text).toContain('"type":"reasoning","summary":[]')
  })

  test.each<[FinishReason, string, string | undefined, string]>([
    ['length', 'response.incomplete', 'max_output_tokens', 'incomplete'],
    ['content-filter', 'response.incomplete', 'content_filter', 'incomplete'],
    ['refusal', 'response.completed', undefined, 'completed'],
    ['stop-sequence', 'response.completed', undefined, 'completed'],
    ['other', 'response.completed', undefined, 'completed'],
  ])('an answer that ends with %s', (reason, type, why, itemStatus) => {
    const last = streamed([say('a'), end(reason)]).at(-1)
    expect(last?.['type']).toBe(type)
    expect(last?.['response']).toMatchObject({
      incomplete_details: why === undefined ? null : { reason: why },
      output: [{ status: itemStatus }],
    })
  })

  test('an error goes on counting, nested and flat, and ends with the failed response', () => {
    const failure = { kind: 'rate-limited' as const, status: 429, code: 'x', message: 'm', retryAfterMs: 1 }
    const all = streamed([say('a'), { type: 'failure', failure }, say('never')])
    expect(all.at(-2)).toMatchObject({
      type: 'error',
      code: 'rate_limit_exceeded',
      error: { code: 'rate_limit_exceeded' },
      sequence_number: all.length - 2,
    })
    expect(all.at(-1)).toMatchObject({
      type: 'response.failed',
      sequence_number: all.length - 1,
      response: { id: 'resp_r', status: 'failed', error: { code: 'rate_limit_exceeded' } },
    })
    expect(JSON.stringify(all)).not.toContain('never')
  })
})

describe('a plain answer', () => {
  test('is what the stream ends with', () => {
    expect(plain(events)).toEqual(streamed(events).at(-1)?.['response'])
    expect(decodeResponse(Buffer.from(run({}, [events]))).at(-1)).toEqual(end('tool-calls'))
  })

  test('tells a refusal, and a failure as a refusal of ours', () => {
    expect(plain([say('no'), end('refusal')])['output']).toMatchObject([
      { content: [{ type: 'refusal', refusal: 'no' }] },
    ])
    const failure = { kind: 'server-error' as const, status: 500, code: 'x', message: 'm', retryAfterMs: undefined }
    expect(plain([{ type: 'failure', failure }])).toMatchObject({
      error: { code: 'upstream_failed', type: 'server_error' },
    })
  })

  test('our refusals in the dialect', () => {
    const error = new AppError('quota_exceeded', { field: 'f' })
    expect(JSON.parse(openAiResponsesClient.renderError(error, 'r').toString('utf8'))).toMatchObject({
      error: { type: 'insufficient_quota', code: 'quota_exceeded', param: 'f' },
    })
    const [said, failed] = parse(openAiResponsesClient.renderStreamError(error, 'r').toString('utf8'))
    expect(said).toMatchObject({ type: 'error', code: 'insufficient_quota' })
    expect(failed).toMatchObject({ response: { status: 'failed', error: { code: 'insufficient_quota' }, output: [] } })
  })

  test('a number of tokens', () => {
    const counting = openAiResponsesClient.tokenCounting
    const rendered = counting?.renderAnswer(7) ?? Buffer.alloc(0)
    expect(counting?.readAnswer(rendered)).toBe(7)
    expect(counting?.readAnswer(Buffer.from('{}'))).toBeUndefined()
    expect(counting?.inspectRequest({ model: 'm' }, {})).toEqual({ model: 'm' })
  })
})
