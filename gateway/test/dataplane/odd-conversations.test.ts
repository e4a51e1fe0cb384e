// Conversations that clients send although their own vendor's rules say otherwise, and answers that come in the other form: on accounts
// of every vendor.
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serviceTypes, type ShippedServiceType } from '../../src/core/providers/index.ts'
import { shippedProviders } from '../../src/core/providers/index.ts'
import { createScriptedGroups, rawClient, rawRequest, type ScriptedGroups } from '../support/scripted-groups.ts'
import { drainRequest } from '../support/scripted-provider.ts'
import {
  messagesBody,
  sharedPool,
  startTestGateway,
  type TestGateway,
  type TestGroup,
} from '../support/test-gateway.ts'
import { until } from '../support/until.ts'

let gateway: TestGateway
let scripted: ScriptedGroups
const groups = new Map<ShippedServiceType, TestGroup>()
const models: Record<ShippedServiceType, string> = {
  claude: 'claude-sonnet-4-5',
  openai: 'gpt-5.1',
  gemini: 'gemini-3.5-flash',
  qwen: 'qwen3-max',
}

beforeAll(async () => {
  gateway = await startTestGateway()
  scripted = createScriptedGroups(gateway)
  for (const type of serviceTypes) {
    await gateway.addAccount(`a-${type}`, type)
    groups.set(type, await gateway.addGroup(sharedPool(type)))
  }
})
afterAll(async () => {
  await gateway.stop()
  await scripted.stop()
})

async function post(type: ShippedServiceType, path: string, body: object) {
  const response = await gateway.post(path, groups.get(type)?.key ?? '', body)
  return { status: response.status, text: await response.text() }
}

const chatTools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }]
const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })

test.each(serviceTypes)(
  'TR21 a call that was never answered does not spoil the conversation, on a %s account',
  async (type) => {
    const model = models[type]
    const asked = { role: 'user', parts: [{ text: 'a' }] }
    const made = {
      role: 'model',
      parts: [{ functionCall: { name: 'f', args: {} } }, { functionCall: { name: 'f', args: {} } }],
    }
    const one = { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'x' } } }] }
    const tools = [{ functionDeclarations: [{ name: 'f' }] }]
    const shown = [
      await post(type, `/v1beta/models/${model}:generateContent`, { tools, contents: [asked, made, one] }),
      await post(type, '/v1/responses', {
        model,
        store: false,
        tools: [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }],
        input: [
          { role: 'user', content: 'a' },
          { type: 'function_call', call_id: 'c0', name: 'f', arguments: '{}' },
          { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
          { type: 'function_call_output', call_id: 'c0', output: 'x' },
          { role: 'user', content: 'go' },
        ],
      }),
    ]
    // A vendor may refuse what its own clients send: that is its own word.
    const translated = shown.filter(
      (_, index) => !(index === 0 ? type === 'gemini' : type === 'openai' || type === 'qwen'),
    )
    for (const { status, text } of translated) expect(status, text).toBe(200)
  },
)

test.each(['claude', 'gemini'] as const)(
  'TR21 ids of calls that repeat, or become the same, stay apart on a %s account',
  async (type) => {
    const answered = await post(type, '/v1/chat/completions', {
      model: models[type],
      tools: chatTools,
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', tool_calls: [call('c.0'), call('c_0')] },
        { role: 'tool', tool_call_id: 'c.0', content: 'x' },
        { role: 'tool', tool_call_id: 'c_0', content: 'y' },
        { role: 'assistant', tool_calls: [call('c_0')] },
        { role: 'tool', tool_call_id: 'c_0', content: 'z' },
      ],
    })
    expect(answered.status, answered.text).toBe(200)
  },
)

test.each(serviceTypes)('TR21 instructions alone are a conversation, on a %s account', async (type) => {
  const messages = [{ role: 'system', content: 'Say hi' }]
  const { status, text } = await post(type, '/v1/chat/completions', { model: models[type], messages })
  expect(status, text).toBe(200)
})

const whole = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'x',
  content: [{ type: 'text', text: 'HELLO WORLD' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 2 },
}
const inOnePiece: RequestListener = (request, response) =>
  void drainRequest(request).then(() =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole)),
  )
const event = (type: string, rest: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`
const asEvents: RequestListener = (request, response) =>
  void drainRequest(request).then(() =>
    response
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .end(
        event('message_start', { message: { ...whole, content: [] } }) +
          event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
          event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'HELLO WORLD' } }) +
          event('content_block_stop', { index: 0 }) +
          event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } }) +
          event('message_stop', {}),
      ),
  )
const chat = (stream: boolean) => ({ model: models.claude, stream, messages: [{ role: 'user', content: 'a' }] })

test('ST8 a translated stream that the provider answers in one piece is a stream all the same', async () => {
  const { key } = await scripted.add([inOnePiece])
  const response = await gateway.post('/v1/chat/completions', key, chat(true))
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const text = await response.text()
  expect(text).toContain('HELLO WORLD')
  expect(text).toMatch(/data: \[DONE\]\n\n$/)
})

test('ST8 a translated plain answer that the provider streams is one JSON object', async () => {
  const { key } = await scripted.add([asEvents])
  const response = await gateway.post('/v1/chat/completions', key, chat(false))
  expect(response.headers.get('content-type')).toContain('application/json')
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'HELLO WORLD' } }] })
})

test('TR6 a conversation with thoughts of another vendor is counted by the account, not estimated', async () => {
  const thoughts = [
    { type: 'thinking', thinking: 'x', signature: 'translated:unsigned' },
    { type: 'text', text: 'b' },
  ]
  const messages = [
    { role: 'user', content: 'a' },
    { role: 'assistant', content: thoughts },
    { role: 'user', content: 'c' },
  ]
  const body = { model: models.claude, messages }
  const response = await gateway.post('/v1/messages/count_tokens', groups.get('claude')?.key ?? '', body)
  expect([response.status, response.headers.get('x-aicarpool-estimated')]).toEqual([200, null])
})

test('ME6 an image in a request whose answer was cut is estimated as an image, not by its bytes', async () => {
  const url = `data:image/png;base64,${Buffer.alloc(1_000_000, 7).toString('base64')}`
  gateway.simulator.setFaults([{ match: {}, fault: { kind: 'cut', afterChunks: 4 } }])
  const { text } = await post('openai', '/v1/chat/completions', {
    model: 'gpt-4.1',
    stream: true,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url } },
          { type: 'text', text: '[[tokens:200]]' },
        ],
      },
    ],
  })
  gateway.simulator.setFaults([])
  expect(text).toContain('upstream_cut')
  const row = (await gateway.rows()).at(-1)
  expect(row?.usage_source).toBe('estimated')
  expect(Number(row?.input_tokens)).toBeLessThan(5000)
})

test('an endpoint as the vendor’s own documents give it, with the wire’s prefix and the version', async () => {
  const apiEndpoint = `${gateway.simulator.url}/qwen/compatible-mode/v1`
  const accountId = await gateway.addAccount('as-documented', 'qwen', { accountType: 'dedicated', apiEndpoint })
  const accounts = [{ accountId, serviceType: 'qwen' as const, priority: 0 }]
  const { key } = await gateway.addGroup({ mode: 'dedicated', accounts })
  for (const path of ['/v1/chat/completions', '/v1/messages']) {
    const body = { model: models.qwen, max_tokens: 50, messages: [{ role: 'user', content: 'a' }] }
    expect((await gateway.post(path, key, body)).status).toBe(200)
  }
})

test('ST9 headers that a client names for this connection alone stay on it', async () => {
  let received: IncomingHttpHeaders = {}
  const { key } = await scripted.add([
    (request, response) => {
      received = request.headers
      inOnePiece(request, response)
    },
  ])
  const socket = rawClient(gateway)
  const body = JSON.stringify(messagesBody('hi'))
  const length = `content-length: ${Buffer.byteLength(body)}`
  socket.write(
    rawRequest(
      key,
      body,
      `${length}\r\nconnection: close, x-internal-token\r\nx-internal-token: secret\r\nx-kept: yes\r\n`,
    ),
  )
  await until(() => received['x-kept'] === 'yes')
  socket.destroy()
  expect(received).not.toHaveProperty('x-internal-token')
})

test.each([
  ['{}', 'server-error:no_answer'],
  ['{"code":"Throttling.RateQuota","message":"Too many requests","request_id":"r"}', 'server-error'],
  ['{"error":{"type":"rate_limit_error","message":"slow down"}}', 'rate-limited:rate_limit_error'],
])('RT6 %s with status 200 is no answer: another account gives one', async (text, code) => {
  const json: RequestListener = (request, response) =>
    void drainRequest(request).then(() => response.writeHead(200, { 'content-type': 'application/json' }).end(text))
  for (const [path, body] of [
    ['/v1/messages', messagesBody('hi')],
    ['/v1/chat/completions', chat(false)],
  ] as const) {
    const group = await scripted.add([json, inOnePiece])
    const response = await gateway.post(path, group.key, body)
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('HELLO WORLD')])
    const [first] = (await gateway.rows()).filter((row) => row.group_id === group.id)
    expect([first?.is_final, Number(first?.cost)], path).toEqual([false, 0])
    expect(first?.error_code).toContain(path === '/v1/messages' ? code : code.split(':')[0])
  }
})

test('RT7 the codes of Qwen for its paces are paces inside a 200 answer too', () => {
  const inside = (code: string) =>
    shippedProviders.get('qwen')?.refineFailure?.({
      kind: 'server-error',
      status: undefined,
      code,
      message: '',
      retryAfterMs: undefined,
    })?.kind
  expect(inside('Throttling.RateQuota')).toBe('rate-limited')
  expect(inside('limit_burst_rate')).toBe('rate-limited')
  expect(inside('AllocationQuota.FreeTierOnly')).toBe('quota-exhausted')
  expect(inside('InternalError')).toBeUndefined()
})

test('ST10 an address below the vendors’ own that no wire has is refused in the dialect of its callers', async () => {
  const ask = async (path: string, headers = {}) => {
    const response = await fetch(gateway.app.url + path, { method: 'POST', body: '{}', headers })
    return [response.status, await response.json()]
  }
  expect(await ask('/v1/audio/nowhere')).toEqual([404, { error: expect.objectContaining({ code: 'not_found' }) }])
  expect(await ask('/v1/nowhere', { 'anthropic-version': '2023-06-01' })).toEqual([
    404,
    expect.objectContaining({ type: 'error', error: expect.objectContaining({ type: 'not_found_error' }) }),
  ])
  expect(await ask('/v1beta/nowhere')).toEqual([404, { error: expect.objectContaining({ code: 404 }) }])
  expect(await ask('/api/nowhere')).toEqual([404, expect.objectContaining({ success: false })])
})
