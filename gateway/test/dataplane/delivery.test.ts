// Answers on their way to the client: how they begin, and that stopping waits for their end.
import { expect, test } from 'vitest'
import { createHandTimers } from '../support/hand-timers.ts'
import { drainRequest, largeAnswer, largeText, startScriptedProvider } from '../support/scripted-provider.ts'
import { messagesBody, startTestGateway } from '../support/test-gateway.ts'
import { until } from '../support/until.ts'

const messageStart =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":321,"output_tokens":1}}}\n\n'

test('ST3 an answer whose first words take long begins with its headers, also where they are translated', async () => {
  const slow = createHandTimers(15_000)
  const own = await startTestGateway({ app: { timers: slow.timers } })
  const delta = (type: string, text: string) =>
    `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: `${type}_delta`, [type]: text } })}\n\n`
  let goOn: () => void = () => undefined
  const provider = await startScriptedProvider((request, response) => {
    void drainRequest(request).then(() => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`${messageStart}event: ping\ndata: {"type":"ping"}\n\n`)
      goOn = () => response.end(`${delta('text', 'so')}event: message_stop\ndata: {"type":"message_stop"}\n\n`)
    })
  })
  try {
    const accountId = await own.addAccount('slow', 'claude', { accountType: 'dedicated', apiEndpoint: provider.url })
    const accounts = [{ accountId, serviceType: 'claude' as const, priority: 1 }]
    const { id, key } = await own.addGroup({ mode: 'dedicated', accounts })
    const messages = [{ role: 'user', content: 'hi' }]
    const before = slow.waiting()
    const answered = own.post('/api/ai/chat', key, { groupId: id, messages, stream: true })
    await until(() => slow.waiting() > before)
    slow.fire()
    const response = await answered
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    goOn()
    expect(await response.text()).toContain('event: delta\ndata: {"content":"so"}')
  } finally {
    await own.stop()
    await provider.stop()
  }
})

test('HO4 stopping waits for a large answer that is still being read', async () => {
  const own = await startTestGateway()
  const provider = await startScriptedProvider(largeAnswer)
  try {
    const accountId = await own.addAccount('big', 'claude', { accountType: 'dedicated', apiEndpoint: provider.url })
    const accounts = [{ accountId, serviceType: 'claude' as const, priority: 1 }]
    const { key } = await own.addGroup({ mode: 'dedicated', accounts })
    const response = await own.post('/v1/messages', key, messagesBody('hello there'))
    const stopped = own.restart()
    const text = await response.text()
    expect(text).toHaveLength(largeText.length)
    await stopped
    expect(await own.rows()).toMatchObject([{ usage_source: 'reported', status: 'success' }])
  } finally {
    await own.stop()
    await provider.stop()
  }
})
