// Clients of the Responses wire on accounts of every vendor, through the whole gateway: what they are answered, what is billed, and
// where what the vendors store is found again.
import type { AccountId } from '@aicarpool/contract'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { serviceTypes, type ShippedServiceType } from '../../src/core/providers/index.ts'
import { eventsOf, textOf, type ResponsesAnswer, type ResponsesItem } from '../support/responses-client.ts'
import { sharedPool, startTestGateway, type TestGateway, type TestGroup } from '../support/test-gateway.ts'

let gateway: TestGateway
const groups = new Map<ShippedServiceType, TestGroup>()
/** Models that think. */
const models: Record<ShippedServiceType, string> = {
  claude: 'claude-opus-4-6',
  openai: 'gpt-5.6-sol',
  gemini: 'gemini-2.5-flash',
  qwen: 'qwen3.7-plus',
}

beforeAll(async () => {
  gateway = await startTestGateway()
  for (const type of serviceTypes) {
    await gateway.addAccount(`a-${type}`, type)
    groups.set(type, await gateway.addGroup(sharedPool(type)))
  }
})
afterAll(() => gateway.stop())
beforeEach(() => gateway.simulator.clearLedger())
afterEach(() => gateway.simulator.setFaults([]))

const keyOf = (type: ShippedServiceType) => groups.get(type)?.key ?? ''

async function ask(key: string, body: object): Promise<ResponsesAnswer> {
  const response = await gateway.post('/v1/responses', key, body)
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return JSON.parse(text) as ResponsesAnswer
}

async function askStream(key: string, body: object) {
  const response = await gateway.post('/v1/responses', key, { ...body, stream: true })
  const text = await response.text()
  expect(response.status, text).toBe(200)
  const events = eventsOf(text)
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_event, index) => index))
  return events
}

async function refusal(key: string, body: object) {
  const response = await gateway.post('/v1/responses', key, body)
  const { error } = (await response.json()) as { error: { code: string; message: string; param: string | null } }
  return { status: response.status, ...error }
}

const image = `data:image/png;base64,${Buffer.from('no picture').toString('base64')}`
const city = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const tools = [
  { type: 'function', name: 'weather', parameters: city },
  { type: 'namespace', name: 'home', description: 'd', tools: [{ type: 'function', name: 'light', parameters: city }] },
  { type: 'custom', name: 'note' },
]

describe.each(serviceTypes)('RS1 a client of Responses on a %s account', (type) => {
  const model = models[type]
  const isNative = type === 'openai' || type === 'qwen'

  test('gets a text, whole and in numbered events', async () => {
    const body = { model, input: '[[echo:all is well]]', reasoning: { effort: 'low' } }
    const answer = await ask(keyOf(type), body)
    expect(answer).toMatchObject({ object: 'response', status: 'completed', model, error: null })
    expect(textOf(answer.output)).toBe('all is well')
    const events = await askStream(keyOf(type), body)
    expect(events[0]?.type).toBe('response.created')
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed' } })
    const said = events.filter(({ type: name }) => name === 'response.output_text.delta').map(({ delta }) => delta)
    expect(said.join('')).toBe('all is well')
    expect(textOf(events.at(-1)?.response?.output ?? [])).toBe('all is well')
  })

  test('calls tools side by side, of every kind, and goes on with their results', async () => {
    const wish = 'do [[tool:weather {"city":"Paris"}]] [[tool:weather {"city":"Rome"}]] [[tool:light {"city":"Oslo"}]]'
    // The simulator knows tools by their own names, and elsewhere by the flat ones.
    const input = isNative ? wish : wish.replace('tool:light', 'tool:home__light')
    const body = { model, tools, input: [{ role: 'user', content: input }], store: false }
    const events = await askStream(keyOf(type), body)
    const calls = (events.at(-1)?.response?.output ?? []).filter(({ type: kind }) => kind === 'function_call')
    expect(calls).toMatchObject([
      { name: 'weather', arguments: '{"city":"Paris"}', status: 'completed' },
      { name: 'weather', arguments: '{"city":"Rome"}' },
      { name: 'light', namespace: 'home', arguments: '{"city":"Oslo"}' },
    ])
    expect(new Set(calls.map(({ call_id }) => call_id)).size).toBe(3)
    const results = calls.map(({ call_id }) => ({ type: 'function_call_output', call_id, output: 'sunny' }))
    const more = { role: 'user', content: '[[echo:sunny indeed]]' }
    const answer = await ask(keyOf(type), { ...body, input: [...body.input, ...calls, ...results, more] })
    expect(textOf(answer.output)).toBe('sunny indeed')
  })

  test('calls a custom tool with a text', async () => {
    // Whether it stands among the tools or is added in the conversation.
    const added = [{ type: 'additional_tools', role: 'developer', tools }]
    for (const [start, more] of [
      [[], { tools }],
      [added, {}],
    ] as const) {
      const input = [...start, { role: 'user', content: '[[tool:note {"input":"buy milk"}]]' }]
      const answer = await ask(keyOf(type), { model, ...more, input, store: false })
      const [call] = answer.output.filter(({ type: kind }) => kind === 'custom_tool_call')
      expect(call).toMatchObject({ name: 'note', input: 'buy milk' })
    }
  })

  test('shows images', async () => {
    const content = [
      { type: 'input_text', text: '[[echo:a picture]]' },
      { type: 'input_image', image_url: image },
    ]
    const answer = await ask(keyOf(type), { model, input: [{ role: 'user', content }] })
    expect(textOf(answer.output)).toBe('a picture')
    expect(gateway.simulator.ledger()[0]?.usage.image).toBeGreaterThan(0)
  })

  test('takes the items of an answer back as they came, thoughts and all', async () => {
    const body = {
      model,
      store: false,
      include: ['reasoning.encrypted_content'],
      reasoning: { effort: 'high', summary: 'auto' },
      input: [{ role: 'user', content: '[[think:40]] [[echo:well thought]]' }],
    }
    for (const stream of [false, true]) {
      const { output } = stream
        ? ((await askStream(keyOf(type), body)).at(-1)?.response ?? { output: [] })
        : await ask(keyOf(type), body)
      const [thought] = output
      expect(thought).toMatchObject({ type: 'reasoning', summary: [{ text: expect.stringMatching(/./) }] })
      if (type !== 'qwen') expect(thought?.encrypted_content).toMatch(/./)
      const more = { role: 'user', content: '[[echo:and on]]' }
      const again = await ask(keyOf(type), { ...body, input: [...body.input, ...output.filter(isTakenBack), more] })
      expect(textOf(again.output)).toBe('and on')
    }
    expect(gateway.simulator.ledger()[0]?.usage.reasoning).toBeGreaterThanOrEqual(40)
  })

  test('is billed what the provider has counted', async () => {
    const before = (await gateway.rows()).length
    // Long enough to be cached, and written and read in the second and third request.
    const input = `${type} ${'all work and no play '.repeat(600)}`
    const answers: ResponsesAnswer[] = []
    for (const stream of [false, true, false]) {
      const body = { model, input, reasoning: { effort: 'low' }, max_output_tokens: 2000, store: false }
      if (stream)
        answers.push(...(await askStream(keyOf(type), body)).slice(-1).flatMap(({ response }) => response ?? []))
      else answers.push(await ask(keyOf(type), body))
    }
    const rows = (await gateway.rows()).slice(before)
    const billed = gateway.simulator.ledger().map(({ usage }) => usage)
    expect(rows.map(tokensOf)).toEqual(
      billed.map((usage) => [
        usage.input,
        usage.cacheRead,
        usage.cacheWrite5m,
        usage.cacheWrite1h,
        usage.cacheWrite30m,
        usage.cacheWrite12h,
        usage.output,
      ]),
    )
    expect(rows.map((row) => row.usage_source)).toEqual(['reported', 'reported', 'reported'])
    // Where prefixes are only cached at marks, a single question has none.
    if (type !== 'claude') expect(billed.some((usage) => usage.cacheRead > 0)).toBe(true)
    if (type === 'openai') expect(billed.some((usage) => usage.cacheWrite30m > 0)).toBe(true)
    expect(answers.map(({ usage }) => [usage.input_tokens, usage.output_tokens])).toEqual(
      billed.map((usage) => [
        usage.input +
          usage.cacheRead +
          usage.cacheWrite5m +
          usage.cacheWrite30m +
          usage.cacheWrite12h +
          usage.cacheWrite1h,
        usage.output,
      ]),
    )
  })

  test('is told of an error in its own words', async () => {
    const accountId = await gateway.addAccount(`b-${type}`, type, { accountType: 'dedicated' })
    const accounts = [{ accountId, serviceType: type, priority: 1 }]
    const { key } = await gateway.addGroup({ mode: 'dedicated', accounts })
    gateway.simulator.setFaults([
      { match: { organisation: `b-${type}` }, fault: { kind: 'status-429', retryAfter: '7' } },
    ])
    const response = await gateway.post('/v1/responses', key, { model, input: 'hi' })
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
    expect(await response.json()).toMatchObject({ error: { type: 'rate_limit_error', message: expect.any(String) } })
    gateway.simulator.setFaults([])
  })
})

test('RS1 a model that its vendor does not serve on this wire is reached by translation', async () => {
  const answer = await ask(keyOf('qwen'), { model: 'qwen3-coder-plus', input: '[[echo:by another way]]' })
  expect(textOf(answer.output)).toBe('by another way')
  expect(gateway.simulator.ledger().map(({ endpoint }) => endpoint)).toEqual(['chat'])
})

/** Reasoning without anything encrypted is stored, which nothing is here. */
const isTakenBack = ({ type, encrypted_content: encrypted }: ResponsesItem) => type !== 'reasoning' || !!encrypted

const tokensOf = (row: object): number[] => {
  const names = [
    'input',
    'cache_read',
    'cache_write_5m',
    'cache_write_1h',
    'cache_write_30m',
    'cache_write_12h',
    'output',
  ]
  return names.map((name) => Number((row as Record<string, unknown>)[`${name}_tokens`]))
}

describe('two accounts', () => {
  let round = 0
  let first: AccountId
  let second: AccountId
  let group: TestGroup

  async function pair(one: ShippedServiceType, other: ShippedServiceType): Promise<void> {
    round += 1
    const own = { accountType: 'dedicated' as const }
    first = await gateway.addAccount(`first${round}`, one, own)
    second = await gateway.addAccount(`second${round}`, other, own)
    group = await gateway.addGroup({
      mode: 'dedicated',
      accounts: [
        { accountId: first, serviceType: one, priority: 1 },
        { accountId: second, serviceType: other, priority: 1 },
      ],
    })
  }
  const rowsOfGroup = async () => (await gateway.rows()).filter((row) => row.group_id === group.id)
  const body = (over: object = {}) => ({ model: models.openai, input: '[[tokens:40]]', ...over })

  test.each(['openai', 'qwen', 'claude', 'gemini'] as const)(
    'RS2 an error of a %s account before its first content moves the request on',
    async (type) => {
      await pair(type, type)
      gateway.simulator.setFaults([
        { match: { organisation: `first${round}` }, fault: { kind: 'error-in-stream', afterChunks: 0 } },
        { match: { organisation: `second${round}` }, times: 1, fault: { kind: 'error-in-stream', afterChunks: 0 } },
      ])
      // Whichever is asked first fails, and the second fails once: the third request cannot but meet a good one.
      const key = group.key
      const failed = await gateway.post('/v1/responses', key, body({ model: models[type], stream: true }))
      await failed.text()
      const events = await askStream(key, body({ model: models[type] }))
      expect(events.at(-1)?.type).toBe('response.completed')
      const rows = await rowsOfGroup()
      expect(rows.at(-1)).toMatchObject({ is_final: true, status: 'success', account_id: second })
    },
  )

  test.each(['openai', 'qwen', 'claude', 'gemini'] as const)(
    'RS2 an error of a %s account after its first content ends the stream in its dialect',
    async (type) => {
      await pair(type, type)
      const match = { vendor: type }
      gateway.simulator.setFaults([{ match, fault: { kind: 'error-in-stream', afterChunks: 9 } }])
      const asked = body({ model: models[type], stream: true, input: '[[tokens:400]]', reasoning: { effort: 'none' } })
      const response = await gateway.post('/v1/responses', group.key, asked)
      expect(response.status).toBe(200)
      const events = eventsOf(await response.text())
      expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_event, index) => index))
      expect(events.slice(-2)).toMatchObject([
        { type: 'error', error: { message: expect.stringMatching(/./) } },
        { type: 'response.failed', response: { status: 'failed', error: { code: expect.stringMatching(/./) } } },
      ])
      const rows = await rowsOfGroup()
      expect(rows).toMatchObject([{ is_final: true, status: 'error' }])
    },
  )

  test('RS2 an answer that is cut ends with an error, and is not shown as complete', async () => {
    await pair('openai', 'openai')
    gateway.simulator.setFaults([{ match: { vendor: 'openai' }, fault: { kind: 'cut', afterChunks: 9 } }])
    const events = await askStream(group.key, body({ reasoning: { effort: 'none' } }))
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['error', 'response.failed'])
    expect(events.some(({ type }) => type === 'response.completed')).toBe(false)
  })

  test.each([false, true])('RS3 an answer is found again at the account that stored it (stream %s)', async (stream) => {
    await pair('openai', 'openai')
    let { id } = stream
      ? ((await askStream(group.key, body())).at(-1)?.response ?? { id: '' })
      : await ask(group.key, body())
    // Turns alternate between equals, so half of these would go to the wrong account.
    for (let turn = 0; turn < 5; turn += 1) {
      const answer = await ask(group.key, body({ input: `[[echo:turn ${turn}]]`, previous_response_id: id }))
      expect(textOf(answer.output)).toBe(`turn ${turn}`)
      id = answer.id
    }
    const accounts = new Set((await rowsOfGroup()).map((row) => row.account_id))
    expect(accounts.size).toBe(1)
  })

  test('RS3 items of a stored answer are found again, also thoughts that come without their content', async () => {
    await pair('openai', 'openai')
    const question = { role: 'user', content: '[[think:20]] [[echo:one]]' }
    const { output } = await ask(group.key, body({ input: [question] }))
    expect(output.map(({ type }) => type)).toEqual(['reasoning', 'message'])
    const more = { role: 'user', content: '[[echo:two]]' }
    const references = output.map(({ id }) => ({ type: 'item_reference', id }))
    for (let turn = 0; turn < 4; turn += 1) {
      const items = turn % 2 === 0 ? output : references
      const answer = await ask(group.key, body({ input: [question, ...items, more], store: false }))
      expect(textOf(answer.output)).toBe('two')
    }
  })

  test('RS3 what nobody has seen stored is refused before anything is sent, unless one account alone can have it', async () => {
    await pair('openai', 'openai')
    const unknown = body({ previous_response_id: 'resp_unknown' })
    expect(await refusal(group.key, unknown)).toMatchObject({
      status: 400,
      code: 'stored_elsewhere',
      param: 'previous_response_id',
      message: expect.stringContaining('send the whole conversation instead'),
    })
    expect(await refusal(group.key, body({ conversation: 'conv_1' }))).toMatchObject({ param: 'conversation' })
    expect(gateway.simulator.ledger()).toEqual([])
    // The only account that can have it says for itself that it has not.
    await pair('openai', 'claude')
    expect(await refusal(group.key, unknown)).toMatchObject({ status: 400, code: 'previous_response_not_found' })
  })

  test('RS3 an answer that one account stored waits for that account', async () => {
    await pair('openai', 'openai')
    const { id } = await ask(group.key, body())
    const [row] = await rowsOfGroup()
    const keeper = row?.account_id === first ? 'first' : 'second'
    gateway.simulator.setFaults([
      { match: { organisation: `${keeper}${round}` }, fault: { kind: 'status-429', retryAfter: '9' } },
    ])
    expect(await refusal(group.key, body({ previous_response_id: id }))).toMatchObject({ status: 429 })
    gateway.simulator.setFaults([])
    expect((await ask(group.key, body())).status).toBe('completed')
  })
})

test('RS3 an answer of one group is unknown to every other, also where they share the account', async () => {
  const body = { model: models.openai, input: '[[echo:said in confidence]]' }
  const { id } = await ask(keyOf('openai'), body)
  const { key: stranger } = await gateway.addGroup(sharedPool('openai'))
  const question = { ...body, input: '[[echo:what was said?]]', previous_response_id: id }
  gateway.simulator.clearLedger()
  expect(await refusal(stranger, question)).toMatchObject({ status: 400, code: 'stored_elsewhere' })
  expect(gateway.simulator.ledger()).toEqual([])
  expect((await ask(keyOf('openai'), question)).status).toBe('completed')
})

test('RS4 what refers to something stored is refused so where accounts of other vendors are of the wire', async () => {
  const { key } = await gateway.addGroup(sharedPool('openai', 'qwen', 'gemini'))
  const refused = await refusal(key, { model: models.gemini, input: 'hi', previous_response_id: 'resp_1' })
  expect(refused).toMatchObject({ status: 400, code: 'not_translatable', param: 'previous_response_id' })
})

test('RS4 what an account of another protocol cannot be told is named or refused', async () => {
  const response = await gateway.post('/v1/responses', keyOf('gemini'), {
    model: models.gemini,
    input: 'hi',
    store: true,
    tools: [{ type: 'web_search' }, ...tools],
    service_tier: 'flex',
  })
  expect(response.status, await response.text()).toBe(200)
  expect(response.headers.get('x-aicarpool-dropped')?.split(', ')).toEqual(
    expect.arrayContaining(['store', 'service_tier', 'tools[0]']),
  )
  gateway.simulator.clearLedger()
  const stored = { model: models.gemini, input: 'hi' }
  for (const [field, value] of [
    ['previous_response_id', 'resp_1'],
    ['conversation', 'conv_1'],
    ['background', true],
  ] as const) {
    const refused = await refusal(keyOf('gemini'), { ...stored, stream: true, [field]: value })
    expect(refused).toMatchObject({ status: 400, code: 'not_translatable', param: field })
  }
  expect(gateway.simulator.ledger()).toEqual([])
})

test('RS5 models that refuse functions on the older wire are reached by the newer one', async () => {
  const tool = { type: 'function', function: { name: 'weather', parameters: city } }
  const messagesTool = { name: 'weather', input_schema: city }
  const response = await gateway.post('/v1/messages', keyOf('openai'), {
    model: models.openai,
    max_tokens: 400,
    tools: [messagesTool],
    thinking: { type: 'enabled', budget_tokens: 1024 },
    messages: [{ role: 'user', content: '[[tool:weather {"city":"Paris"}]]' }],
  })
  const text = await response.text()
  expect(response.status, text).toBe(200)
  expect(JSON.parse(text)).toMatchObject({ stop_reason: 'tool_use' })
  expect(gateway.simulator.ledger().map(({ endpoint }) => endpoint)).toEqual(['responses'])
  // Only Responses serves this model; a client of Chat Completions is translated.
  const chat = await gateway.post('/v1/chat/completions', keyOf('openai'), {
    model: 'gpt-5.2-codex',
    tools: [tool],
    messages: [{ role: 'user', content: '[[tool:weather {"city":"Paris"}]]' }],
  })
  expect(await chat.json()).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }] })
  // What thinks not goes by the wire that takes stop sequences.
  await gateway.post('/v1/messages', keyOf('openai'), {
    model: 'gpt-4.1',
    max_tokens: 50,
    stop_sequences: ['x'],
    messages: [{ role: 'user', content: 'hi' }],
  })
  expect(gateway.simulator.ledger().at(-1)?.endpoint).toBe('chat')
})

test('RS5 a maximum below the least of the wire is raised, and so is what is held for it', async () => {
  const limited = await gateway.addGroup(sharedPool('openai'), { dailyTokenLimit: 100_000 })
  const response = await gateway.post('/v1/messages', limited.key, {
    model: models.openai,
    max_tokens: 1,
    messages: [{ role: 'user', content: '[[tokens:30]]' }],
  })
  expect(response.status, await response.text()).toBe(200)
  expect(gateway.simulator.ledger().at(-1)?.usage.output).toBe(16)
  const row = (await gateway.rows()).find(({ group_id }) => group_id === limited.id)
  expect(row).toMatchObject({ output_tokens: 16n })
})

test('RS6 addresses beside the one for answers say in the dialect why there is nothing', async () => {
  const key = keyOf('openai')
  const at = (path: string, method: string) =>
    fetch(`${gateway.app.url}/v1/responses${path}`, { method, headers: { authorization: `Bearer ${key}` } })
  for (const [path, method] of [
    ['/resp_1', 'GET'],
    ['/resp_1', 'DELETE'],
    ['/resp_1/input_items', 'GET'],
    ['/resp_1/cancel', 'POST'],
    ['/compact', 'POST'],
  ] as const) {
    const response = await at(path, method)
    expect([path, response.status]).toEqual([path, 404])
    expect(await response.json()).toMatchObject({ error: { code: 'not_found', type: 'invalid_request_error' } })
  }
  expect((await at('', 'GET')).status).toBe(405)
  expect((await fetch(`${gateway.app.url}/v1/responses/resp_1`)).status).toBe(401)
})

test('RS6 tokens are counted by an account of the wire, else by an estimate that says so', async () => {
  const count = async (type: ShippedServiceType) => {
    const body = { model: models[type], input: 'how many tokens is this?' }
    const response = await gateway.post('/v1/responses/input_tokens', keyOf(type), body)
    const { input_tokens: tokens, object } = (await response.json()) as { input_tokens: number; object: string }
    expect([object, tokens > 0]).toEqual(['response.input_tokens', true])
    return response.headers.get('x-aicarpool-estimated')
  }
  expect([await count('openai'), await count('qwen'), await count('claude')]).toEqual([null, 'true', 'true'])
})
