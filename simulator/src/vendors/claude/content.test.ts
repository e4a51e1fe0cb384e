// What a Messages request may hold, over a real socket: blocks of every kind and what they cost, ends of an answer,
// fields and blocks that are refused.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import type { Parsed } from '../../test-client.ts'
import { eventData, send, testAccounts } from '../../test-client.ts'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ seed: 5, speed: 0, accounts: testAccounts() })
})
afterEach(() => simulator.stop())

function create(body: object, headers: Record<string, string> = {}) {
  const defaults = { 'x-api-key': 'key-claude', 'anthropic-version': '2023-06-01' }
  const url = `${simulator.url}/claude/v1/messages?beta=true`
  return send({
    url,
    headers: { ...defaults, ...headers },
    body: { model: 'claude-sonnet-4-5', max_tokens: 200, ...body },
  })
}

async function message(body: object): Promise<Parsed> {
  return JSON.parse((await create(body)).text)
}

function user(...content: object[]) {
  return [{ role: 'user', content }]
}

const text = (words: string) => ({ type: 'text', text: words })

/** The head of a PNG is all that the simulator looks at. */
function png(width: number, height: number) {
  const head = Buffer.alloc(24)
  head.write('89504e470d0a1a0a', 'hex')
  head.writeUInt32BE(width, 16)
  head.writeUInt32BE(height, 20)
  return { type: 'image', source: { type: 'base64', media_type: 'image/png', data: head.toString('base64') } }
}

test('an image costs a token for every 750 pixels, shrunk to what the model looks at; one behind a URL the most', async () => {
  const bare = (await message({ messages: user(text('x')) })).usage.input_tokens
  const url = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }
  for (const [image, tokens] of [
    [png(750, 100), 100],
    [png(10, 10), 1],
    [png(15_680, 750), 157],
    [url, 1600],
  ] as const) {
    expect((await message({ messages: user(image, text('x')) })).usage.input_tokens).toBe(bare + tokens)
    expect(simulator.ledger().at(-1)!.usage.image).toBe(tokens)
  }
})

test('images inside a tool result count as well', async () => {
  const call = { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }
  const result = {
    type: 'tool_result',
    tool_use_id: 'toolu_1',
    content: [text('seen: a cat'), png(750, 50)],
    is_error: false,
  }
  const tools = [{ name: 'look', input_schema: { type: 'object' } }]
  const answer = await message({
    tools,
    messages: [...user(text('x')), { role: 'assistant', content: [call] }, ...user(result)],
  })
  expect(answer.content[0].text).toContain('seen: a cat')
  expect(simulator.ledger()[0]!.usage.image).toBe(50)
})

test('documents cost their text, or what a page of a PDF costs', async () => {
  const words = {
    type: 'document',
    title: 'T',
    source: { type: 'text', media_type: 'text/plain', data: ' one'.repeat(500) },
  }
  const pdf = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0xLjQ=' } }
  const blocks = { type: 'document', source: { type: 'content', content: [text('inside'), png(750, 10)] } }
  const cost = async (block: object) => (await message({ messages: user(block, text('x')) })).usage.input_tokens
  expect(await cost(words)).toBeGreaterThan(500)
  expect(await cost(words)).toBeLessThan(600)
  expect(await cost(pdf)).toBeGreaterThan(2000)
  expect(await cost(blocks)).toBeLessThan(100)
})

test('a system prompt is a string or text blocks and costs its words', async () => {
  const bare = (await message({ messages: user(text('x')) })).usage.input_tokens
  const asText = (await message({ system: 'be kind', messages: user(text('x')) })).usage.input_tokens
  const asBlocks = (await message({ system: [text('be kind')], messages: user(text('x')) })).usage.input_tokens
  expect(asText).toBeGreaterThan(bare)
  expect(asBlocks).toBe(asText)
})

test('a stop sequence ends the answer and is named', async () => {
  const body = { stop_sequences: ['five', 'STOP'], messages: user(text('[[echo:one two STOP three five]]')) }
  const answer = await message(body)
  expect(answer).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'STOP', content: [{ text: 'one two ' }] })
  const events = eventData((await create({ ...body, stream: true })).text)
  expect(events.at(-2).delta).toEqual({ stop_reason: 'stop_sequence', stop_sequence: 'STOP' })
})

test('a refusal has its own reason and details', async () => {
  const answer = await message({ messages: user(text('[[refuse]]')) })
  expect(answer).toMatchObject({
    stop_reason: 'refusal',
    stop_details: { type: 'refusal', category: null, explanation: null },
  })
  const events = eventData((await create({ stream: true, messages: user(text('[[refuse]]')) })).text)
  expect(events.at(-2).delta).toMatchObject({ stop_reason: 'refusal', stop_details: { type: 'refusal' } })
})

test('a cap of zero warms the cache and says nothing', async () => {
  const system = [{ ...text(' word'.repeat(1100)), cache_control: { type: 'ephemeral' } }]
  const warmed = await message({ max_tokens: 0, system, messages: user(text('x')) })
  expect(warmed).toMatchObject({ content: [], stop_reason: 'max_tokens', usage: { output_tokens: 0 } })
  expect(warmed.usage.cache_creation_input_tokens).toBeGreaterThan(1100)
  const next = await message({ system, messages: user(text('x')) })
  expect(next.usage.cache_read_input_tokens).toBe(warmed.usage.cache_creation_input_tokens)
})

test('marks on tools, system and messages write one prefix each', async () => {
  const mark = { cache_control: { type: 'ephemeral' } }
  const tools = [{ name: 'a', description: ' d'.repeat(1100), input_schema: { type: 'object' }, ...mark }]
  const system = [{ ...text(' s'.repeat(1100)), ...mark }]
  const messages = user({ ...text(' m'.repeat(1100)), ...mark }, text('x'))
  const cold = (await message({ tools, system, messages })).usage
  const [first] = messages
  const changed = [{ ...first, content: [{ ...text(' n'.repeat(1100)), ...mark }, text('x')] }]
  const half = (await message({ tools, system, messages: changed })).usage
  expect(cold.cache_creation_input_tokens).toBeGreaterThan(3300)
  expect(half.cache_read_input_tokens).toBeGreaterThan(2200)
  expect(half.cache_read_input_tokens + half.cache_creation_input_tokens).toBe(cold.cache_creation_input_tokens)
})

test.each<[string, object, string]>([
  ['an unknown field', { max_completion_tokens: 5 }, 'max_completion_tokens: Extra inputs are not permitted'],
  ['a stream that is no flag', { stream: 'yes' }, 'stream: Input should be a valid boolean'],
  ['a system block that is no text', { system: [png(1, 1)] }, "system.0.type: Input should be 'text'"],
  ['an empty system block', { system: [text('')] }, 'system: text content blocks must be non-empty'],
  [
    'an empty message',
    { messages: [{ role: 'user', content: '' }] },
    'messages.0: all messages must have non-empty content',
  ],
  [
    'white space alone',
    { messages: user(text('  ')) },
    'messages: text content blocks must contain non-whitespace text',
  ],
  [
    'an assistant first',
    { messages: [{ role: 'assistant', content: 'hi' }] },
    'messages: first message must use the "user" role',
  ],
  [
    'an unknown block',
    { messages: user({ type: 'image_url' }) },
    "messages.0.content.0: Input tag 'image_url' found using 'type' does not match",
  ],
  [
    'a field of another wire',
    { messages: user({ ...text('x'), thoughtSignature: 'x' }) },
    'messages.0.content.0.text.thoughtSignature: Extra inputs are not permitted',
  ],
  [
    'an image of another type',
    { messages: user({ type: 'image', source: { type: 'base64', media_type: 'image/bmp', data: 'AAAA' } }) },
    "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
  ],
  [
    'data that is no base64',
    {
      messages: user({
        type: 'image',
        source: { type: 'base64', media_type: 'image/png', data: 'data:image/png;base64,AAAA' },
      }),
    },
    'messages.0.content.0.image.source.base64: invalid base64 data',
  ],
  [
    'an image from nowhere',
    { messages: user({ type: 'image', source: { type: 'url', url: 'file:///x' } }) },
    'Only HTTPS URLs are supported.',
  ],
  [
    'a blank stop sequence',
    { stop_sequences: [' '] },
    'stop_sequences: each stop sequence must contain non-whitespace',
  ],
  [
    'a mark of an unknown life',
    { cache_control: { type: 'ephemeral', ttl: '2h' } },
    "cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
  ],
  [
    'a prefill with a blank behind it',
    { messages: [...user(text('x')), { role: 'assistant', content: 'The ' }] },
    'messages: final assistant content cannot end with trailing whitespace',
  ],
])('%s is refused', async (_name, body, expected) => {
  const answer = await create({ messages: user(text('hi')), ...body })
  expect([answer.status, JSON.parse(answer.text).error.message]).toEqual([400, expect.stringContaining(expected)])
})

test('with a beta announced, fields that only the beta knows pass', async () => {
  const body = { future_field: 1, messages: user({ ...text('x'), future: true }) }
  expect((await create(body)).status).toBe(400)
  expect((await create(body, { 'anthropic-beta': 'future-2027-01-01' })).status).toBe(200)
})
