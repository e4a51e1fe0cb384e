// Streams of which the client sees nothing for long, because the provider thinks in silence.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHandTimers } from '../support/hand-timers.ts'
import { drainRequest, startScriptedProvider, type ScriptedProvider } from '../support/scripted-provider.ts'
import { messagesBody, startTestGateway, type TestGateway } from '../support/test-gateway.ts'
import { until } from '../support/until.ts'

const slow = createHandTimers(10_000)
const event = (type: string, rest: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`
const started =
  event('message_start', { message: { id: 'm', model: 'c', usage: { input_tokens: 3, output_tokens: 1 } } }) +
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'so' } })
const ended =
  event('content_block_stop', { index: 0 }) +
  event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } }) +
  event('message_stop', {})

let gateway: TestGateway
let provider: ScriptedProvider
let group: { id: string; key: string }
let goOn: () => void = () => undefined

beforeAll(async () => {
  gateway = await startTestGateway({ app: { timers: slow.timers } })
  provider = await startScriptedProvider((request, response) => {
    void drainRequest(request).then(() => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(started)
      goOn = () => response.end(ended)
    })
  })
  const accountId = await gateway.addAccount('slow', 'claude', { accountType: 'dedicated', apiEndpoint: provider.url })
  const accounts = [{ accountId, serviceType: 'claude' as const, priority: 1 }]
  group = await gateway.addGroup({ mode: 'dedicated', accounts })
})
afterAll(async () => {
  await gateway.stop()
  await provider.stop()
})

/** The whole text of a stream that is silent for so many looks of ten seconds behind its first words. */
async function streamed(path: string, body: Record<string, unknown>, looks: number): Promise<string> {
  const response = await gateway.post(path, group.key, body)
  expect(response.status).toBe(200)
  for (let look = 0; look < looks; look += 1) {
    await until(() => slow.waiting() > 0)
    slow.fire()
  }
  goOn()
  return response.text()
}

const model = 'claude-sonnet-4-5'
const messages = [{ role: 'user', content: 'hi' }]
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]
const comment = ': keep-alive\n\n'

test.each([
  ['Chat Completions', '/v1/chat/completions', { model, messages, stream: true }],
  ['Responses', '/v1/responses', { model, input: 'hi', stream: true }],
  ['generateContent', `/v1beta/models/${model}:streamGenerateContent?alt=sse`, { contents }],
])('ST7 a silent stream of %s says that it lives, between two events', async (_name, path, body) => {
  const text = await streamed(path, body, 3)
  // The first look finds the first words; the two behind it nothing.
  expect(text.split(comment)).toHaveLength(3)
  const events = text.replaceAll(comment, '').replaceAll('\r', '').split('\n\n').slice(0, -1)
  for (const one of events) expect(one).toMatch(/^(event: [\w.]+\n)?data: (\{.*\}|\[DONE\])$/)
  expect(text.indexOf('so')).toBeLessThan(text.indexOf(comment))
})

test('ST7 a silent array of generateContent stays one JSON array', async () => {
  const text = await streamed(`/v1beta/models/${model}:streamGenerateContent`, { contents }, 3)
  expect(text).toContain('\r\n\r\n')
  expect(JSON.parse(text)).toMatchObject([{ candidates: [{ content: { parts: [{ text: 'so' }] } }] }, {}])
})

test('ST7 a silent stream that is passed through stays as the provider sends it', async () => {
  const response = await gateway.post('/v1/messages', group.key, { ...messagesBody('hi'), stream: true })
  expect(response.status).toBe(200)
  if (slow.waiting() > 0) slow.fire()
  goOn()
  expect(await response.text()).toBe(started + ended)
})
