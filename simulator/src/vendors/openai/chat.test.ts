// OpenAI's Chat Completions beyond plain text: tools, several choices, reasoning, structured output, images, and what
// its models refuse.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import type { Parsed } from '../../test-client.ts'
import { eventData, send, testAccounts } from '../../test-client.ts'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ seed: 1, speed: 0, accounts: testAccounts() })
})
afterEach(() => simulator.stop())

async function chat(fields: object) {
  const headers = { authorization: 'Bearer key-openai' }
  const answer = await send({ url: `${simulator.url}/openai/v1/chat/completions`, headers, body: fields })
  return { status: answer.status, text: answer.text, body: fields }
}

async function whole(fields: object): Promise<Parsed> {
  return JSON.parse((await chat({ model: 'gpt-4o', ...fields })).text)
}

async function streamed(fields: object): Promise<Parsed[]> {
  return eventData((await chat({ model: 'gpt-4o', stream: true, ...fields })).text)
}

const says = (content: unknown) => [{ role: 'user', content }]
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const tools = [
  { type: 'function', function: { name: 'weather', parameters } },
  { type: 'custom', custom: { name: 'write' } },
]

test('a call of a tool, whole and streamed: name first, then the pieces of the arguments', async () => {
  const messages = says('[[tool:weather]] [[tool:weather {"city":"上海 and around"}]]')
  const { choices, usage } = await whole({ messages, tools })
  expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null, refusal: null } })
  const calls = choices[0].message.tool_calls
  expect(calls.map((call: Parsed) => [call.type, call.function.name])).toEqual([
    ['function', 'weather'],
    ['function', 'weather'],
  ])
  const events = (await streamed({ messages, tools })).slice(0, -1)
  const deltas = events.flatMap((event) => event.choices[0].delta.tool_calls ?? [])
  const begun = deltas.filter((delta) => delta.id !== undefined)
  expect(begun.map(({ index, id }) => [index, id])).toEqual(
    calls.map((call: Parsed, index: number) => [index, call.id]),
  )
  expect(begun.every((delta) => delta.function.arguments === '' && delta.function.name === 'weather')).toBe(true)
  for (const index of [0, 1]) {
    const pieces = deltas.filter((delta) => delta.index === index).map((delta) => delta.function.arguments)
    expect(pieces.length).toBeGreaterThan(3)
    expect(pieces.join('')).toBe(calls[index].function.arguments)
  }
  expect(events.at(-1).choices[0].finish_reason).toBe('tool_calls')
  expect(simulator.ledger().map((entry) => entry.usage.output)).toEqual([
    usage.completion_tokens,
    usage.completion_tokens,
  ])
})

test('a custom tool takes text, and a result comes back quoted', async () => {
  const messages = says('[[tool:write]]')
  const { choices } = await whole({ messages, tools })
  const [call] = choices[0].message.tool_calls
  expect(call).toMatchObject({ type: 'custom', custom: { name: 'write', input: expect.any(String) } })
  const result = { role: 'tool', tool_call_id: call.id, content: [{ type: 'text', text: 'written: 7 lines' }] }
  const answer = await whole({ messages: [...messages, choices[0].message, result], tools })
  expect(answer.choices[0]).toMatchObject({
    finish_reason: 'stop',
    message: { content: expect.stringContaining('written: 7 lines') },
  })
})

test('several choices are independent, numbered, interleaved, and paid for together', async () => {
  const messages = says('hello [[tokens:5]]')
  const { choices, usage } = await whole({ messages, n: 3 })
  expect(choices.map((choice: Parsed) => choice.index)).toEqual([0, 1, 2])
  expect(new Set(choices.map((choice: Parsed) => choice.message.content)).size).toBe(3)
  expect(usage.completion_tokens).toBe(15)
  const events = (await streamed({ messages, n: 3 })).slice(0, -1)
  const order = events.slice(0, 6).map((event) => event.choices[0].index)
  expect(order).toEqual([0, 1, 2, 0, 1, 2])
  for (const choice of choices) {
    const own = events.filter((event) => event.choices[0].index === choice.index)
    expect(own.map((event) => event.choices[0].delta.content ?? '').join('')).toBe(choice.message.content)
  }
})

test('reasoning is hidden, counted and booked, and none is none', async () => {
  const messages = says('[[think:40]] [[tokens:6]]')
  const { choices, usage } = await whole({ model: 'o3', messages })
  expect(usage).toMatchObject({ completion_tokens: 46, completion_tokens_details: { reasoning_tokens: 40 } })
  expect(Object.keys(choices[0].message)).not.toContain('reasoning_content')
  expect(simulator.ledger()[0]!.usage).toMatchObject({ output: 46, reasoning: 40 })
  const options = { stream_options: { include_usage: true } }
  const events = await streamed({ model: 'o3', messages, ...options })
  expect(events.at(-2).usage.completion_tokens_details.reasoning_tokens).toBe(40)
  expect(simulator.ledger()[1]!.usage).toMatchObject({ output: 46, reasoning: 40 })
  const plain = await whole({ model: 'gpt-5.1', messages, reasoning_effort: 'none' })
  expect(plain.usage.completion_tokens_details.reasoning_tokens).toBe(0)
  const starved = await whole({ model: 'o3', messages, max_completion_tokens: 30 })
  expect(starved.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '' } })
})

test('structured output, stop sequences, refusals and tiers', async () => {
  const schema = { ...parameters, additionalProperties: false }
  const format = { type: 'json_schema', json_schema: { name: 'place', strict: true, schema } }
  const structured = await whole({ messages: says('where?'), response_format: format })
  expect(JSON.parse(structured.choices[0].message.content)).toEqual({ city: expect.any(String) })
  const object = await whole({ messages: says('in json'), response_format: { type: 'json_object' } })
  expect(JSON.parse(object.choices[0].message.content)).toBeTypeOf('object')
  const stopped = await whole({ messages: says('[[echo:one STOP two]]'), stop: 'STOP' })
  expect(stopped.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'one ' } })
  const filtered = await whole({ messages: says('[[refuse]]') })
  expect(filtered.choices[0]).toMatchObject({ finish_reason: 'content_filter', message: { refusal: null } })
  const refused = await whole({ messages: says('[[refuse]]'), response_format: format })
  expect(refused.choices[0]).toMatchObject({
    finish_reason: 'stop',
    message: { content: null, refusal: expect.any(String) },
  })
  const events = (await streamed({ messages: says('[[refuse]]'), response_format: format })).slice(0, -1)
  const said = events.map((event) => event.choices[0].delta.refusal ?? '').join('')
  expect(said).toBe(refused.choices[0].message.refusal)
  expect((await whole({ messages: says('x'), service_tier: 'flex' })).service_tier).toBe('flex')
  expect((await whole({ messages: says('x'), service_tier: 'auto' })).service_tier).toBe('default')
})

test('images cost what their detail says, and are booked', async () => {
  const picture = (detail?: string) => ({
    type: 'image_url',
    image_url: { url: 'data:image/png;base64,AAAA', ...(detail === undefined ? {} : { detail }) },
  })
  const text = { type: 'text', text: 'what is this?' }
  const plain = await whole({ messages: says([text]) })
  const both = await whole({ messages: says([text, picture(), picture('low')]) })
  expect(both.usage.prompt_tokens - plain.usage.prompt_tokens).toBe(765 + 85)
  expect(simulator.ledger()[1]!.usage.image).toBe(765 + 85)
})

test('deltas are padded to a block, unless the caller does without', async () => {
  const messages = says('[[echo:one two three]]')
  const events = (await streamed({ messages })).slice(0, -1)
  for (const event of events) {
    expect(((event.choices[0].delta.content ?? '').length + event.obfuscation.length) % 16).toBe(0)
  }
  const { text } = await chat({
    model: 'gpt-4o',
    stream: true,
    messages,
    stream_options: { include_obfuscation: false },
  })
  expect(text).not.toContain('obfuscation')
})

test('since gpt-5.6 what is written to the cache is billed: for 30 minutes, or 12 hours at a breakpoint', async () => {
  const long = says(' word'.repeat(1100))
  const details = async (fields: object) => {
    const { usage } = await whole({ model: 'gpt-5.6-sol', ...fields })
    return usage.prompt_tokens_details
  }
  expect(await details({ messages: long })).toEqual({ cached_tokens: 0, audio_tokens: 0, cache_write_tokens: 1024 })
  expect(await details({ messages: long })).toEqual({ cached_tokens: 1024, audio_tokens: 0, cache_write_tokens: 0 })
  const breakpoint = { mode: 'explicit', ttl: '12h' }
  const marked = says([{ type: 'text', text: ' other'.repeat(1100), prompt_cache_breakpoint: breakpoint }])
  const explicit = { messages: marked, prompt_cache_options: { mode: 'explicit' } }
  const { cache_write_tokens: written } = await details(explicit)
  expect(written).toBeGreaterThanOrEqual(1100)
  const books = simulator.ledger().map(({ usage }) => [usage.cacheRead, usage.cacheWrite30m, usage.cacheWrite12h])
  expect(books).toEqual([
    [0, 1024, 0],
    [1024, 0, 0],
    [0, 0, written],
  ])
})

const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{}' } }
const called = { role: 'assistant', tool_calls: [call] }
const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }
const strictTool = { type: 'function', function: { name: 'f', strict: true, parameters } }
const badFormat = { type: 'json_schema', json_schema: { name: 'x', strict: true, schema: parameters } }

test.each([
  ['max_tokens on a reasoning model', { model: 'o3', max_tokens: 9 }, 'max_tokens', 'unsupported_parameter'],
  ['a temperature on a reasoning model', { model: 'gpt-5', temperature: 0.2 }, 'temperature', 'unsupported_value'],
  ['top_p on a reasoning model', { model: 'gpt-5', top_p: 0.2 }, 'top_p', 'unsupported_parameter'],
  ['stop on a reasoning model', { model: 'o4-mini', stop: 'x' }, 'stop', 'unsupported_parameter'],
  ['an effort it does not know', { model: 'o3', reasoning_effort: 'none' }, 'reasoning_effort', 'unsupported_value'],
  ['an effort where there is no reasoning', { reasoning_effort: 'low' }, null, null],
  ['tools beside reasoning', { model: 'gpt-6-sol', tools }, 'reasoning_effort', null],
  ['both maxima', { max_tokens: 1, max_completion_tokens: 1 }, 'max_tokens', 'invalid_parameter_combination'],
  ['too many choices', { n: 129 }, 'n', 'integer_above_max_value'],
  ['a temperature beyond two', { temperature: 2.5 }, 'temperature', 'decimal_above_max_value'],
  ['too many stops', { stop: ['1', '2', '3', '4', '5'] }, 'stop', 'array_above_max_length'],
  ['a choice of tools without tools', { tool_choice: 'required' }, 'tool_choice', null],
  [
    'a choice of an unknown tool',
    { tools, tool_choice: { type: 'function', function: { name: 'x' } } },
    'tool_choice',
    null,
  ],
  [
    'a name with a dot',
    { tools: [{ type: 'function', function: { name: 'a.b' } }] },
    'tools[0].function.name',
    'invalid_value',
  ],
  ['a schema open to more', { tools: [strictTool] }, 'tools[0].function.parameters', 'invalid_function_parameters'],
  ['a format open to more', { response_format: badFormat }, 'response_format', 'invalid_json_schema'],
  ['json_object without the word', { response_format: { type: 'json_object' } }, 'messages', null],
  ['a call without its result', { messages: [...says('x'), called] }, 'messages.[2].role', null],
  [
    'a result without its call',
    { messages: [{ role: 'tool', tool_call_id: 'a', content: 'x' }] },
    'messages.[0].role',
    null,
  ],
  [
    'a result for another call',
    { messages: [called, { role: 'tool', tool_call_id: 'a', content: 'x' }] },
    'messages.[1].role',
    null,
  ],
  [
    'a picture from the system',
    { messages: [{ role: 'system', content: [image] }] },
    'messages[0].content[0]',
    'invalid_value',
  ],
  ['an unknown part', { messages: says([{ type: 'smell' }]) }, 'messages[0].content[0].type', 'invalid_value'],
])('%s is refused as OpenAI does', async (_name, fields, param, code) => {
  const { status, text } = await chat({ model: 'gpt-4o', messages: says('hi'), ...fields })
  expect(JSON.parse(text)).toEqual({
    error: { message: expect.any(String), type: 'invalid_request_error', param, code },
  })
  expect(status).toBe(400)
})

test('what a model told not to reason takes after all', async () => {
  const fields = {
    model: 'gpt-6-sol',
    reasoning_effort: 'none',
    temperature: 0.2,
    tools,
    messages: says('[[tool:weather]]'),
  }
  expect((await whole(fields)).choices[0].finish_reason).toBe('tool_calls')
  expect((await chat({ model: 'gpt-5.2-codex', messages: says('x') })).status).toBe(404)
  expect((await chat({ model: 'text-embedding-3-small', messages: says('x') })).status).toBe(404)
})
