// Chat Completions as the client's side: what is read off a request, what a refusal looks like, how usage is counted.
import { AppError } from '@aicarpool/contract'
import { describe, expect, test } from 'vitest'
import { openAiChatClient } from './index.ts'
import { readUsage } from './usage.ts'

const messages = [{ role: 'user', content: 'hi' }]

describe('inspectRequest', () => {
  const inspect = (fields: object) => openAiChatClient.inspectRequest({ model: 'm', messages, ...fields })

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
    expect(readUsage(raw)).toEqual({
      inputTokens: 0,
      cacheReadTokens: 8,
      cacheWrite5mTokens: 2,
      cacheWrite1hTokens: 0,
      outputTokens: 0,
      reasoningTokens: 0,
      audioInputTokens: 0,
      audioOutputTokens: 0,
    })
    expect(readUsage({ prompt_tokens: 2 ** 60, completion_tokens: 1.5 })).toMatchObject({
      inputTokens: 0,
      outputTokens: 0,
    })
    expect(readUsage({})).toBeUndefined()
    expect(readUsage({ prompt_tokens: '5' })).toBeUndefined()
  })
})
