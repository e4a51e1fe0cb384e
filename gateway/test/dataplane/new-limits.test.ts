// Limits that are made, taken away and put back while requests run, and while settlement is held up: what is counted in them,
// and what the rest of the configuration does meanwhile.
import { request, type RequestListener } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { GroupId } from '@aicarpool/contract'
import { saveLimit } from '../../src/controlplane/limits/limits.ts'
import { systemTimers, type Timers } from '../../src/platform/timers.ts'
import { createScriptedGroups } from '../support/scripted-groups.ts'
import { drainRequest, startScriptedProvider, type ScriptedProvider } from '../support/scripted-provider.ts'
import {
  messagesBody,
  sharedPool,
  startTestGateway,
  type TestGateway,
  type TestGroup,
} from '../support/test-gateway.ts'
import { until } from '../support/until.ts'

let gateway: TestGateway
let provider: ScriptedProvider
const held: (() => void)[] = []
const answerText = JSON.stringify({
  id: 'm',
  type: 'message',
  content: [{ type: 'text', text: 'hi' }],
  usage: { input_tokens: 300, output_tokens: 300 },
})
/** False: answers do not wait for the test. */
let isHolding = true
const holdAnswer: RequestListener = (incoming, response) =>
  void drainRequest(incoming).then(() => {
    const answer = () => response.writeHead(200, { 'content-type': 'application/json' }).end(answerText)
    if (isHolding) held.push(answer)
    else answer()
  })

/** A configuration waits half a second for its new limits to be counted; a slow machine must not make refusals of that. */
let hasPatience = false
const countWaitMs = 500
const timers: Timers = {
  ...systemTimers,
  after: (ms, fn) => systemTimers.after(hasPatience && ms === countWaitMs ? 60_000 : ms, fn),
}

beforeAll(async () => {
  gateway = await startTestGateway({ app: { timers } })
  provider = await startScriptedProvider(holdAnswer)
  await gateway.addAccount('c', 'claude', { apiEndpoint: provider.url })
})
afterAll(async () => {
  await gateway.stop()
  await provider.stop()
})

const say = () => messagesBody('hello there', { max_tokens: 400 })

/** Begins a request and waits until the provider has it; `answer` lets it end. */
async function begin(group: TestGroup) {
  const before = held.length
  const response = gateway.post('/v1/messages', group.key, say())
  await until(() => held.length > before)
  const answer = held.pop()
  return {
    async answer() {
      answer?.()
      const { status } = await response
      await (await response).text()
      return status
    },
  }
}

async function once(group: TestGroup): Promise<number> {
  const before = held.length
  const response = gateway.post('/v1/messages', group.key, say())
  await Promise.race([response, until(() => held.length > before)])
  held.pop()?.()
  await (await response).text()
  return (await response).status
}

/** Of a window that no group has a limit in from the beginning. */
const limitOf = (groupId: GroupId, amount: string) =>
  ({ scope: 'group', scopeId: groupId, metric: 'tokens', window: 'week', amount }) as const

async function setLimit(groupId: GroupId, amount: string): Promise<void> {
  const { database, random, publisher } = gateway.app
  await database.transaction((tx) => saveLimit(tx, random, gateway.enterpriseId, limitOf(groupId, amount)))
  await publisher.refresh()
}

async function removeLimits(groupId: GroupId): Promise<void> {
  await gateway.app.database.query('DELETE FROM limits WHERE scope_id = $1', [groupId])
  await gateway.app.publisher.refresh()
}

async function usedOf(group: TestGroup): Promise<number | undefined> {
  const response = await fetch(`${gateway.app.url}/api/keys/self`, { headers: { 'x-api-key': group.key } })
  const { data } = (await response.json()) as { data: { limits: { window: string; used: number }[] } }
  return data.limits.find((limit) => limit.window === 'week')?.used
}

const newGroup = () => gateway.addGroup(sharedPool('claude'))

test('QU8 a limit that is made while a request runs counts it when it ends', async () => {
  const group = await newGroup()
  expect(await once(group)).toBe(200)
  const running = await begin(group)
  await setLimit(group.id, '1500')
  expect(await usedOf(group)).toBe(600)
  // The running one holds its bound, so that another does not fit beside it.
  expect(await once(group)).toBe(429)
  expect(await running.answer()).toBe(200)
  expect(await usedOf(group)).toBe(1200)
  expect(gateway.app.ledger.pendingTotal()).toBe(0)
})

test('QU8 a limit that is taken away while a request runs and put back counts everything, once', async () => {
  const group = await newGroup()
  await setLimit(group.id, '10000')
  expect(await once(group)).toBe(200)
  const running = await begin(group)
  await removeLimits(group.id)
  expect(await once(group)).toBe(200)
  expect(await once(group)).toBe(200)
  await setLimit(group.id, '2800')
  expect(await usedOf(group)).toBe(1800)
  expect(await running.answer()).toBe(200)
  expect(await usedOf(group)).toBe(2400)
  expect(await once(group)).toBe(429)
})

test('QU8 a limit that is made under load counts every request exactly once', async () => {
  const group = await newGroup()
  const end = new AbortController()
  const statuses: number[] = []
  const worker = async () => {
    while (!end.signal.aborted) {
      const response = await gateway.post('/v1/messages', group.key, say())
      await response.text()
      statuses.push(response.status)
    }
  }
  isHolding = false
  hasPatience = true
  const workers = Promise.all([worker(), worker(), worker(), worker()])
  for (let round = 0; round < 6; round += 1) {
    await until(() => statuses.length > round * 20)
    await removeLimits(group.id)
    await until(() => statuses.length > round * 20 + 10)
    await setLimit(group.id, '100000000')
  }
  end.abort()
  await workers
  isHolding = true
  hasPatience = false
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(await usedOf(group)).toBe(statuses.length * 600)
})

test('QU11 while settlement is held up, a new limit grants nothing, the old ones stay, and a revocation is in force', async () => {
  const group = await newGroup()
  const other = await newGroup()
  const { database, publisher } = gateway.app
  expect(await once(group)).toBe(200)
  await gateway.app.settler.settleNow()
  await database.query('ALTER TABLE usage_rollups RENAME TO away')
  try {
    expect(await once(group)).toBe(200)
    await database.transaction((tx) =>
      saveLimit(tx, gateway.app.random, gateway.enterpriseId, limitOf(group.id, '100000')),
    )
    await database.query("UPDATE api_keys SET status = 'revoked', revoked_at = now() WHERE group_id = $1", [other.id])
    await publisher.refresh()
    expect((await gateway.post('/v1/messages', other.key, say())).status).toBe(401)
    const refused = await gateway.post('/v1/messages', group.key, say())
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('limit_uncounted')])
    expect(refused.headers.get('x-should-retry')).toBe('true')
  } finally {
    await database.query('ALTER TABLE away RENAME TO usage_rollups')
  }
  await until(async () => (await usedOf(group)) === 1200)
  expect(await once(group)).toBe(200)
})

test('QU11 stopping ends although a new limit waits for settlement that is held up', async () => {
  const own = await startTestGateway()
  try {
    await own.addAccount('c', 'claude')
    const { id, key } = await own.addGroup(sharedPool('claude'))
    const { database, random, publisher } = own.app
    await database.query('ALTER TABLE usage_rollups RENAME TO away')
    await (await own.post('/v1/messages', key, say())).text()
    const limit = { scope: 'group', scopeId: id, metric: 'requests', window: 'week', amount: '5' } as const
    await database.transaction((tx) => saveLimit(tx, random, own.enterpriseId, limit))
    await publisher.refresh()
    await database.query('ALTER TABLE away RENAME TO usage_rollups')
    await own.restart()
    expect(await own.rows()).toHaveLength(1)
  } finally {
    await own.stop()
  }
})

test('QU11 an account with an uncounted limit is passed over, and named when it is the only one', async () => {
  const groups = createScriptedGroups(gateway)
  const answering: RequestListener = (incoming, response) =>
    void drainRequest(incoming).then(() =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(answerText),
    )
  const two = await groups.add([answering, answering])
  const { database, random, publisher } = gateway.app
  const limitAccount = (scopeId: string, window: 'week' | 'total', amount: string) =>
    database.transaction((tx) =>
      saveLimit(tx, random, gateway.enterpriseId, { scope: 'account', scopeId, metric: 'tokens', window, amount }),
    )
  const [first = '', second = ''] = two.accountIds
  await gateway.rows()
  await database.query('ALTER TABLE usage_rollups RENAME TO away')
  try {
    // Something is always left to settle, so that counting cannot end.
    await (await gateway.post('/v1/messages', two.key, say())).text()
    await limitAccount(first, 'week', '1000000')
    await publisher.refresh()
    const servedByFirst = two.providers[0]?.received()
    const served = await gateway.post('/v1/messages', two.key, say())
    expect([served.status, two.providers[0]?.received()]).toEqual([200, servedByFirst])
    await served.text()
    await limitAccount(second, 'week', '1000000')
    await publisher.refresh()
    const refused = await gateway.post('/v1/messages', two.key, say())
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('limit_uncounted')])
    expect(refused.headers.get('retry-after')).toBe('1')
  } finally {
    await database.query('ALTER TABLE away RENAME TO usage_rollups')
    await groups.stop()
  }
})

test('QU12 a key that is revoked while an attempt runs gets no other', async () => {
  const fail: (() => void)[] = []
  const broken = await startScriptedProvider(
    (request, response) => void drainRequest(request).then(() => fail.push(() => response.writeHead(500).end('{}'))),
  )
  try {
    const accounts = []
    for (const [priority, { url }] of [broken, provider].entries()) {
      const own = { accountType: 'dedicated' as const, apiEndpoint: url }
      const accountId = await gateway.addAccount(`revoked-${priority}`, 'claude', own)
      accounts.push({ accountId, serviceType: 'claude' as const, priority })
    }
    const group = await gateway.addGroup({ mode: 'dedicated', accounts })
    const received = provider.received()
    const response = gateway.post('/v1/messages', group.key, say())
    await until(() => fail.length > 0)
    await gateway.app.database.query("UPDATE api_keys SET status = 'revoked', revoked_at = now() WHERE group_id = $1", [
      group.id,
    ])
    await gateway.app.publisher.refresh()
    fail.pop()?.()
    expect((await response).status).toBeGreaterThanOrEqual(400)
    await (await response).text()
    expect(provider.received()).toBe(received)
    const rows = (await gateway.rows()).filter((row) => row.group_id === group.id)
    expect(rows).toMatchObject([{ attempt: 1, is_final: true }])
  } finally {
    await broken.stop()
  }
})

test('QU12 a limit that is made while a body is still coming counts its request', async () => {
  const group = await newGroup()
  const body = JSON.stringify(say())
  const client = request(`${gateway.app.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': group.key, 'content-type': 'application/json', 'content-length': body.length },
  })
  const answered = new Promise<number>((resolve, reject) => {
    client.on('response', (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject)
  })
  client.write(body.slice(0, 20))
  await until(() => gateway.app.live.openRequests() === 1)
  await setLimit(group.id, '10')
  client.end(body.slice(20))
  expect(await answered).toBe(429)
})
