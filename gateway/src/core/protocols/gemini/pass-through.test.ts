// Native pass-through of generateContent: the bytes that came, but for a lowered maximum; streams as events and as one array.
import { AppError } from '@aicarpool/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutsArbitrary, mutatedArbitrary, readFixture, runTransform, splitAt } from '../__fixtures__/feed.ts'
import type { Closing, RequestFacts, RequestTarget } from '../protocol.ts'
import { ArrayStream } from './array-stream.ts'
import { createListener } from './listen.ts'
import { geminiAccount } from './index.ts'

const closing = {} as Closing
const factsOf = (choices = 1): RequestFacts => ({ model: 'm', stream: true, maxOutputTokens: undefined, choices })
const array: RequestTarget = { model: 'm', stream: true, isArrayStream: true }
const streams = ['text', 'blocked', 'calls'].map((name) => readFixture('gemini', `${name}.sse`))

describe('requests', () => {
  const adapt = (json: string, changes: object) => {
    return geminiAccount.adaptRequest(Buffer.from(json), factsOf(), changes, {}).body.toString('utf8')
  }

  test('are the very buffer where nothing changes', () => {
    const body = Buffer.from('{"contents":[]}')
    expect(geminiAccount.adaptRequest(body, factsOf(), {}, {}).body).toBe(body)
    expect(geminiAccount.adaptRequest(body, factsOf(), { model: 'other' }, {}).body).toBe(body)
  })

  test.each([
    ['{ "contents": [] }', '{ "contents": [],"generationConfig":{"maxOutputTokens":9} }'],
    ['{"generationConfig":{ "topK": 1 }}', '{"generationConfig":{ "topK": 1,"maxOutputTokens":9 }}'],
    ['{"generationConfig":{"maxOutputTokens" : 50, "a":1}}', '{"generationConfig":{"maxOutputTokens" : 9, "a":1}}'],
    ['{"generation_config":{"max_output_tokens":"50"}}', '{"generation_config":{"max_output_tokens":9}}'],
    ['{"generationConfig":{"maxOutputTokens":5}}', '{"generationConfig":{"maxOutputTokens":5}}'],
    ['{"generationConfig":null}', '{"generationConfig":{"maxOutputTokens":9}}'],
    ['{"generationConfig":{"maxOutputTokens":null}}', '{"generationConfig":{"maxOutputTokens":9}}'],
    [
      '{"generation_config":{"max_output_tokens":50},"generationConfig":{"maxOutputTokens":60}}',
      '{"generation_config":{"max_output_tokens":9},"generationConfig":{"maxOutputTokens":9}}',
    ],
  ])('a lower maximum in %s', (body, expected) => {
    expect(adapt(body, { maxOutputTokens: 9 })).toBe(expected)
  })

  test('a model that is repeated in the body follows its alias', () => {
    expect(adapt('{"model":"models/alias","a":1}', { model: 'real' })).toBe('{"model":"models/real","a":1}')
  })
})

describe('streams as one array', () => {
  const transformOf = () => geminiAccount.adaptRequest(Buffer.alloc(0), factsOf(), {}, array).createTransform()
  const native = (bytes: Buffer[]) =>
    runTransform(geminiAccount.adaptRequest(Buffer.alloc(0), factsOf(), {}, {}).createTransform(), bytes)

  test('hold what the events held, and are metered alike', () => {
    for (const stream of streams) {
      const transform = transformOf()
      const { text, ...notes } = runTransform(transform, [stream])
      const events = stream
        .toString('utf8')
        .split('\n')
        .filter((line) => line.startsWith('data: '))
      expect(JSON.parse(`${text}${transform.close(closing)?.toString('utf8')}`)).toEqual(
        events.map((line) => JSON.parse(line.slice('data: '.length)) as object),
      )
      const { text: _, ...expected } = native([stream])
      expect(notes).toEqual(expected)
    }
  })

  test('any split gives the same, of mutated bytes too, and nothing throws', () => {
    const bytes = fc.oneof(fc.constantFrom(...streams), ...streams.map(mutatedArbitrary))
    fc.assert(
      fc.property(bytes, cutsArbitrary, (input, cuts) => {
        expect(runTransform(transformOf(), splitAt(input, cuts))).toEqual(runTransform(transformOf(), [input]))
      }),
      { numRuns: 1000 },
    )
  })

  test('whatever comes, the array is closed', () => {
    fc.assert(
      fc.property(mutatedArbitrary(streams[2] ?? Buffer.alloc(1)), fc.boolean(), (input, isCut) => {
        const transform = transformOf()
        const { text } = runTransform(transform, [input])
        const end = isCut ? transform.closeWithError?.(new AppError('upstream_cut')) : transform.close(closing)
        const whole = `${text}${end?.toString('utf8')}`
        expect(whole).toMatch(/^\[[^]*\]$/)
        // The reader's own scan does not validate what stands inside an element: only its frame is ours.
        if (!isCut) expect(transform.close(closing)).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })

  test('an error inside is passed on and ends it', () => {
    const error = Buffer.from('data: {"error":{"code":503,"status":"UNAVAILABLE","message":"x"}}\r\n\r\n')
    const transform = transformOf()
    const { text, failure } = runTransform(transform, [error])
    expect(failure).toMatchObject({ kind: 'server-error', code: 'UNAVAILABLE' })
    expect(JSON.parse(`${text}${transform.close(closing)?.toString('utf8')}`)).toMatchObject([{ error: { code: 503 } }])
  })

  test('an event that is no object ends it', () => {
    const { failure, text } = runTransform(new ArrayStream(createListener()), [Buffer.from('data: {"a"\r\n\r\n')])
    expect(failure).toMatchObject({ code: 'malformed_event' })
    expect(text).toBe('')
  })
})

test('an answer of several candidates is whole when each has ended', () => {
  const end = (index: number) => Buffer.from(`data: {"candidates":[{"index":${index},"finishReason":"STOP"}]}\n\n`)
  const run = (choices: number, ...chunks: Buffer[]) =>
    runTransform(geminiAccount.adaptRequest(Buffer.alloc(0), factsOf(choices), {}, {}).createTransform(), chunks)
  expect(run(2, end(0), end(1)).finished).toBe(true)
  expect(run(2, end(0), end(0)).finished).toBe(false)
  expect(run(2, Buffer.from('data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n')).finished).toBe(true)
})

test('a signature alone is no content', () => {
  const part = Buffer.from('data: {"candidates":[{"content":{"parts":[{"thoughtSignature":"x"}]}}]}\n\n')
  const run = (chunk: Buffer) =>
    runTransform(geminiAccount.adaptRequest(Buffer.alloc(0), factsOf(), {}, {}).createTransform(), [chunk])
  expect(run(part).committed).toBe(false)
  expect(run(Buffer.from('data: {"candidates":[{"content":{"parts":[{"functionCall":{}}]}}]}\n\n')).committed).toBe(
    true,
  )
})
