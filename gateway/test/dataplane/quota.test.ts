// Quotas through the whole gateway: never overrun together, told in the caller's words, and kept across a restart.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AccountId } from '@aicarpool/contract'
import { saveLimit } from '../../src/controlplane/limits/limits.ts'
import { chatBody, messagesBody, sharedPool, startTestGateway, type TestGateway } from '../support/test-gateway.ts'

let gateway: TestGateway
let account: AccountId

beforeAll(async () => {
  gateway = await startTestGateway()
  account = await gateway.addAccount('c', 'claude')
  await gateway.addAccount('o', 'openai')
})
afterAll(() => gateway.stop())

const pool = sharedPool('claude', 'openai')
const used = async (groupId: string) =>
  (await gateway.rows())
    .filter((row) => row.group_id === groupId)
    .reduce((sum, row) => sum + Number(row.total_tokens), 0)

test('QU7 a thousand requests at once never overrun a token limit together (T01)', async () => {
  const dailyTokenLimit = 20_000
  const group = await gateway.addGroup(pool, { dailyTokenLimit })
  const statuses = await Promise.all(
    Array.from({ length: 1000 }, async (_, index) => {
      const response = await gateway.post(
        '/v1/messages',
        group.key,
        messagesBody(`[[tokens:100]] ${index}`, { max_tokens: 100 }),
      )
      await response.text()
      return response.status
    }),
  )
  const granted = statuses.filter((status) => status === 200).length
  expect(statuses.filter((status) => status === 429)).toHaveLength(1000 - granted)
  expect(granted).toBeGreaterThan(20)
  const total = await used(group.id)
  expect(total).toBeLessThanOrEqual(dailyTokenLimit)
  expect(total).toBeGreaterThan(0)
})

test('QU7 money: as many requests pass as the budget covers, and not one more', async () => {
  const group = await gateway.addGroup(pool, { monthlyBudget: '0.05' })
  for (let count = 0; count < 60; count += 1) {
    const response = await gateway.post('/v1/messages', group.key, messagesBody('[[tokens:200]]', { max_tokens: 200 }))
    await response.text()
    if (response.status === 429) break
  }
  const rows = (await gateway.rows()).filter((row) => row.group_id === group.id)
  const spent = rows.reduce((sum, row) => sum + Number(row.cost), 0)
  expect(spent).toBeLessThanOrEqual(0.05)
  // The next request could not have fit: 200 tokens of output alone cost $0.003.
  expect(spent).toBeGreaterThan(0.04)
})

test('QU6 the refusal names the limit, what is left and when it resets, in every dialect', async () => {
  const group = await gateway.addGroup(pool, { dailyTokenLimit: 10 })
  const calls: [string, unknown][] = [
    ['/v1/messages', messagesBody('x')],
    ['/v1/chat/completions', chatBody('x')],
    ['/api/ai/chat', { groupId: group.id, messages: [{ role: 'user', content: 'x' }] }],
  ]
  for (const [path, body] of calls) {
    const response = await gateway.post(path, group.key, body)
    expect(response.status).toBe(429)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    const text = await response.text()
    expect(text).toContain('quota_exceeded')
    expect(text).toContain('Quota exceeded')
    expect(text).toMatch(/day limit on tokens of this group has 10 tokens left.*will reset at \d{4}-/)
  }
})

test('QU3 a limit of zero blocks', async () => {
  const group = await gateway.addGroup(pool, { monthlyBudget: '0' })
  expect((await gateway.post('/v1/messages', group.key, messagesBody('x'))).status).toBe(429)
})

test('QU1 a limit of the enterprise stops what the group would allow, and nothing stays held', async () => {
  const other = await gateway.addGroup(pool)
  const limit = { scope: 'group', scopeId: other.id, metric: 'requests', window: 'day', amount: '2' } as const
  await gateway.app.database.transaction((tx) => saveLimit(tx, gateway.app.random, gateway.enterpriseId, limit))
  await gateway.app.publisher.refresh()
  const statuses: number[] = []
  for (let count = 0; count < 4; count += 1) {
    const response = await gateway.post('/v1/messages', other.key, messagesBody('x'))
    await response.text()
    statuses.push(response.status)
  }
  expect(statuses).toEqual([200, 200, 429, 429])
  expect(gateway.app.ledger.pendingTotal()).toBe(0)
})

test('an account whose daily limit is used up is passed over', async () => {
  const limited = await gateway.addAccount('limited', 'claude', { accountType: 'dedicated', dailyLimit: 5 })
  const group = await gateway.addGroup({
    mode: 'hybrid',
    primaryAccounts: [limited],
    fallbackPools: [{ serviceType: 'claude', priority: 1 }],
  })
  const response = await gateway.post('/v1/messages', group.key, messagesBody('x'))
  expect(response.status).toBe(200)
  await response.text()
  expect((await gateway.rows()).at(-1)?.account_id).toBe(account)
})

test('QU9 a model without a price is refused where a budget applies, and marked where none does (T11)', async () => {
  const supportedModels = ['claude-home-made']
  const own = await gateway.addAccount('unpriced', 'claude', { accountType: 'dedicated', supportedModels })
  const bound = {
    mode: 'dedicated' as const,
    accounts: [{ accountId: own, serviceType: 'claude' as const, priority: 1 }],
  }
  const group = await gateway.addGroup(bound, { monthlyBudget: '10' })
  const response = await gateway.post('/v1/messages', group.key, messagesBody('x', { model: 'claude-home-made' }))
  expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('model_unpriced')])
})

test('QU8 after a restart the limit continues from what was consumed', async () => {
  const group = await gateway.addGroup(pool, { dailyTokenLimit: 900 })
  const say = async () => {
    const response = await gateway.post('/v1/messages', group.key, messagesBody('[[tokens:250]]', { max_tokens: 250 }))
    await response.text()
    return response.status
  }
  expect([await say(), await say()]).toEqual([200, 200])
  const before = await used(group.id)
  await gateway.restart()
  const self = await fetch(`${gateway.app.url}/api/keys/self`, { headers: { 'x-api-key': group.key } })
  const { data } = (await self.json()) as { data: { limits: { metric: string; used: number }[] } }
  expect(data.limits.find((limit) => limit.metric === 'tokens')?.used).toBe(before)
  expect([await say(), await say()]).toEqual([200, 429])
})

test.each([
  ['without the model', 'claude', { supportedModels: ['claude-haiku-4-5'] }],
  ['of another protocol', 'openai', {}],
  ['that is disabled', 'claude', { isDisabled: true }],
] as const)('QU10 an account at its own limit is told of, also beside one %s', async (name, serviceType, over) => {
  const own = { accountType: 'dedicated' as const }
  const suffix = name.replaceAll(' ', '-')
  const full = await gateway.addAccount(`full-${suffix}`, 'claude', { ...own, dailyLimit: 5 })
  const other = await gateway.addAccount(`other-${suffix}`, serviceType, {
    ...own,
    supportedModels: 'supportedModels' in over ? [...over.supportedModels] : [],
  })
  if ('isDisabled' in over)
    await gateway.app.database.query('UPDATE ai_service_accounts SET is_enabled = false WHERE id = $1', [other])
  const { key } = await gateway.addGroup({
    mode: 'dedicated',
    accounts: [
      { accountId: full, serviceType: 'claude', priority: 1 },
      { accountId: other, serviceType, priority: 2 },
    ],
  })
  const response = await gateway.post('/v1/messages', key, messagesBody('hello there'))
  expect(response.status, await response.text()).toBe(429)
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(1)
})
