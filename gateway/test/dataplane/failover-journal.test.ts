// A failover whose next attempt the journal refuses: the request ends with a row that says so, whatever was billed before.
import type { RequestListener } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSegmentDirectory } from '../../src/platform/segments.ts'
import { drainRequest, startScriptedProvider, type ScriptedProvider } from '../support/scripted-provider.ts'
import { messagesBody, startTestGateway, type TestGateway } from '../support/test-gateway.ts'

let gateway: TestGateway
const providers: ScriptedProvider[] = []
/** Every write of the journal that answers true fails. */
let isRefused: (bytes: Buffer) => boolean = () => false

beforeAll(async () => {
  gateway = await startTestGateway({
    app: {
      openSegments(path) {
        const directory = openSegmentDirectory(path)
        return {
          ...directory,
          create(segment) {
            const file = directory.create(segment)
            return {
              ...file,
              write(bytes, length) {
                if (isRefused(bytes.subarray(0, length))) throw new RangeError('i/o error')
                file.write(bytes, length)
              },
            }
          },
        }
      },
    },
  })
})
afterAll(async () => {
  await gateway.stop()
  for (const provider of providers) await provider.stop()
})

const messageStart =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":321,"output_tokens":1}}}\n\n'
const failing: RequestListener = (request, response) =>
  void drainRequest(request).then(() => response.writeHead(500).end('{}'))
const failingBilled: RequestListener = (request, response) =>
  void drainRequest(request).then(() => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(messageStart, () => response.destroy())
  })

test.each([
  ['costs nothing', failing, 'none'],
  ['was billed', failingBilled, 'partial'],
] as const)(
  'RT6 a failover whose next attempt the journal refuses ends the request; the first %s',
  async (_name, answer, source) => {
    const accounts = []
    for (const [priority, listener] of [answer, failing].entries()) {
      const provider = await startScriptedProvider(listener)
      providers.push(provider)
      const own = { accountType: 'dedicated' as const, apiEndpoint: provider.url }
      const accountId = await gateway.addAccount(`${source}-${priority}`, 'claude', own)
      accounts.push({ accountId, serviceType: 'claude' as const, priority })
    }
    const group = await gateway.addGroup({ mode: 'dedicated', accounts })
    let failures = 0
    // The FINAL of the first attempt and the INTENT of the second come to two failed writes in a row: the disk is away.
    isRefused = (bytes) => {
      if (failures >= 2 || (failures === 0 && !bytes.includes(`"${source}"`))) return false
      failures += 1
      return true
    }
    const response = await gateway.post('/v1/messages', group.key, messagesBody('hi', { stream: true }))
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('journal_unavailable')])
    const second = providers.at(-1)
    const rowsOf = async () => (await gateway.rows()).filter((row) => row.group_id === group.id)
    while ((await rowsOf()).length < 2) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await rowsOf()).toMatchObject([
      { attempt: 1, is_final: false, usage_source: source },
      { attempt: 2, is_final: true, usage_source: 'none', error_code: 'journal_unavailable', total_tokens: 0n },
    ])
    expect(second?.received()).toBe(0)
    expect(gateway.app.ledger.pendingTotal()).toBe(0)
  },
)
