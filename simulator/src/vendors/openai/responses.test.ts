// OpenAI's Responses API over a real socket: documents, events and their order, what is stored, and what is refused.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import type { Parsed } from '../../test-client.ts'
import { eventData, send, testAccounts } from '../../test-client.ts'

let simulator: Simulator
beforeEach(async () => {
  const other = { vendor: 'openai' as const, key: 'other', organisation: 'other' }
  simulator = await startSimulator({ seed: 1, speed: 0, accounts: [...testAccounts(), other] })
})
afterEach(() => simulator.stop())

function post(path: string, body: unknown, key = 'key-openai') {
  const headers = { authorization: `Bearer ${key}` }
  return send({ url: `${simulator.url}/openai/v1/responses${path}`, headers, body })
}

function look(path: string, method = 'GET', key = 'key-openai') {
  const headers = { authorization: `Bearer ${key}` }
  return send({ url: `${simulator.url}/openai/v1/responses/${path}`, method, headers })
}

async function respond(fields: object, key?: string): Promise<Parsed> {
  return JSON.parse((await post('', { model: 'gpt-5.6-sol', ...fields }, key)).text)
}

async function stream(fields: object): Promise<Parsed[]> {
  return eventData((await post('', { model: 'gpt-5.6-sol', stream: true, ...fields })).text)
}

const outputText = ({ output }: Parsed) =>
  output
    .filter((item: Parsed) => item.type === 'message')
    .map((item: Parsed) => item.content[0].text)
    .join('')

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const tools = [
  { type: 'function', name: 'weather', parameters },
  { type: 'custom', name: 'write' },
  { type: 'namespace', name: 'home', description: '', tools: [{ type: 'function', name: 'light', parameters }] },
  { type: 'web_search' },
]

test('a whole response repeats the request, and its usage is the ledger’s', async () => {
  const response = await respond({
    input: '[[think:20]] [[tokens:9]] [[tag:t]]',
    instructions: 'be brief',
    reasoning: { effort: 'low', summary: 'auto' },
    service_tier: 'priority',
    metadata: { a: 'b' },
  })
  const [entry] = simulator.ledger()
  expect(response).toMatchObject({
    id: expect.stringMatching(/^resp_[0-9a-f]{50}$/),
    object: 'response',
    status: 'completed',
    error: null,
    incomplete_details: null,
    instructions: 'be brief',
    model: 'gpt-5.6-sol',
    output: [
      { type: 'reasoning', id: expect.stringMatching(/^rs_/), summary: [{ type: 'summary_text' }] },
      {
        type: 'message',
        id: expect.stringMatching(/^msg_/),
        status: 'completed',
        role: 'assistant',
        phase: 'final_answer',
        content: [{ type: 'output_text', annotations: [] }],
      },
    ],
    reasoning: { effort: 'low', summary: 'auto' },
    service_tier: 'priority',
    store: true,
    metadata: { a: 'b' },
    usage: {
      input_tokens: entry!.usage.input,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 29,
      output_tokens_details: { reasoning_tokens: 20 },
      total_tokens: entry!.usage.input + 29,
    },
  })
  expect(entry).toMatchObject({
    endpoint: 'responses',
    responseId: response.id,
    tag: 't',
    usage: { output: 29, reasoning: 20 },
  })
})

test('a stream has every event in its order, numbered, and ends with the document that a body would be', async () => {
  const fields = { input: '[[think:3]] [[echo:one two]] [[tool:weather {}]]', tools, reasoning: { summary: 'auto' } }
  const events = await stream(fields)
  expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()])
  const types = events.map((event) => event.type).filter((type, index, all) => type !== all[index - 1])
  expect(types).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.reasoning_summary_part.added',
    'response.reasoning_summary_text.delta',
    'response.reasoning_summary_text.done',
    'response.reasoning_summary_part.done',
    'response.output_item.done',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.output_item.added',
    'response.function_call_arguments.delta',
    'response.function_call_arguments.done',
    'response.output_item.done',
    'response.completed',
  ])
  const final = events.at(-1).response
  const done = events.filter((event) => event.type === 'response.output_item.done').map((event) => event.item)
  expect(final.output).toEqual(done)
  const pieces = (type: string) =>
    events
      .filter((event) => event.type === type)
      .map((event) => event.delta)
      .join('')
  expect(pieces('response.output_text.delta')).toBe('one two')
  expect(pieces('response.function_call_arguments.delta')).toBe('{}')
  expect(pieces('response.reasoning_summary_text.delta')).toBe(final.output[0].summary[0].text)
  expect(final.usage.output_tokens).toBe(simulator.ledger()[0]!.usage.output)
  const body = await respond(fields)
  expect(outputText(body)).toBe(outputText(final))
  expect(body.usage).toEqual(final.usage)
})

test('calls of functions, custom tools and tools in a namespace, and their outputs in the next turn', async () => {
  const input = [{ role: 'user', content: '[[tool:weather]] [[tool:write]] [[tool:light]]' }]
  const { output } = await respond({ input, tools, reasoning: { effort: 'none' }, store: false })
  expect(output).toMatchObject([
    { type: 'function_call', name: 'weather', arguments: expect.stringMatching(/^\{"city":"/), status: 'completed' },
    { type: 'custom_tool_call', name: 'write', input: expect.any(String) },
    { type: 'function_call', name: 'light', namespace: 'home' },
  ])
  const results = output.map(({ type, call_id: callId, name }: Parsed) => ({
    type: `${type}_output`,
    call_id: callId,
    output: name === 'write' ? 'did write' : [{ type: 'input_text', text: `did ${name}` }],
  }))
  const second = await respond({ input: [...input, ...output, ...results], tools, store: false })
  for (const name of ['weather', 'write', 'light']) expect(outputText(second)).toContain(`did ${name}`)
})

test('tools that the input adds are called like the others, with the text that was wished for', async () => {
  const added = { type: 'additional_tools', role: 'developer', tools: [{ type: 'custom', name: 'exec' }] }
  const wish = { role: 'user', content: '[[tool:exec {"input":"text(1)"}]]' }
  const { output } = await respond({ input: [wish, added], reasoning: { effort: 'none' } })
  expect(output).toMatchObject([{ type: 'custom_tool_call', name: 'exec', input: 'text(1)' }])
})

test('a stored response is continued, shown, listed, deleted, and not another organisation’s', async () => {
  const first = await respond({ input: '[[tool:weather]]', tools })
  const call = first.output.find((item: Parsed) => item.type === 'function_call')
  const result = { type: 'function_call_output', call_id: call.call_id, output: 'mild' }
  const second = await respond({ input: [result], previous_response_id: first.id, tools })
  expect(outputText(second)).toContain('mild')
  const reference = { type: 'item_reference', id: call.id }
  const third = await respond({ input: [{ role: 'user', content: 'x' }, reference, result] })
  expect(outputText(third)).toContain('mild')

  expect(JSON.parse((await look(second.id)).text)).toEqual(second)
  expect(JSON.parse((await look(`${second.id}/input_items`)).text)).toMatchObject({ object: 'list', data: [result] })
  expect((await look(second.id, 'GET', 'other')).status).toBe(404)
  const foreign = await respond({ input: 'x', previous_response_id: first.id }, 'other')
  expect(foreign.error.code).toBe('previous_response_not_found')
  expect(JSON.parse((await look(second.id, 'DELETE')).text)).toMatchObject({ deleted: true })
  expect((await look(second.id)).status).toBe(404)
  const unstored = await respond({ input: 'x', store: false })
  expect((await look(unstored.id)).status).toBe(404)
})

test('encrypted reasoning comes back: checked, and left out when it is another organisation’s', async () => {
  const include = ['reasoning.encrypted_content']
  const user = { type: 'message', role: 'user', content: [{ type: 'input_text', text: '[[think:5]] hi' }] }
  const { output } = await respond({ input: [user], include, store: false })
  expect(output[0].encrypted_content).toMatch(/^gAAAA/)
  const next = { input: [user, ...output, { role: 'user', content: '[[echo:ok]]' }], include, store: false }
  const own = await respond(next)
  expect(outputText(own)).toBe('ok')
  expect(own.input_transformations).toBeUndefined()
  const other = await respond(next, 'other')
  expect(other.input_transformations).toEqual([
    { id: output[0].id, type: 'reasoning', action: 'removed', reason: 'organization_mismatch' },
  ])
})

test('a response that is cut, filtered, or refuses within a schema', async () => {
  const cut = await stream({ model: 'gpt-4o', input: '[[tokens:50]]', max_output_tokens: 16 })
  expect(cut.at(-1)).toMatchObject({
    type: 'response.incomplete',
    response: {
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete' }],
      usage: { output_tokens: 16 },
    },
  })
  const filtered = await respond({ input: '[[refuse]]' })
  expect(filtered).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } })
  const schema = { ...parameters, additionalProperties: false }
  const text = { format: { type: 'json_schema', name: 'place', strict: true, schema } }
  const refused = await respond({ input: '[[refuse]]', text })
  expect(refused).toMatchObject({ status: 'completed', output: [{ content: [{ type: 'refusal' }] }] })
  const types = (await stream({ input: '[[refuse]]', text })).map((event) => event.type)
  expect(types).toContain('response.refusal.delta')
  const structured = await respond({ input: 'where?', text })
  expect(JSON.parse(outputText(structured))).toEqual({ city: expect.any(String) })
})

test('an error inside a 200 stream is nested, and the response fails after it', async () => {
  simulator.setFaults([{ match: {}, fault: { kind: 'error-in-stream', afterChunks: 2, quota: true } }])
  const events = await stream({ input: 'hi' })
  expect(events.map((event) => event.type)).toEqual([
    'response.created',
    'response.in_progress',
    'error',
    'response.failed',
  ])
  expect(events[2]).toEqual({
    type: 'error',
    sequence_number: 2,
    error: {
      type: 'insufficient_quota',
      code: 'insufficient_quota',
      message: expect.any(String),
      param: null,
    },
  })
  expect(events[3]).toMatchObject({
    sequence_number: 3,
    response: { id: events[0].response.id, status: 'failed', error: { code: 'insufficient_quota' } },
  })
})

test('counting is free, and counts what an answer would be billed', async () => {
  const fields = { input: [{ role: 'user', content: 'count me' }], instructions: 'x', tools }
  const counted = JSON.parse((await post('/input_tokens', { model: 'gpt-5', ...fields })).text)
  expect(counted.object).toBe('response.input_tokens')
  const response = await respond({ model: 'gpt-5', ...fields })
  expect(counted.input_tokens).toBe(response.usage.input_tokens)
  expect(simulator.ledger()[0]).toMatchObject({ endpoint: 'responses-count', billed: false, usage: { input: 0 } })
})

test('writes to the cache are told by their lives', async () => {
  const options = { prompt_cache_options: { mode: 'implicit', ttl: '12h' } }
  const { usage } = await respond({ input: ' word'.repeat(1100), ...options })
  expect(usage.input_tokens_details).toEqual({
    cached_tokens: 0,
    cache_write_tokens: 1024,
    cache_write_tokens_details: { ttl_30m_tokens: 0, ttl_12h_tokens: 1024 },
  })
  expect(simulator.ledger()[0]!.usage).toMatchObject({ cacheWrite12h: 1024 })
})

const user = { role: 'user', content: 'x' }
const functionCall = { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{}' }
const customCall = { type: 'custom_tool_call', call_id: 'c1', name: 'write', input: '' }
const outputOf = (type: string) => ({ type, call_id: 'c1', output: 'x' })
const bare = { type: 'reasoning', id: 'rs_1', summary: [] }

test.each([
  ['an unknown model', { model: 'gpt-0' }, 400, 'model', 'model_not_found'],
  ['no input', { input: undefined }, 400, 'input', 'missing_required_parameter'],
  [
    'an unknown previous response',
    { previous_response_id: 'resp_0' },
    400,
    'previous_response_id',
    'previous_response_not_found',
  ],
  ['a reference to nothing', { input: [user, { type: 'item_reference', id: 'msg_0' }] }, 404, 'input', null],
  ['reasoning that was not kept', { store: false, input: [user, bare, functionCall] }, 404, 'input', null],
  [
    'broken encrypted reasoning',
    { input: [user, { ...bare, encrypted_content: 'gAAAAAB0' }] },
    400,
    null,
    'invalid_encrypted_content',
  ],
  ['a call without its output', { input: [user, functionCall] }, 400, 'input', null],
  ['an output without its call', { input: [user, outputOf('function_call_output')] }, 400, 'input', null],
  ['an output of another kind', { input: [customCall, outputOf('function_call_output')] }, 400, 'input', null],
  [
    'user text of the assistant’s type',
    { input: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] },
    400,
    'input[0].content[0].type',
    'invalid_value',
  ],
  ['too small a maximum', { max_output_tokens: 15 }, 400, 'max_output_tokens', 'integer_below_min_value'],
  ['too great a maximum', { max_output_tokens: 999_999 }, 400, 'max_output_tokens', 'integer_above_max_value'],
  ['a temperature while it reasons', { temperature: 0.5 }, 400, 'temperature', null],
  [
    'an effort without reasoning',
    { model: 'gpt-4o', reasoning: { effort: 'low' } },
    400,
    'reasoning.effort',
    'unsupported_parameter',
  ],
  ['a choice of an unknown tool', { tools, tool_choice: { type: 'function', name: 'x' } }, 400, 'tool_choice', null],
  [
    'a prompt beyond the context',
    { model: 'gpt-4o', input: ' a'.repeat(128_001) },
    400,
    'input',
    'context_length_exceeded',
  ],
])('%s is refused as OpenAI does', async (_name, fields, status, param, code) => {
  const answer = await post('', { model: 'gpt-5', input: 'hi', ...fields })
  expect(JSON.parse(answer.text)).toEqual({
    error: { message: expect.any(String), type: 'invalid_request_error', param, code },
  })
  expect(answer.status).toBe(status)
})
