// A thousand requests at once against a budget that is worth exactly so many: so many are served, and not a nano-dollar more is spent.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { saveLimit, type NewLimit } from '../../src/controlplane/limits/limits.ts'
import {
  messagesBody,
  sharedPool,
  startTestGateway,
  type TestGateway,
  type TestGroup,
} from '../support/test-gateway.ts'

const requests = Number(process.env['BUDGET_REQUESTS'] ?? 300)
const worth = 40

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
  await gateway.addAccount('one', 'claude')
  await gateway.addAccount('two', 'claude')
})
afterAll(() => gateway.stop())

/** Every request is the same, so each costs the same: all of the output that it may have. */
const body = (stream: boolean) => messagesBody('[[tokens:60]] the same for all', { max_tokens: 60, stream })
const ask = async (group: TestGroup, stream: boolean) => {
  const response = await gateway.post('/v1/messages', group.key, body(stream))
  return { status: response.status, text: await response.text() }
}

const nanoUsd = (usd: string | number) => Math.round(Number(usd) * 1e9)
const rowsOf = async (group: TestGroup) => (await gateway.rows()).filter((row) => row.group_id === group.id)

/** What one request costs, and what is held for it. */
async function measured(stream: boolean): Promise<{ cost: number; held: number }> {
  const rich = await gateway.addGroup(sharedPool('claude'))
  expect((await ask(rich, stream)).status).toBe(200)
  const [row] = await rowsOf(rich)
  const poor = await gateway.addGroup(sharedPool('claude'), { monthlyBudget: '0.000000001' })
  const { text } = await ask(poor, stream)
  return { cost: nanoUsd(row?.cost ?? ''), held: nanoUsd(/may need ([\d.]+) USD/.exec(text)?.[1] ?? '') }
}

async function limited(scope: NewLimit['scope'], budget: number): Promise<TestGroup> {
  const amount = (budget / 1e9).toFixed(9)
  if (scope === 'group') return gateway.addGroup(sharedPool('claude'), { monthlyBudget: amount })
  const group = await gateway.addGroup(sharedPool('claude'))
  const { rows } = await gateway.app.database.query<{ id: string }>(
    'SELECT id::text AS id FROM api_keys WHERE group_id = $1',
    [group.id],
  )
  const limit: NewLimit = { scope, scopeId: rows[0]?.id ?? '', metric: 'money', window: 'total', amount }
  await gateway.app.database.transaction((tx) => saveLimit(tx, gateway.app.random, gateway.enterpriseId, limit))
  await gateway.app.publisher.refresh()
  return group
}

test.each([
  ['group', false, false],
  ['group', true, true],
  ['key', false, true],
  ['key', true, false],
] as const)(
  'QU7 a budget of a %s (streamed %s, with faults %s) is spent to the last request that fits, and never beyond',
  async (scope, stream, hasFaults) => {
    const { cost, held } = await measured(stream)
    expect(held).toBeGreaterThan(cost)
    const budget = (worth - 1) * cost + held
    const group = await limited(scope, budget)
    if (hasFaults) {
      const match = { key: 'sim-claude-one' }
      gateway.simulator.setFaults([
        { match: { ...match, every: 3 }, fault: { kind: 'status-429', retryAfter: '0' } },
        { match: { ...match, every: 7 }, fault: { kind: 'reset' } },
      ])
    }
    const statuses = await Promise.all(
      Array.from({ length: requests }, async () => {
        const { status, text } = await ask(group, stream)
        if (status === 429) expect(text).toContain('quota_exceeded')
        return status
      }),
    )
    gateway.simulator.setFaults([])
    const spent = (await rowsOf(group)).reduce((sum, row) => sum + nanoUsd(row.cost), 0)
    expect(spent).toBeLessThanOrEqual(budget)
    expect(statuses.filter((status) => status === 200)).toHaveLength(worth)
    expect(spent).toBe(worth * cost)
    expect(gateway.app.ledger.pendingTotal()).toBe(0)
    expect(gateway.app.live.activeTotal()).toBe(0)
  },
)
