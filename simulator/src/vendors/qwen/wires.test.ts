// DashScope's wires beyond plain text: thinking, tools, caches, embeddings, Responses and Messages, and what its models
// refuse.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import type { Parsed } from '../../test-client.ts'
import { eventData, send, testAccounts } from '../../test-client.ts'

const RESPONSES = '/api/v2/apps/protocols/compatible-mode/v1/responses'
const MESSAGES = '/apps/anthropic/v1/messages'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ seed: 1, speed: 0, accounts: testAccounts() })
})
afterEach(() => simulator.stop())

function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const credential = { authorization: 'Bearer key-qwen' }
  return send({ url: `${simulator.url}/qwen${path}`, headers: { ...credential, ...headers }, body })
}

const chat = (fields: object) => post('/compatible-mode/v1/chat/completions', { model: 'qwen-plus', ...fields })
const whole = async (fields: object): Promise<Parsed> => JSON.parse((await chat(fields)).text)

async function streamed(fields: object): Promise<Parsed[]> {
  const options = { stream: true, stream_options: { include_usage: true } }
  return eventData((await chat({ ...options, ...fields })).text)
}

const says = (content: unknown) => [{ role: 'user', content }]
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const tools = [{ type: 'function', function: { name: 'weather', parameters } }]

test('thoughts are told in reasoning_content, counted, within their budget, and beside the output cap', async () => {
  const messages = says('[[think:40]] [[tokens:8]]')
  const thinking = { messages, enable_thinking: true }
  const { choices, usage } = await whole({ ...thinking, max_tokens: 8 })
  expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { reasoning_content: expect.any(String) } })
  expect(usage).toMatchObject({ completion_tokens: 48, completion_tokens_details: { reasoning_tokens: 40 } })
  expect(simulator.ledger()[0]!.usage).toMatchObject({ output: 48, reasoning: 40 })
  const events = (await streamed(thinking)).slice(0, -2)
  const pieces = (field: string) => events.map((event) => event.choices[0].delta[field] ?? '').join('')
  expect(pieces('reasoning_content')).toBe(choices[0].message.reasoning_content)
  expect(pieces('content')).toBe(choices[0].message.content)
  expect(simulator.ledger()[1]!.usage).toMatchObject({ output: 48, reasoning: 40 })
  expect((await whole({ ...thinking, thinking_budget: 5 })).usage.completion_tokens_details.reasoning_tokens).toBe(5)
})

test('who thinks: told to, by itself, always, or never', async () => {
  const thinks = async (fields: object) => {
    const { choices } = await whole({ messages: says('hello'), ...fields })
    return choices[0].message.reasoning_content !== undefined
  }
  expect(await thinks({})).toBe(false)
  expect(await thinks({ model: 'qwen3.7-plus' })).toBe(true)
  expect(await thinks({ model: 'qwen3.7-plus', enable_thinking: false })).toBe(false)
  expect(await thinks({ model: 'qwen3-coder-plus', enable_thinking: true })).toBe(false)
})

test('a call of a tool streams with its id once and empty ids after, and its result is quoted', async () => {
  const messages = says('[[tool:weather]]')
  const { choices } = await whole({ messages, tools })
  const [call] = choices[0].message.tool_calls
  expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: '' } })
  expect(call).toMatchObject({ index: 0, type: 'function', function: { name: 'weather' } })
  const events = (await streamed({ messages, tools })).slice(0, -2)
  const deltas = events.flatMap((event) => event.choices[0].delta.tool_calls ?? [])
  expect(deltas[0]).toMatchObject({ id: call.id, function: { name: 'weather', arguments: '' } })
  expect(deltas.slice(1).every((delta) => delta.id === '' && delta.function.name === undefined)).toBe(true)
  expect(deltas.map((delta) => delta.function.arguments).join('')).toBe(call.function.arguments)
  expect(events[0].choices[0].delta.role).toBe('assistant')
  const result = { role: 'tool', tool_call_id: call.id, content: 'mild' }
  const answer = await whole({ messages: [...messages, choices[0].message, result], tools })
  expect(answer.choices[0].message.content).toContain('mild')
})

test('an explicit cache tells its type and its writes, an implicit one only what it read', async () => {
  const details = async (messages: object[]) => (await whole({ messages })).usage.prompt_tokens_details
  const text = ' word'.repeat(1100)
  const marked = says([{ type: 'text', text, cache_control: { type: 'ephemeral' } }])
  const written = (await details(marked)).cache_creation_input_tokens
  expect(written).toBeGreaterThanOrEqual(1100)
  expect(await details(marked)).toEqual({
    cached_tokens: written,
    cache_creation_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0 },
    cache_type: 'ephemeral',
  })
  const plain = says(' other'.repeat(1100))
  expect(await details(plain)).toEqual({ cached_tokens: 0 })
  expect(await details(plain)).toEqual({ cached_tokens: 1024 })
  expect(simulator.ledger().map(({ usage }) => [usage.cacheRead, usage.cacheWrite5m])).toEqual([
    [0, written],
    [written, 0],
    [0, 0],
    [1024, 0],
  ])
})

const badCall = { id: 'c', type: 'function', function: { name: 'weather', arguments: '{"city":' } }

test.each([
  ['content that inspection stops', { messages: says('[[refuse]]') }, 'data_inspection_failed'],
  [
    'arguments that are no JSON',
    {
      messages: [
        { role: 'assistant', tool_calls: [badCall] },
        { role: 'tool', tool_call_id: 'c', content: '' },
      ],
    },
    'invalid_parameter_error',
  ],
  [
    'a forced tool while it thinks',
    { tools, tool_choice: 'required', enable_thinking: true },
    'invalid_parameter_error',
  ],
  [
    'JSON mode while it thinks',
    { messages: says('json'), response_format: { type: 'json_object' }, enable_thinking: true },
    'invalid_parameter_error',
  ],
  ['an open model that thinks without a stream', { model: 'qwen3-235b-a22b' }, 'invalid_parameter_error'],
  ['five choices', { n: 5 }, 'invalid_parameter_error'],
  ['several choices beside tools', { n: 2, tools }, 'invalid_parameter_error'],
  [
    'a result without its call',
    { messages: [{ role: 'tool', tool_call_id: 'c', content: '' }] },
    'invalid_parameter_error',
  ],
])('%s is refused as DashScope does', async (_name, fields, code) => {
  const answer = await chat({ messages: says('hi'), ...fields })
  expect(JSON.parse(answer.text)).toMatchObject({ error: { code, param: null }, request_id: expect.any(String) })
  expect(answer.status).toBe(400)
})

test('Messages: a model that does not think takes the wish for it', async () => {
  const messages = says('[[think:40]] [[tokens:8]]')
  const thinking = { type: 'enabled', budget_tokens: 2000 }
  const ask = async (model: string) =>
    JSON.parse((await post(MESSAGES, { model, max_tokens: 4000, messages, thinking })).text).content as Parsed[]
  expect((await ask('qwen3.7-plus')).map(({ type }) => type)).toEqual(['thinking', 'text'])
  expect((await ask('qwen3-coder-plus')).map(({ type }) => type)).toEqual(['text'])
})

test('embeddings: few rows, widths from a list, 1,024 without asking', async () => {
  const embed = (fields: object) => post('/compatible-mode/v1/embeddings', { model: 'text-embedding-v4', ...fields })
  const { data, usage } = JSON.parse((await embed({ input: ['一', '二三'] })).text)
  expect(data.map((entry: Parsed) => entry.embedding.length)).toEqual([1024, 1024])
  expect(usage).toEqual({ prompt_tokens: 3, total_tokens: 3 })
  expect(JSON.parse((await embed({ input: 'x', dimensions: 64 })).text).data[0].embedding).toHaveLength(64)
  expect((await embed({ input: 'x', dimensions: 65 })).status).toBe(400)
  expect((await embed({ input: Array.from({ length: 11 }, () => 'x') })).status).toBe(400)
  expect((await embed({ input: 'x', model: 'qwen-plus' })).status).toBe(404)
  expect(simulator.ledger()[0]).toMatchObject({ endpoint: 'embeddings', usage: { input: 3, output: 0 } })
})

test('Responses on both paths: plain ids, a billing detail, thoughts as a summary, errors of its own', async () => {
  const fields = { model: 'qwen3.7-plus', input: '[[think:7]] [[tokens:5]]' }
  const response = JSON.parse((await post(RESPONSES, fields)).text)
  expect(response).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f]{8}-/),
    status: 'completed',
    output: [{ type: 'reasoning', summary: [{ type: 'summary_text' }] }, { type: 'message' }],
    usage: {
      output_tokens: 12,
      output_tokens_details: { reasoning_tokens: 7 },
      x_details: [{ output_tokens: 12, x_billing_type: 'response_api' }],
    },
  })
  const quiet = { ...fields, reasoning: { effort: 'none' }, previous_response_id: response.id, stream: true }
  const events = eventData((await post('/compatible-mode/v1/responses', quiet)).text)
  expect(events.at(-1)).toMatchObject({
    type: 'response.completed',
    response: { usage: { output_tokens_details: { reasoning_tokens: 0 } } },
  })
  const unknown = await post(RESPONSES, { ...fields, model: 'qwen-0' })
  expect(JSON.parse(unknown.text)).toMatchObject({ error: { code: 'model_not_found' }, request_id: expect.any(String) })
})

test('the session cache of Responses bills what it writes', async () => {
  const fields = { model: 'qwen-plus', input: ' word'.repeat(1100) }
  const headers = { 'x-dashscope-session-cache': 'enable' }
  for (let turn = 0; turn < 2; turn += 1) await post(RESPONSES, fields, headers)
  expect(simulator.ledger().map(({ usage }) => [usage.cacheWrite5m, usage.cacheRead])).toEqual([
    [1024, 0],
    [0, 1024],
  ])
})

test('Messages: Anthropic’s wire and errors, input tokens right only at the end of a stream', async () => {
  const fields = { model: 'qwen3-coder-plus', max_tokens: 100, messages: says('[[echo:hello there]]') }
  const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': 'key-qwen', authorization: '' }
  const answer = JSON.parse((await post(MESSAGES, fields, headers)).text)
  expect(answer).toMatchObject({ type: 'message', content: [{ type: 'text', text: 'hello there' }] })
  const [entry] = simulator.ledger()
  expect(entry).toMatchObject({ endpoint: 'messages', responseId: answer.id })
  expect(answer.usage).toMatchObject({ input_tokens: entry!.usage.input, output_tokens: entry!.usage.output })
  const events = eventData((await post(MESSAGES, { ...fields, stream: true }, headers)).text)
  expect(events[0].message.usage.input_tokens).toBe(0)
  const delta = events.find((event) => event.type === 'message_delta')
  expect(delta.usage).toMatchObject({ input_tokens: entry!.usage.input, output_tokens: entry!.usage.output })
  const hour = { type: 'ephemeral', ttl: '1h' }
  const marked = says([{ type: 'text', text: 'word '.repeat(3000), cache_control: hour }])
  const cached = JSON.parse((await post(MESSAGES, { ...fields, messages: marked }, headers)).text)
  expect(cached.usage.cache_creation_input_tokens).toBeGreaterThan(2000)
  expect(simulator.ledger().at(-1)?.usage).toMatchObject({
    cacheWrite5m: cached.usage.cache_creation_input_tokens,
    cacheWrite1h: 0,
  })
  const refused = await post(MESSAGES, { ...fields, model: 'qwen-0' }, headers)
  expect(JSON.parse(refused.text)).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
})
