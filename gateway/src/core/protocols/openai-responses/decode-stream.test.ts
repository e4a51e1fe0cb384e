// The account's side of the Responses wire: its streams and documents as canonical events, whatever the chunks.
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
  translationOf,
} from '../__fixtures__/feed.ts'
import type { ChatEvent } from '../chat.ts'
import { noUsage } from '../usage.ts'
import { openAiResponsesAccount } from './index.ts'

const { createStreamDecoder, decodeResponse } = translationOf(openAiResponsesAccount)
const names = ['text', 'tools', 'interleaved', 'web-search', 'quota-inside', 'cut-at-maximum', 'refusal']
const read = (name: string) => readFixture('openai-responses', `${name}.sse`)
const decode = (bytes: Buffer | string) => runDecoder(createStreamDecoder(), [Buffer.from(bytes)])
const event = (type: string, members: object) => `data: ${JSON.stringify({ type, ...members })}\n\n`

/** The response that a stream ends with. */
function documentOf(name: string): Buffer {
  const last = /data: (\{"type":"response\.(?:completed|incomplete|failed)".*)/.exec(read(name).toString('utf8'))
  return Buffer.from(JSON.stringify((JSON.parse(last?.[1] ?? '{}') as { response: object }).response))
}

/** Pieces of one call or text joined: a document has them whole. */
function joined(events: readonly ChatEvent[]): ChatEvent[] {
  const out: ChatEvent[] = []
  for (const next of events) {
    const last = out.at(-1)
    if (next.type === 'text-delta' && last?.type === next.type)
      out[out.length - 1] = { ...next, text: last.text + next.text }
    else if (next.type === 'reasoning-delta' && last?.type === next.type) {
      out[out.length - 1] = { ...next, text: last.text + next.text }
    } else if (next.type === 'tool-call-delta' && last?.type === next.type) {
      out[out.length - 1] = { ...next, argumentsJson: last.argumentsJson + next.argumentsJson }
    } else out.push(next)
  }
  return out
}

describe('streams are decoded', () => {
  test('text, and every class of usage', () => {
    const events = decode(read('text'))
    expect(events[0]).toEqual({ type: 'message-start', id: 'resp_0a1b2c3d', model: 'gpt-5.6-sol' })
    expect(textOf(events)).toBe('Hello, 世界 — it is "quoted"\n\nand 🚗.')
    expect(events.at(-2)).toMatchObject({
      type: 'usage',
      isFinal: true,
      usage: {
        ...noUsage,
        inputTokens: 76,
        cacheReadTokens: 1024,
        cacheWrite30mTokens: 60,
        cacheWrite12hTokens: 40,
        outputTokens: 42,
        reasoningTokens: 16,
        serviceTier: 'default',
      },
    })
    expect(events.at(-1)).toEqual({ type: 'message-end', reason: 'stop' })
  })

  test('reasoning in paragraphs, text and calls in their order', () => {
    expect(joined(decode(read('tools'))).slice(1, -2)).toEqual([
      { type: 'reasoning-delta', text: '**Looking up**\n\nTwo cities.' },
      { type: 'text-delta', text: 'I look it up.' },
      { type: 'tool-call-start', id: 'call_a', name: 'weather' },
      { type: 'tool-call-delta', argumentsJson: '{"city":"Rome"}' },
      { type: 'tool-call-end' },
      { type: 'tool-call-start', id: 'call_b', name: 'weather' },
      { type: 'tool-call-delta', argumentsJson: '{"city":"Oslo"}' },
      { type: 'tool-call-end' },
      { type: 'tool-call-start', id: 'call_c', name: 'now' },
      { type: 'tool-call-delta', argumentsJson: '{}' },
      { type: 'tool-call-end' },
    ])
    expect(decode(read('tools')).at(-1)).toEqual({ type: 'message-end', reason: 'tool-calls' })
  })

  test('items that are written at once come one after the other', () => {
    expect(joined(decode(read('interleaved'))).slice(1, -2)).toEqual([
      { type: 'tool-call-start', id: 'call_a', name: 'weather' },
      { type: 'tool-call-delta', argumentsJson: '{"city":"Rome"}' },
      { type: 'tool-call-end' },
      { type: 'tool-call-start', id: 'call_b', name: 'weather' },
      { type: 'tool-call-delta', argumentsJson: '{"city":"Oslo"}' },
      { type: 'tool-call-end' },
      { type: 'text-delta', text: 'Wait.' },
    ])
  })

  test.each([
    ['cut-at-maximum', 'length'],
    ['refusal', 'refusal'],
    ['web-search', 'stop'],
  ])('%s ends with %s', (name, reason) => {
    expect(decode(read(name)).at(-1)).toEqual({ type: 'message-end', reason })
  })

  test('only searches are counted, not the pages that were opened', () => {
    expect(decode(read('web-search')).at(-2)).toMatchObject({ usage: { webSearches: 1 } })
  })

  test('an error inside, nested, flat or in the failed response', () => {
    const failure = { kind: 'quota-exhausted', code: 'insufficient_quota' }
    expect(decode(read('quota-inside')).at(-1)).toMatchObject({ type: 'failure', failure })
    const flat = event('error', { code: 'rate_limit_exceeded', message: 'slow', param: null, sequence_number: 1 })
    expect(decode(flat)).toMatchObject([{ type: 'failure', failure: { kind: 'rate-limited', message: 'slow' } }])
    const failed = event('response.failed', { response: { error: { code: 'server_error', message: 'x' } } })
    expect(decode(failed)).toMatchObject([{ type: 'failure', failure: { kind: 'server-error', code: 'server_error' } }])
  })

  test('servers that give only whole parts, whole items or the whole response are heard', () => {
    const item = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hi' }] }
    const end = event('response.completed', { response: { id: 'r', model: 'm', status: 'completed', output: [item] } })
    expect(
      textOf(decode(event('response.output_text.done', { output_index: 0, content_index: 0, text: 'hi' }) + end)),
    ).toBe('hi')
    expect(textOf(decode(event('response.output_item.done', { output_index: 0, item }) + end))).toBe('hi')
    expect(textOf(decode(end))).toBe('hi')
  })

  test('a stream without its end is cut: there is no end in its events', () => {
    const cut = read('text').subarray(0, -600)
    expect(decode(cut).some(({ type }) => type === 'message-end')).toBe(false)
  })

  test('any split of the bytes gives the same events', () => {
    for (const name of names) {
      const bytes = read(name)
      const whole = joined(decode(bytes))
      for (const size of [1, 7])
        expect(joined(runDecoder(createStreamDecoder(), splitEvery(bytes, size)))).toEqual(whole)
      fc.assert(
        fc.property(cutsArbitrary, (cuts) => {
          expect(runDecoder(createStreamDecoder(), splitAt(bytes, cuts))).toEqual(decode(bytes))
        }),
        { numRuns: 40 },
      )
    }
  })

  test('whatever is sent, calls never overlap and nothing follows the end', () => {
    for (const name of names) {
      fc.assert(
        fc.property(mutatedArbitrary(read(name)), (bytes) => {
          let isOpen = false
          for (const [index, next] of decode(bytes).entries()) {
            if (next.type === 'message-end' || next.type === 'failure') expect(index).toBe(decode(bytes).length - 1)
            if (next.type === 'tool-call-delta' || next.type === 'tool-call-end') expect(isOpen).toBe(true)
            else if (next.type !== 'usage' && next.type !== 'failure') expect(isOpen).toBe(false)
            if (next.type === 'tool-call-start') isOpen = true
            if (next.type === 'tool-call-end') isOpen = false
          }
        }),
        { numRuns: 150 },
      )
    }
  })
})

describe('documents are decoded', () => {
  test.each(['text', 'tools', 'web-search', 'cut-at-maximum', 'refusal'])('%s gives what its stream gives', (name) => {
    expect(joined(decodeResponse(documentOf(name)))).toEqual(joined(decode(read(name))))
  })

  test('what is no answer is a failure', () => {
    expect(decodeResponse(Buffer.from('<html>'))).toMatchObject([{ type: 'failure', failure: { code: 'not_json' } }])
    expect(decodeResponse(Buffer.from('{}'))).toMatchObject([{ type: 'failure', failure: { code: 'no_answer' } }])
    expect(decodeResponse(documentOf('quota-inside'))).toMatchObject([
      { type: 'failure', failure: { kind: 'quota-exhausted' } },
    ])
  })

  test('never throws on anything', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(Array.isArray(decodeResponse(Buffer.from(json)))).toBe(true)
        expect(Array.isArray(decode(`data: {"type":"response.completed","response":${json}}\n\n`))).toBe(true)
        expect(Array.isArray(decode(`data: {"type":"response.output_item.done","item":${json}}\n\n`))).toBe(true)
      }),
    )
    fc.assert(
      fc.property(mutatedArbitrary(documentOf('tools')), (bytes) => {
        expect(decodeResponse(bytes).length).toBeGreaterThan(0)
      }),
    )
  })
})
