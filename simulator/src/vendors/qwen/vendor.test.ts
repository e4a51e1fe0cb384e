// DashScope's compatible mode over a real socket: OpenAI's shape with its own differences, and its own errors.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import { ask, eventData, send, testAccounts } from '../../test-client.ts'

let simulator: Simulator
beforeEach(async () => {
  const limited = { vendor: 'qwen' as const, key: 'limited', organisation: 'limited', requestsPerMinute: 1 }
  simulator = await startSimulator({ seed: 1, speed: 0, accounts: [...testAccounts(), limited] })
})
afterEach(() => simulator.stop())

test('a whole answer has the compatible shape, and its usage is the ledger’s', async () => {
  const answer = await send(ask(simulator.url, 'qwen', { text: '你好 [[tokens:9]]' }))
  const [entry] = simulator.ledger()
  const input = entry!.usage.input
  expect(JSON.parse(answer.text)).toEqual({
    choices: [
      { message: { role: 'assistant', content: expect.any(String) }, finish_reason: 'stop', index: 0, logprobs: null },
    ],
    usage: {
      prompt_tokens: input,
      completion_tokens: 9,
      total_tokens: input + 9,
      prompt_tokens_details: { cached_tokens: 0 },
    },
    object: 'chat.completion',
    created: expect.any(Number),
    system_fingerprint: null,
    model: 'qwen-plus',
    id: entry!.responseId,
  })
})

test('a stream ends with finish, usage and [DONE]', async () => {
  const answer = await send(ask(simulator.url, 'qwen', { text: 'hi [[tokens:9]]', stream: true }))
  const events = eventData(answer.text)
  expect(events[0].choices[0].delta).toEqual({ content: '', role: 'assistant' })
  expect(events.at(-3).choices[0]).toMatchObject({ delta: { content: '' }, finish_reason: 'stop' })
  expect(events.at(-2)).toMatchObject({ choices: [], usage: { completion_tokens: 9 } })
  expect(events.at(-1)).toBe('[DONE]')
  expect(simulator.ledger()[0]!.usage.output).toBe(9)
})

test.each([
  ['a wrong key', { key: 'nobody' }, 401, 'invalid_api_key'],
  ['an unknown model', { model: 'qwen-0' }, 404, 'model_not_found'],
  ['a cap above the model', { outputTokensMax: 99_999 }, 400, 'invalid_parameter_error'],
])('%s is refused as DashScope does', async (_name, changes, status, code) => {
  const answer = await send(ask(simulator.url, 'qwen', { text: 'hi', ...changes }))
  expect(answer.status).toBe(status)
  expect(JSON.parse(answer.text)).toEqual({
    error: { message: expect.any(String), type: 'invalid_request_error', param: null, code },
    request_id: answer.headers['x-request-id'],
  })
})

test('a request without messages and one above the limit', async () => {
  const { url, headers } = ask(simulator.url, 'qwen', { text: '' })
  const bare = await send({ url, headers: headers!, body: { model: 'qwen-plus' } })
  expect(JSON.parse(bare.text).error.code).toBe('invalid_parameter_error')
  await send(ask(simulator.url, 'qwen', { text: 'hi', key: 'limited' }))
  const refused = await send(ask(simulator.url, 'qwen', { text: 'hi', key: 'limited' }))
  expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([429, 'limit_requests'])
})
