// Native pass-through of the Responses wire: the client gets the bytes that it would have got without the gateway, whatever the
// chunks, and the gateway gets the usage.
import { AppError } from '@aicarpool/contract'
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
import { openAiResponsesAccount } from './index.ts'
import { reasoningMark } from './reasoning-mark.ts'

const facts = { model: 'm', stream: true, maxOutputTokens: undefined, choices: 1 }
const asked = Buffer.from('{"model":"m","input":"hi","store":true,"previous_response_id":"resp_1"}')
const adapt = (body: string, changes: RequestChanges = {}) =>
  openAiResponsesAccount.adaptRequest(Buffer.from(body), facts, changes, {}).body.toString('utf8')
const createTransform = () => openAiResponsesAccount.adaptRequest(asked, facts, {}, {}).createTransform()
const read = (name: string) => readFixture('openai-responses', `${name}.sse`)
const names = ['text', 'tools', 'interleaved', 'web-search', 'quota-inside', 'cut-at-maximum', 'refusal']

describe('the request', () => {
  test('goes on as the very same bytes', () => {
    expect(openAiResponsesAccount.adaptRequest(asked, facts, {}, {}).body).toBe(asked)
  })

  test('a model and a maximum are spliced', () => {
    expect(adapt('{ "model" : "a", "max_output_tokens":9, "x":[ ] }', { model: 'b', maxOutputTokens: 50 })).toBe(
      '{ "model" : "b", "max_output_tokens":50, "x":[ ] }',
    )
    // The vendor takes no less than 16.
    expect(adapt('{"model":"a"}', { maxOutputTokens: 5 })).toBe('{"model":"a","max_output_tokens":16}')
  })

  test('the thoughts of translated answers are taken out, and every other byte stays', () => {
    const ours = `{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"${reasoningMark}"}`
    const theirs = '{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"gAAAA"}'
    const said = `{ "role":"user","content":"a ] , ${reasoningMark}" }`
    expect(adapt(`{"input":[${ours}, ${said} ,${theirs},${ours}], "x":1.0}`)).toBe(
      `{"input":[${said} ,${theirs}], "x":1.0}`,
    )
    expect(adapt(`{"input":[${said}]}`)).toBe(`{"input":[${said}]}`)
    expect(adapt(`{"input":"${reasoningMark}"}`)).toBe(`{"input":"${reasoningMark}"}`)
  })

  test('what is left after taking out means the same as a filtered document', () => {
    const item = fc.oneof(
      fc.constant({ type: 'reasoning', encrypted_content: reasoningMark }),
      fc.dictionary(fc.string(), fc.jsonValue()),
    )
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), fc.constantFrom(undefined, 1), (input, space) => {
        const adapted = JSON.parse(adapt(JSON.stringify({ input }, null, space))) as { input: unknown[] }
        const kept = input.filter(
          (entry) => !('encrypted_content' in entry && entry['encrypted_content'] === reasoningMark),
        )
        expect(adapted.input).toEqual(JSON.parse(JSON.stringify(kept)))
      }),
    )
  })
})

describe('the answer', () => {
  test.each(names)('%s passes unchanged in every split', (name) => {
    const bytes = read(name)
    const whole = runTransform(createTransform(), [bytes])
    expect(whole.text).toBe(bytes.toString('utf8'))
    for (const size of [1, 13]) expect(runTransform(createTransform(), splitEvery(bytes, size))).toEqual(whole)
    fc.assert(
      fc.property(cutsArbitrary, (cuts) => {
        expect(runTransform(createTransform(), splitAt(bytes, cuts))).toEqual(whole)
      }),
      { numRuns: 30 },
    )
  })

  test('usage, tier and the amount of text are noted', () => {
    const text = 'Hello, 世界 — it is "quoted"\n\nand 🚗.'
    expect(runTransform(createTransform(), [read('text')])).toMatchObject({
      committed: true,
      finished: true,
      usageFinal: true,
      usage: {
        inputTokens: 76,
        cacheReadTokens: 1024,
        cacheWrite30mTokens: 60,
        cacheWrite12hTokens: 40,
        serviceTier: 'default',
      },
      outputBytes: Buffer.byteLength(text),
    })
    expect(runTransform(createTransform(), [read('web-search')]).usage?.webSearches).toBe(1)
    expect(runTransform(createTransform(), [read('cut-at-maximum')])).toMatchObject({
      finished: true,
      usageFinal: true,
    })
  })

  test('nothing is committed before the first content, and an error there leaves failover free', () => {
    const bytes = read('text')
    const before = bytes.subarray(0, bytes.indexOf('event: response.output_text.delta'))
    expect(runTransform(createTransform(), [before])).toMatchObject({ committed: false, finished: false })
    const reasoning = read('tools')
    const opened = reasoning.subarray(0, reasoning.indexOf('event: response.reasoning_summary_text.delta'))
    expect(runTransform(createTransform(), [opened]).committed).toBe(false)
    expect(runTransform(createTransform(), [read('quota-inside')])).toMatchObject({
      committed: false,
      finished: false,
      failure: { kind: 'quota-exhausted', code: 'insufficient_quota' },
    })
  })

  test('ids of a complete answer and its items are noted', () => {
    const storedIds = (bytes: Buffer) => {
      const transform = createTransform()
      transform.push(bytes)
      return transform.storedIds
    }
    const bytes = read('text')
    expect(storedIds(bytes)).toEqual(['resp_0a1b2c3d', expect.stringMatching(/^msg_/)])
    expect(storedIds(bytes.subarray(0, -400))).toEqual([])
    const whole = Buffer.from('{"id":"resp_1","output":[{"id":"rs_1"},{"type":"message"},{"id":"msg_1"}]}')
    expect(openAiResponsesAccount.readStoredIds?.(whole)).toEqual(['resp_1', 'rs_1', 'msg_1'])
  })

  test('a cut answer ends with an error that goes on counting and names the response', () => {
    const bytes = read('text')
    const transform = createTransform()
    transform.push(bytes.subarray(0, bytes.indexOf('event: response.output_text.done')))
    const text = transform.closeWithError?.(new AppError('upstream_cut')).toString('utf8') ?? ''
    expect(text).toContain('"type":"error","sequence_number":8')
    expect(text).toContain('"sequence_number":9,"response":{"id":"resp_0a1b2c3d"')
  })

  test('whatever is sent, nothing is thrown', () => {
    for (const name of names) {
      fc.assert(
        fc.property(mutatedArbitrary(read(name)), (bytes) => {
          expect(runTransform(createTransform(), splitEvery(bytes, 100)).outputBytes).toBeGreaterThanOrEqual(0)
        }),
        { numRuns: 60 },
      )
    }
  })

  test('a complete answer is read as far as metering needs it', () => {
    const output = [
      { type: 'web_search_call', action: { type: 'search' } },
      { content: [{ type: 'output_text', text: 'abc' }] },
    ]
    const usage = { input_tokens: 5, output_tokens: 2 }
    const readAnswer = (json: object) => openAiResponsesAccount.readAnswer(Buffer.from(JSON.stringify(json)))
    expect(readAnswer({ output, usage, error: null, service_tier: 'flex' })).toMatchObject({
      usage: { inputTokens: 5, outputTokens: 2, webSearches: 1, serviceTier: 'flex' },
      rawUsage: usage,
      failure: undefined,
    })
    expect(readAnswer({ output, usage, tool_usage: { web_search: { num_requests: 3 } } })?.usage?.webSearches).toBe(3)
    expect(readAnswer({ output })).toMatchObject({ usage: undefined, outputBytes: 3 })
    expect(readAnswer({ status: 'failed', error: { code: 'server_error', message: 'x' } })?.failure?.kind).toBe(
      'server-error',
    )
    expect(openAiResponsesAccount.readAnswer(Buffer.from('<html>'))).toBeUndefined()
    const billed = { ...usage, x_details: [{ prompt_tokens_details: { cache_creation_input_tokens: 4 } }] }
    expect(readAnswer({ usage: billed })?.usage).toMatchObject({ inputTokens: 1, cacheWrite5mTokens: 4 })
  })
})
