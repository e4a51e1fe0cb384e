// Thinking on the Messages wire over a real socket: what is shown and billed, signatures that come back, what each
// model allows, and the answers' form in both API versions.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import type { Parsed } from '../../test-client.ts'
import { eventData, send, testAccounts } from '../../test-client.ts'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ seed: 3, speed: 0, accounts: testAccounts() })
})
afterEach(() => simulator.stop())

const OLDER = { 'anthropic-version': '2023-06-01' }
const NEWER = { 'anthropic-version': '2026-10-21' }
const enabled = { type: 'enabled', budget_tokens: 1024 }
const clock = { name: 'clock', input_schema: { type: 'object' } }

function create(body: object, headers: Record<string, string> = OLDER) {
  const url = `${simulator.url}/claude/v1/messages`
  const defaults = { model: 'claude-sonnet-4-5', max_tokens: 4000 }
  return send({ url, headers: { 'x-api-key': 'key-claude', ...headers }, body: { ...defaults, ...body } })
}

async function message(body: object, headers?: Record<string, string>): Promise<Parsed> {
  return JSON.parse((await create(body, headers)).text)
}

function says(text: string) {
  return [{ role: 'user', content: text }]
}

test('thoughts come first, signed, and are billed as output of which the usage says how much', async () => {
  const answer = await message({ thinking: enabled, messages: says('[[think:30]] [[tokens:12]]') })
  expect(answer.content).toEqual([
    { type: 'thinking', thinking: expect.any(String), signature: expect.stringMatching(/^[\w+/]{80,}=*$/) },
    { type: 'text', text: expect.any(String) },
  ])
  expect(answer.usage).toMatchObject({ output_tokens: 42, output_tokens_details: { thinking_tokens: 30 } })
  expect(simulator.ledger()[0]!.usage).toMatchObject({ output: 42, reasoning: 30 })
})

test('a stream tells thoughts, then their signature, then the text', async () => {
  const body = { thinking: enabled, stream: true, messages: says('[[think:30]] [[tokens:12]]') }
  const events = eventData((await create(body)).text)
  const deltas = events.filter((event) => event.type === 'content_block_delta').map((event) => event.delta)
  const kinds = deltas.map((delta) => delta.type)
  expect([...new Set(kinds)]).toEqual(['thinking_delta', 'signature_delta', 'text_delta'])
  expect(kinds.filter((kind) => kind === 'signature_delta')).toHaveLength(1)
  expect(events.find((event) => event.type === 'content_block_start').content_block).toEqual({
    type: 'thinking',
    thinking: '',
    signature: '',
  })
  const whole = await message({ ...body, stream: false })
  const join = (field: string) => deltas.map((delta) => delta[field] ?? '').join('')
  expect([join('thinking'), join('signature')]).toEqual([whole.content[0].thinking, whole.content[0].signature])
  expect(events.at(-2).usage).toMatchObject({ output_tokens: 42, output_tokens_details: { thinking_tokens: 30 } })
})

test('omitted thoughts keep their signature, are billed, and may come back without their words', async () => {
  const thinking = { type: 'adaptive', display: 'omitted' }
  const body = { model: 'claude-opus-4-6', thinking, messages: says('[[think:20]] [[tokens:5]]') }
  const answer = await message(body)
  expect(answer.content[0]).toMatchObject({ type: 'thinking', thinking: '' })
  expect(answer.usage.output_tokens).toBe(25)
  const events = eventData((await create({ ...body, stream: true })).text)
  expect(events.filter((event) => event.delta?.type === 'thinking_delta')).toEqual([])
  expect(simulator.ledger()[1]!.usage).toMatchObject({ output: 25, reasoning: 20 })
  const messages = [...body.messages, { role: 'assistant', content: answer.content }, ...says('and?')]
  expect((await create({ ...body, messages })).status).toBe(200)
})

test('redacted thoughts are opaque, billed, and may come back', async () => {
  const body = { thinking: enabled, messages: says('[[redact]] [[think:20]] [[tokens:5]]') }
  const answer = await message(body)
  expect(answer.content[0]).toEqual({ type: 'redacted_thinking', data: expect.any(String) })
  const events = eventData((await create({ ...body, stream: true })).text)
  expect(events[1].content_block).toEqual(answer.content[0])
  expect(events.at(-2).usage).toMatchObject({ output_tokens: 25, output_tokens_details: { thinking_tokens: 20 } })
  expect(simulator.ledger()[1]!.usage).toMatchObject({ output: 25, reasoning: 20 })
  const messages = [...body.messages, { role: 'assistant', content: answer.content }, ...says('and?')]
  expect((await create({ thinking: enabled, messages })).status).toBe(200)
})

test('betas add what they announce: estimates of hidden thinking, a report on the edited context', async () => {
  const thinking = { ...enabled, display: 'omitted' }
  const edits = { edits: [{ type: 'clear_thinking_20251015' }] }
  const body = { thinking, context_management: edits, stream: true, messages: says('[[think:37]] [[tokens:5]]') }
  const betas = { 'anthropic-beta': 'context-management-2025-06-27,thinking-token-count-2026-05-13' }
  const events = eventData((await create(body, { ...OLDER, ...betas })).text)
  expect(events.filter((event) => event.delta?.type === 'thinking_delta')).toMatchObject([
    { delta: { thinking: '', estimated_tokens: 30 } },
  ])
  expect(events.at(-2)).toMatchObject({ type: 'message_delta', context_management: { applied_edits: [] } })
})

test('where and how fast it was served is in the usage when it was asked for', async () => {
  const { usage } = await message({ inference_geo: 'us', speed: 'fast', messages: says('hi') })
  expect(usage).toMatchObject({ inference_geo: 'us', speed: 'fast' })
})

test('a signature passes from any account, and not with other words or from elsewhere', async () => {
  const [thought, text] = (await message({ thinking: enabled, messages: says('[[think:9]]') })).content
  const back = (block: object) =>
    create({ thinking: enabled, messages: [...says('a'), { role: 'assistant', content: [block, text] }, ...says('b')] })
  expect((await back(thought)).status).toBe(200)
  for (const wrong of [
    { ...thought, thinking: 'changed' },
    { ...thought, signature: 'RXF1YmFzZTY0' },
  ]) {
    const answer = await back(wrong)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text).error.message).toBe('messages.1.content.0: Invalid `signature` in `thinking` block')
  }
  expect((await back({ type: 'redacted_thinking', data: thought.signature })).status).toBe(200)
  expect((await back({ type: 'redacted_thinking', data: 'AAAA' })).status).toBe(400)
})

test('with a budget, a running tool loop must begin with its thoughts; adaptive thinking does not ask', async () => {
  const first = await message({ thinking: enabled, tools: [clock], messages: says('[[tool:clock {}]]') })
  expect(first.content.map((block: Parsed) => block.type)).toEqual(['thinking', 'tool_use'])
  const [thought, call] = first.content
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'noon' }] }
  const loop = (content: object[]) => [...says('x'), { role: 'assistant', content }, result]
  expect((await create({ thinking: enabled, tools: [clock], messages: loop([thought, call]) })).status).toBe(200)
  const refused = await create({ thinking: enabled, tools: [clock], messages: loop([call]) })
  expect(JSON.parse(refused.text).error.message).toMatch(
    /^messages\.1\.content\.0\.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`\. When `thinking` is/,
  )
  expect((await create({ tools: [clock], messages: loop([call]) })).status).toBe(200)
  const over = [...loop([call]), { role: 'assistant', content: 'It is noon.' }, ...says('thanks')]
  expect((await create({ thinking: enabled, tools: [clock], messages: over })).status).toBe(200)
  const adaptive = { model: 'claude-opus-4-6', thinking: { type: 'adaptive' }, tools: [clock], messages: loop([call]) }
  expect((await create(adaptive)).status).toBe(200)
})

test.each<[string, object, string]>([
  ['a small budget', { thinking: { type: 'enabled', budget_tokens: 1023 } }, 'greater than or equal to 1024'],
  [
    'a budget as large as the cap',
    { max_tokens: 1024, thinking: enabled },
    '`max_tokens` must be greater than `thinking.budget_tokens`',
  ],
  ['no budget', { thinking: { type: 'enabled' } }, 'thinking.enabled.budget_tokens: Field required'],
  [
    'a forced tool',
    { thinking: enabled, tools: [clock], tool_choice: { type: 'any' } },
    'Thinking may not be enabled when tool_choice forces tool use.',
  ],
  [
    'a temperature',
    { thinking: enabled, temperature: 0.5 },
    '`temperature` may only be set to 1 when thinking is enabled.',
  ],
  [
    'adaptive thinking of an older model',
    { thinking: { type: 'adaptive' } },
    'adaptive thinking is not supported on this model',
  ],
  [
    'a budget for a newer model',
    { model: 'claude-opus-4-7', thinking: enabled },
    '"thinking.type.enabled" is not supported for this model.',
  ],
  [
    'no thinking of a model that always thinks',
    { model: 'claude-opus-5-5', thinking: { type: 'disabled' } },
    '"thinking.type.disabled" is not supported',
  ],
  [
    'a forced tool of a model that always thinks',
    { model: 'claude-opus-5-5', tools: [clock], tool_choice: { type: 'any' } },
    "tool_choice: 'any' is not supported",
  ],
  [
    'an effort of an older model',
    { output_config: { effort: 'low' } },
    'This model does not support the effort parameter.',
  ],
  [
    'an unknown effort',
    { model: 'claude-opus-4-6', output_config: { effort: 'huge' } },
    "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
  ],
  [
    'an effort beyond the model',
    { model: 'claude-opus-4-6', output_config: { effort: 'xhigh' } },
    "'xhigh' is not supported",
  ],
  [
    'an open schema',
    { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
    "'additionalProperties' must be explicitly set to false",
  ],
  ['temperature and top_p', { temperature: 0.5, top_p: 0.5 }, '`temperature` and `top_p` cannot both be specified'],
  [
    'a temperature for a newer model',
    { model: 'claude-opus-4-7', temperature: 0.5 },
    '`temperature` is deprecated for this model.',
  ],
  [
    'a prefill for a newer model',
    { model: 'claude-sonnet-4-6', messages: [...says('a'), { role: 'assistant', content: 'The' }] },
    'This model does not support assistant message prefill.',
  ],
])('%s is refused', async (_name, body, expected) => {
  const answer = await create({ messages: says('hi'), ...body })
  expect([answer.status, JSON.parse(answer.text).error.message]).toEqual([400, expect.stringContaining(expected)])
})

test('what those rules do not forbid passes', async () => {
  const bodies = [
    { model: 'claude-opus-4-7', temperature: 1 },
    { temperature: 0.5 },
    { messages: [...says('a'), { role: 'assistant', content: 'The' }] },
    { model: 'claude-opus-5-5', thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } },
    { model: 'claude-haiku-5-5', thinking: { type: 'disabled' }, tools: [clock], tool_choice: { type: 'any' } },
    { model: 'claude-3-haiku-20240307', temperature: 0.2, top_p: 0.5, top_k: 5 },
  ]
  for (const body of bodies) expect((await create({ messages: says('hi'), ...body })).status).toBe(200)
})

test('structured output is JSON that fits its schema', async () => {
  const schema = {
    type: 'object',
    properties: { answer: { type: 'number' }, unit: { enum: ['C', 'F'] } },
    required: ['answer', 'unit'],
    additionalProperties: false,
  }
  const format = { type: 'json_schema', schema }
  const answer = await message({ output_config: { format }, messages: says('how warm?') })
  expect(JSON.parse(answer.content[0].text)).toEqual({
    answer: expect.any(Number),
    unit: expect.stringMatching(/^[CF]$/),
  })
})

test('version 2026-10-21 names every field and shows thoughts as the older one does', async () => {
  const body = { tools: [clock], messages: says('[[tokens:4]] [[tool:clock {}]]') }
  expect(await message(body, NEWER)).toEqual({
    id: expect.any(String),
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    container: null,
    diagnostics: null,
    content: [
      { type: 'text', text: expect.any(String), citations: null },
      { type: 'tool_use', id: expect.any(String), name: 'clock', input: {}, caller: { type: 'direct' } },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    stop_details: null,
    usage: {
      input_tokens: expect.any(Number),
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: 6,
      output_tokens_details: null,
      server_tool_use: null,
      service_tier: 'standard',
      inference_geo: null,
      speed: null,
    },
  })
  const events = eventData((await create({ ...body, stream: true }, NEWER)).text)
  expect(events.at(-2).delta).toEqual({
    stop_reason: 'tool_use',
    stop_sequence: null,
    stop_details: null,
    container: null,
  })
})

test('version 2026-10-21 refuses what the older one let pass', async () => {
  const document = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } }
  const cited = { type: 'text', text: 'x', citations: [{ type: 'char_location' }] }
  const cases: [object, string][] = [
    [{ top_k: 5, messages: says('x') }, 'top_k: Extra inputs are not permitted'],
    [
      { messages: [...says('x'), { role: 'assistant', content: [document] }, ...says('y')] },
      'messages.1.content.0: `document` blocks can only be in `user` messages',
    ],
    [{ messages: [{ role: 'user', content: [cited] }] }, 'messages.0.content.0.text.citations: '],
  ]
  for (const [body, expected] of cases) {
    expect((await create(body)).status).toBe(200)
    expect((await message(body, NEWER)).error.message).toContain(expected)
  }
})
