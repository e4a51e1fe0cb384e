// Chat Completions as the client's side: what is read off a request, what a refusal looks like, how usage is counted.
import { AppError } from '@aicarpool/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noUsage } from '../usage.ts'
import { openAiChatClient } from './index.ts'
import { encodeUsage, readUsage } from './usage.ts'

const messages = [{ role: 'user', content: 'hi' }]

describe('inspectRequest', () => {
  const inspect = (fields: object) => openAiChatClient.inspectRequest({ model: 'm', messages, ...fields }, {})

  test('the facts, with nulls and unknown fields let through', () => {
    expect(inspect({})).toEqual({ model: 'm', stream: false, maxOutputTokens: undefined, choices: 1 })
    expect(inspect({ stream: true, max_tokens: 5, n: 3, tools: [], future: {} })).toEqual({
      model: 'm',
      stream: true,
      maxOutputTokens: 5,
      choices: 3,
    })
    expect(inspect({ max_completion_tokens: 7, max_tokens: 5 }).maxOutputTokens).toBe(7)
    expect(inspect({ stream: null, max_tokens: null, n: null }).maxOutputTokens).toBeUndefined()
  })

  test.each([
    ['model', { model: '' }],
    ['model', { model: 1 }],
    ['messages', { messages: [] }],
    ['messages', { messages: 'hi' }],
    ['stream', { stream: 'true' }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_tokens', { max_tokens: 1e300 }],
    ['max_completion_tokens', { max_completion_tokens: '5' }],
    ['n', { n: 1.5 }],
    ['n', { n: 129 }],
  ])('a wrong %s is refused by name', (field, fields) => {
    expect(() => inspect(fields)).toThrow(expect.objectContaining({ code: 'invalid_request', field }))
  })
})

describe('refusals', () => {
  const render = (error: AppError) => JSON.parse(openAiChatClient.renderError(error, 'r').toString('utf8')) as unknown

  test('the envelope carries the stable code and the field', () => {
    expect(render(new AppError('invalid_request', { detail: 'x.', field: 'n' }))).toEqual({
      error: {
        message: 'The request is not valid. x.',
        type: 'invalid_request_error',
        param: 'n',
        code: 'invalid_request',
      },
    })
    expect(render(new AppError('quota_exceeded'))).toMatchObject({
      error: { type: 'insufficient_quota', code: 'quota_exceeded', param: null },
    })
    expect(render(new AppError('invalid_key'))).toMatchObject({ error: { type: 'authentication_error' } })
    expect(render(new AppError('upstream_failed'))).toMatchObject({ error: { type: 'server_error' } })
  })

  test('inside a stream it is an event of its own and no end marker follows', () => {
    const text = openAiChatClient.renderStreamError(new AppError('upstream_cut'), 'r').toString('utf8')
    expect(text).toMatch(/^data: \{"error":\{.*"code":"upstream_cut"\}\}\n\n$/)
  })
})

describe('readUsage', () => {
  test('parts never exceed what they are part of, and nonsense counts as 0', () => {
    const raw = {
      prompt_tokens: 10,
      completion_tokens: -3,
      prompt_tokens_details: { cached_tokens: 8, cache_write_tokens: 50, audio_tokens: 9 },
      completion_tokens_details: { reasoning_tokens: 4, audio_tokens: '1' },
    }
    expect(readUsage(raw)).toEqual({ ...noUsage, cacheReadTokens: 8, cacheWrite30mTokens: 2 })
    expect(readUsage({ prompt_tokens: 2 ** 60, completion_tokens: 1.5 })).toMatchObject({
      inputTokens: 0,
      outputTokens: 0,
    })
    expect(readUsage({})).toBeUndefined()
    expect(readUsage({ prompt_tokens: '5' })).toBeUndefined()
  })

  test('what was written lives as long as the vendor keeps it', () => {
    const read = (details: object) => readUsage({ prompt_tokens: 100, prompt_tokens_details: details })
    const split = { ttl_30m_tokens: 30, ttl_12h_tokens: 20 }
    expect(read({ cache_write_tokens: 50, cache_write_tokens_details: split })).toMatchObject({
      inputTokens: 50,
      cacheWrite30mTokens: 30,
      cacheWrite12hTokens: 20,
    })
    const explicit = { cache_creation_input_tokens: 40, cache_creation: { ephemeral_5m_input_tokens: 40 } }
    expect(read(explicit)).toMatchObject({ inputTokens: 60, cacheWrite5mTokens: 40, cacheWrite30mTokens: 0 })
  })

  test('other names of what was read from the cache; audio and images are parts of the input', () => {
    expect(readUsage({ prompt_tokens: 9, prompt_cache_hit_tokens: 4 })).toMatchObject({ cacheReadTokens: 4 })
    expect(readUsage({ prompt_tokens: 9, cached_tokens: 4 })).toMatchObject({ cacheReadTokens: 4, inputTokens: 5 })
    const details = { audio_tokens: 6, image_tokens: 6 }
    expect(readUsage({ prompt_tokens: 9, prompt_tokens_details: details })).toMatchObject({
      audioInputTokens: 6,
      imageInputTokens: 3,
    })
  })

  test('what is written is read again', () => {
    const count = fc.integer({ min: 0, max: 1_000_000 })
    const counts = fc.record({
      inputTokens: count,
      cacheReadTokens: count,
      cacheWrite30mTokens: count,
      outputTokens: count,
    })
    fc.assert(
      fc.property(counts, (figures) => {
        const usage = { ...noUsage, ...figures, reasoningTokens: Math.floor(figures.outputTokens / 2) }
        expect(readUsage(encodeUsage(usage) as Record<string, unknown>)).toEqual(usage)
      }),
    )
  })
})

describe('the list of models', () => {
  test('is the wire’s own', () => {
    const model = { name: 'm', contextTokens: 10, outputTokensMax: undefined, protocols: [] }
    const list = JSON.parse(openAiChatClient.modelList?.render([model]).toString('utf8') ?? '') as unknown
    expect(list).toMatchObject({ object: 'list', data: [{ id: 'm', object: 'model', owned_by: 'aicarpool' }] })
  })
})
