// Tools on the Messages wire over a real socket: calls that are asked for, streamed and answered, what the choice of
// tools allows, searches the vendor makes itself, and the refusals of a tool loop that does not fit together.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import type { Parsed } from '../../test-client.ts'
import { eventData, send, testAccounts } from '../../test-client.ts'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ seed: 7, speed: 0, accounts: testAccounts() })
})
afterEach(() => simulator.stop())

const weather = {
  name: 'weather',
  description: 'Tells the weather.',
  input_schema: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } },
    required: ['city', 'days'],
  },
}
const clock = { name: 'clock', input_schema: { type: 'object', properties: {} } }
const model = 'claude-sonnet-4-5'

async function create(body: object, headers: Record<string, string> = {}) {
  const defaults = { 'x-api-key': 'key-claude', 'anthropic-version': '2023-06-01' }
  return send({ url: `${simulator.url}/claude/v1/messages`, headers: { ...defaults, ...headers }, body })
}

async function message(body: object, headers: Record<string, string> = {}): Promise<Parsed> {
  return JSON.parse((await create({ model, max_tokens: 500, ...body }, headers)).text)
}

function asks(text: string) {
  return { role: 'user', content: [{ type: 'text', text }] }
}

test('a call has an id, the tool’s name and arguments that fit; its result is quoted in the next answer', async () => {
  const question = asks('[[tool:weather]]')
  const first = await message({ tools: [weather, clock], messages: [question] })
  expect(first.stop_reason).toBe('tool_use')
  const [call] = first.content
  expect(call).toEqual({
    type: 'tool_use',
    id: expect.stringMatching(/^toolu_01\w{22}$/),
    name: 'weather',
    input: { city: expect.any(String), days: expect.any(Number) },
  })
  const result = { type: 'tool_result', tool_use_id: call.id, content: [{ type: 'text', text: 'rain in Oslo' }] }
  const messages = [question, { role: 'assistant', content: first.content }, { role: 'user', content: [result] }]
  const second = await message({ tools: [weather, clock], messages })
  expect(second).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text' }] })
  expect(second.content[0].text).toContain('rain in Oslo')
  expect(simulator.ledger()[0]!.usage.output).toBe(first.usage.output_tokens)
})

test('streamed calls begin with an empty piece, join to the same arguments and end with tool_use', async () => {
  const text = 'go [[tokens:9]] [[tool:weather {"city":"Bern","days":2}]] [[tool:clock {}]]'
  const body = { model, max_tokens: 500, tools: [weather, clock], messages: [asks(text)], stream: true }
  const events = eventData((await create(body)).text)
  const starts = events.filter((event) => event.type === 'content_block_start').map((event) => event.content_block)
  expect(starts).toMatchObject([
    { type: 'text', text: '' },
    { type: 'tool_use', name: 'weather', input: {} },
    { type: 'tool_use', name: 'clock', input: {} },
  ])
  const pieces = (index: number) =>
    events
      .filter((event) => event.index === index && event.delta !== undefined)
      .map((event) => event.delta.partial_json)
  expect(pieces(1)[0]).toBe('')
  expect(JSON.parse(pieces(1).join(''))).toEqual({ city: 'Bern', days: 2 })
  expect(pieces(2).join('')).toBe('')
  expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use', stop_sequence: null } })
  const [entry] = simulator.ledger()
  expect(events.at(-2).usage.output_tokens).toBe(entry!.usage.output)
})

test.each([
  ['any', { type: 'any' }, 1],
  ['a named tool', { type: 'tool', name: 'clock' }, 1],
  ['none', { type: 'none' }, 0],
  ['auto without being asked', { type: 'auto' }, 0],
])('tool_choice %s decides over calls', async (_name, choice, calls) => {
  const answer = await message({ tools: [weather, clock], tool_choice: choice, messages: [asks('hello')] })
  expect(answer.content.filter((block: Parsed) => block.type === 'tool_use')).toHaveLength(calls)
  if ('name' in choice) expect(answer.content[0].name).toBe(choice.name)
})

test('disable_parallel_tool_use lets one call through', async () => {
  const messages = [asks('[[tool:weather]] [[tool:clock]]')]
  const both = await message({ tools: [weather, clock], messages })
  const one = await message({
    tools: [weather, clock],
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    messages,
  })
  expect([both.content.length, one.content.length]).toEqual([2, 1])
})

test('a deferred tool costs nothing and cannot be called until a reference brings it up', async () => {
  const deferred = { ...weather, defer_loading: true }
  const search = { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' }
  const question = asks('[[tool:weather]]')
  const without = await message({ tools: [search, clock], messages: [question] })
  const hidden = await message({ tools: [search, clock, deferred], messages: [question] })
  expect(hidden.usage.input_tokens).toBe(without.usage.input_tokens)
  expect(hidden.stop_reason).toBe('end_turn')
  const found = [
    asks('find'),
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'clock', input: {} }] },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'tool_reference', tool_name: 'weather' }] },
        { type: 'text', text: '[[tool:weather]]' },
      ],
    },
  ]
  expect((await message({ tools: [search, clock, deferred], messages: found })).stop_reason).toBe('tool_use')
})

test('a web search shows its blocks, raises the input in the last usage only, and is counted', async () => {
  const body = {
    model,
    max_tokens: 500,
    tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 2 }],
    messages: [asks('[[search:3]] [[tokens:10]]')],
  }
  const events = eventData((await create({ ...body, stream: true })).text)
  const [entry] = simulator.ledger()
  expect(entry!.usage).toMatchObject({ webSearches: 2, toolInput: 1800 })
  const blocks = events.filter((event) => event.type === 'content_block_start').map((event) => event.content_block.type)
  expect(blocks).toEqual([
    'server_tool_use',
    'web_search_tool_result',
    'server_tool_use',
    'web_search_tool_result',
    'text',
  ])
  expect(events[0].message.usage.input_tokens).toBe(entry!.usage.input)
  expect(events.at(-2).usage).toMatchObject({
    input_tokens: entry!.usage.input + 1800,
    output_tokens: 10,
    server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
  })
  const whole = JSON.parse((await create(body)).text)
  expect(whole.usage).toMatchObject({ input_tokens: entry!.usage.input + 1800 })
  // What the vendor's tools left in the answer may come back.
  const messages = [...body.messages, { role: 'assistant', content: whole.content }, asks('and?')]
  expect((await create({ ...body, messages })).status).toBe(200)
})

const use = (id: string) => ({ type: 'tool_use', id, name: 'clock', input: {} })
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'noon' })
const called = [asks('hi'), { role: 'assistant', content: [use('toolu_a'), use('toolu_b')] }]

test.each<[string, object, string]>([
  [
    'a call without result',
    { messages: [...called, { role: 'user', content: [result('toolu_a')] }] },
    'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_b. Each `tool_use` ' +
      'block must have a corresponding `tool_result` block in the next message.',
  ],
  [
    'a result behind text',
    {
      messages: [
        ...called,
        { role: 'user', content: [{ type: 'text', text: 'x' }, result('toolu_a'), result('toolu_b')] },
      ],
    },
    'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_a, toolu_b.',
  ],
  [
    'a result without call',
    { messages: [asks('hi'), { role: 'assistant', content: 'yes' }, { role: 'user', content: [result('toolu_x')] }] },
    'messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_x. Each `tool_result` block ' +
      'must have a corresponding `tool_use` block in the previous message.',
  ],
  [
    'a result twice',
    { messages: [...called, { role: 'user', content: [result('toolu_a'), result('toolu_b'), result('toolu_a')] }] },
    'messages.2.content.2: each tool_use must have a single result. Found multiple `tool_result` blocks with id: toolu_a',
  ],
  [
    'one id for two calls',
    { messages: [asks('hi'), { role: 'assistant', content: [use('toolu_a'), use('toolu_a')] }, asks('x')] },
    'messages: `tool_use` ids must be unique',
  ],
  ['a call by the user', { messages: [{ role: 'user', content: [use('toolu_a')] }] }, 'can only be in `assistant`'],
  ['two tools of one name', { tools: [clock, clock], messages: [asks('x')] }, 'tools: Tool names must be unique.'],
  [
    'a schema that is none',
    { tools: [{ name: 'x' }], messages: [asks('x')] },
    'tools.0.custom.input_schema: Field required',
  ],
  [
    'a name with a dot',
    { tools: [{ ...clock, name: 'a.b' }], messages: [asks('x')] },
    "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
  ],
  [
    'a field of another vendor',
    { tools: [{ ...clock, parameters: {} }], messages: [asks('x')] },
    'tools.0.custom.parameters: Extra inputs are not permitted',
  ],
  [
    'a choice of no known tool',
    { tools: [clock], tool_choice: { type: 'tool', name: 'spade' }, messages: [asks('x')] },
    "Tool 'spade' not found in provided tools",
  ],
  [
    'a choice without tools',
    { tools: [], tool_choice: { type: 'any' }, messages: [asks('x')] },
    'may only be specified while providing tools',
  ],
  [
    'only deferred tools',
    { tools: [{ ...clock, defer_loading: true }], messages: [asks('x')] },
    'At least one tool must have defer_loading=false.',
  ],
])('%s is refused', async (_name, body, expected) => {
  const answer = await create({ model, max_tokens: 10, tools: [clock], ...body })
  expect([answer.status, JSON.parse(answer.text).error.message]).toEqual([400, expect.stringContaining(expected)])
})

test('results may come in several messages, with an instruction of the system between', async () => {
  const messages = [
    ...called,
    { role: 'user', content: [result('toolu_a')] },
    { role: 'system', content: 'be brief' },
    { role: 'user', content: [result('toolu_b'), { type: 'text', text: 'go on [[tokens:3]]' }] },
  ]
  const headers = { 'anthropic-beta': 'mid-conversation-tool-changes-2026-07-01' }
  expect((await message({ tools: [clock], messages }, headers)).usage.output_tokens).toBe(3)
})
