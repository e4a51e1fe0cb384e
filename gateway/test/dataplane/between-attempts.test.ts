// What happens to a request between two attempts: its key may be revoked or expire, also while the disk is slow.
import type { RequestListener } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSegmentDirectory } from '../../src/platform/segments.ts'
import { drainRequest } from '../support/scripted-provider.ts'
import { createScriptedGroups, type ScriptedGroup, type ScriptedGroups } from '../support/scripted-groups.ts'
import { messagesBody, startTestGateway, type TestGateway } from '../support/test-gateway.ts'
import { until } from '../support/until.ts'

let gateway: TestGateway
let groups: ScriptedGroups
let aheadMs = 0
let isDiskSlow = false
const unsynced: (() => void)[] = []

beforeAll(async () => {
  gateway = await startTestGateway({
    config: { journalSync: 'strict' },
    app: {
      clock: { now: () => Date.now() + aheadMs, monotonic: () => performance.now() },
      openSegments(path) {
        const directory = openSegmentDirectory(path)
        return {
          ...directory,
          create(segment) {
            const file = directory.create(segment)
            const sync: typeof file.sync = (done) => {
              if (isDiskSlow) unsynced.push(() => file.sync(done))
              else file.sync(done)
            }
            return { ...file, sync }
          },
        }
      },
    },
  })
  groups = createScriptedGroups(gateway)
})
afterAll(async () => {
  await gateway.stop()
  await groups.stop()
})

const answerText = JSON.stringify({
  id: 'm',
  type: 'message',
  content: [],
  usage: { input_tokens: 3, output_tokens: 2 },
})
const answering: RequestListener = (request, response) =>
  void drainRequest(request).then(() => response.writeHead(200, { 'content-type': 'application/json' }).end(answerText))

/** Two accounts: the first calls back and fails, the second would answer. */
const failingFirst = (onFailure: () => void): Promise<ScriptedGroup> =>
  groups.add([
    (request, response) =>
      void drainRequest(request).then(() => {
        onFailure()
        response.writeHead(500).end('{}')
      }),
    answering,
  ])

const rowsOf = async (group: ScriptedGroup) => (await gateway.rows()).filter((row) => row.group_id === group.id)

test('QU12 a key that expires while its first attempt runs gets no second one', async () => {
  const group = await failingFirst(() => (aheadMs = 3_600_000))
  const database = gateway.app.database
  await database.query("UPDATE api_keys SET expires_at = now() + interval '1 minute' WHERE group_id = $1", [group.id])
  await gateway.app.publisher.refresh()
  try {
    const response = await gateway.post('/v1/messages', group.key, messagesBody('hi'))
    // The caller is told of the failure that has happened.
    expect(response.status).toBe(502)
    await response.text()
  } finally {
    aheadMs = 0
  }
  expect(group.providers[1]?.received()).toBe(0)
  expect(await rowsOf(group)).toMatchObject([{ attempt: 1, is_final: true }])
})

test('QU12 a key that is revoked while an attempt is recorded on a slow disk gets no other one', async () => {
  const group = await failingFirst(() => (isDiskSlow = true))
  const answered = gateway.post('/v1/messages', group.key, messagesBody('hi'))
  await until(() => unsynced.length > 0)
  const database = gateway.app.database
  await database.query("UPDATE api_keys SET status = 'revoked', revoked_at = now() WHERE group_id = $1", [group.id])
  await gateway.app.publisher.refresh()
  isDiskSlow = false
  for (const sync of unsynced.splice(0)) sync()
  const response = await answered
  expect(response.status).toBe(401)
  expect(await response.text()).toContain('key_revoked')
  expect(group.providers[1]?.received()).toBe(0)
  expect(await rowsOf(group)).toMatchObject([
    { attempt: 1, is_final: false },
    { attempt: 2, is_final: true, usage_source: 'none', error_code: 'key_revoked' },
  ])
  expect(gateway.app.ledger.pendingTotal()).toBe(0)
})
