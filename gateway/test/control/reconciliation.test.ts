// Looking the books over: nothing is found where all is well, also under load, and each planted damage is found and named.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reconcile } from '../../src/controlplane/reconciliation/reconciliation.ts'
import { shippedProviders } from '../../src/core/providers/index.ts'
import { systemTimers, type Timers } from '../../src/platform/timers.ts'
import { until } from '../support/until.ts'
import {
  chatBody,
  messagesBody,
  sharedPool,
  startTestGateway,
  type TestGateway,
  type TestGroup,
} from '../support/test-gateway.ts'

let gateway: TestGateway
let group: TestGroup

const query = (sql: string) => gateway.app.database.query(sql)
/** The gateway's clock stands early in a quarter of an hour, so that all of it happens in one. */
const quarterMs = 15 * 60_000
let aheadMs = quarterMs - (Date.now() % quarterMs) + 1000
const clock = { now: () => Date.now() + aheadMs, monotonic: () => performance.now() }

const lookOver = (period?: { from: Date; until: Date }) =>
  reconcile({
    database: gateway.app.database,
    providers: shippedProviders,
    clock,
    ...(period ? { period } : {}),
  })

async function load(count: number, of = group): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const stream = index % 2 === 0
      const response =
        index % 3 === 0
          ? await gateway.post('/v1/chat/completions', of.key, chatBody(`[[tokens:${index}]] ${index}`, { stream }))
          : await gateway.post('/v1/messages', of.key, messagesBody(`[[tokens:${index}]] ${index}`, { stream }))
      await response.text()
    }),
  )
}

/** What the gateway does each minute. */
let everyMinute: () => void = () => undefined
const timers: Timers = {
  ...systemTimers,
  every(ms, work) {
    if (ms === 60_000) everyMinute = work
    return systemTimers.every(ms, work)
  },
}

const lastHour = () => ({ from: new Date(clock.now() - 3_600_000), until: new Date(clock.now() + 3_600_000) })

beforeAll(async () => {
  gateway = await startTestGateway({ app: { timers, clock } })
  await gateway.addAccount('one', 'claude')
  await gateway.addAccount('two', 'openai')
  group = await gateway.addGroup(sharedPool('claude', 'openai'), {
    dailyTokenLimit: 1_000_000_000,
    warningThreshold: 0,
    alertThreshold: 0,
  })
  await load(60)
  await gateway.rows()
})
afterAll(() => gateway.stop())

test('RC1 where all is well nothing is found, and every row is computed anew', async () => {
  const found = await lookOver()
  expect(found).toMatchObject({ findings: [], rowsPassedOver: 0 })
  expect(found.rowsChecked).toBe((await gateway.rows()).filter((row) => row.usage_source !== 'none').length)
})

test('RC1 under load, with providers that fail, nothing is found either', async () => {
  gateway.simulator.setFaults([
    { match: { every: 5 }, fault: { kind: 'cut', afterChunks: 4 } },
    { match: { every: 7 }, fault: { kind: 'status-500' } },
    { match: { every: 11 }, fault: { kind: 'missing-usage' } },
  ])
  const loading = load(200)
  for (let times = 0; times < 6; times += 1) {
    expect((await lookOver(times % 2 === 0 ? undefined : lastHour())).findings).toEqual([])
  }
  await loading
  gateway.simulator.setFaults([])
  await gateway.rows()
  expect((await lookOver()).findings).toEqual([])
})

const oneRow =
  "(request_id, attempt) = (SELECT request_id, attempt FROM usage_stats WHERE usage_source = 'reported' ORDER BY id LIMIT 1)"
const oneRollup = 'ctid = (SELECT ctid FROM usage_rollups ORDER BY slot_start, cost LIMIT 1)'
const damages: [name: string, damage: string, repair: string, checks: string[]][] = [
  [
    'a cost',
    `UPDATE usage_stats SET cost = cost + 0.000000001 WHERE ${oneRow}`,
    `UPDATE usage_stats SET cost = cost - 0.000000001 WHERE ${oneRow}`,
    ['costs', 'roll-ups'],
  ],
  [
    'a class of tokens',
    `UPDATE usage_stats SET input_tokens = input_tokens + 1, cache_read_tokens = cache_read_tokens - 1 WHERE ${oneRow}`,
    `UPDATE usage_stats SET input_tokens = input_tokens - 1, cache_read_tokens = cache_read_tokens + 1 WHERE ${oneRow}`,
    ['costs', 'roll-ups'],
  ],
  [
    'a sum of tokens',
    `UPDATE usage_stats SET total_tokens = total_tokens + 1 WHERE ${oneRow}`,
    `UPDATE usage_stats SET total_tokens = total_tokens - 1 WHERE ${oneRow}`,
    ['roll-ups', 'row-sums'],
  ],
  [
    'a row that is gone',
    `CREATE TABLE taken AS SELECT * FROM usage_stats WHERE ${oneRow}; DELETE FROM usage_stats WHERE id = (SELECT id FROM taken)`,
    '',
    ['roll-ups'],
  ],
  [
    'a roll-up’s cost',
    `UPDATE usage_rollups SET cost = cost + 0.000000001 WHERE ${oneRollup}`,
    `UPDATE usage_rollups SET cost = cost - 0.000000001 WHERE ${oneRollup}`,
    ['roll-ups', 'totals-of-accounts', 'totals-of-enterprises', 'totals-of-groups'],
  ],
  [
    'a roll-up’s requests',
    `UPDATE usage_rollups SET attempts = attempts + 1 WHERE ${oneRollup}`,
    `UPDATE usage_rollups SET attempts = attempts - 1 WHERE ${oneRollup}`,
    ['roll-ups'],
  ],
  [
    'an account’s total',
    "UPDATE ai_service_accounts SET total_cost = total_cost + 0.000000001 WHERE name = 'one'",
    "UPDATE ai_service_accounts SET total_cost = total_cost - 0.000000001 WHERE name = 'one'",
    ['totals-of-accounts'],
  ],
  [
    'a group’s total',
    'UPDATE groups SET total_tokens = total_tokens - 1',
    'UPDATE groups SET total_tokens = total_tokens + 1',
    ['totals-of-groups'],
  ],
  [
    'an enterprise’s total',
    'UPDATE enterprises SET total_requests = total_requests + 1',
    'UPDATE enterprises SET total_requests = total_requests - 1',
    ['totals-of-enterprises'],
  ],
  [
    'two events of one threshold',
    `INSERT INTO events (enterprise_id, group_id, kind, severity, subject, detail, dedupe_key)
     SELECT enterprise_id, group_id, kind, severity, subject, detail, 'double' FROM events WHERE kind = 'limit_alert' LIMIT 1`,
    "DELETE FROM events WHERE dedupe_key = 'double'",
    ['one-alert'],
  ],
]

test.each(damages.filter(([, , repair]) => repair !== ''))(
  'RC2 %s that was changed is found, and nothing else',
  async (_name, damage, repair, checks) => {
    await query(damage)
    const { findings } = await lookOver()
    await query(repair)
    expect([...new Set(findings.map(({ check }) => check))].toSorted()).toEqual(checks)
    expect((await lookOver()).findings).toEqual([])
  },
)

test('RC2 a row of another enterprise’s account, and a second final attempt', async () => {
  const other = await query("INSERT INTO enterprises (name) VALUES ('Other') RETURNING id::text AS id")
  const id = (other.rows[0] as { id: string }).id
  const own = gateway.enterpriseId
  await query(`UPDATE ai_service_accounts SET enterprise_id = '${id}' WHERE name = 'two'`)
  const { findings } = await lookOver()
  await query(`UPDATE ai_service_accounts SET enterprise_id = '${own}' WHERE name = 'two'`)
  expect([...new Set(findings.map(({ check }) => check))]).toEqual(['tenants'])
  await query(`UPDATE usage_stats SET attempt = 2, request_id = (SELECT request_id FROM usage_stats WHERE is_final ORDER BY id LIMIT 1)
    WHERE id = (SELECT id FROM usage_stats WHERE is_final ORDER BY id DESC LIMIT 1)`)
  const twice = await lookOver()
  expect(new Set(twice.findings.map(({ check }) => check))).toContain('one-final')
})

test('RC3 the running gateway looks by itself', async () => {
  const runs = async () => {
    const { rows } = await query('SELECT count(*)::int AS count FROM reconciliation_runs WHERE since IS NOT NULL')
    return (rows[0] as { count: number }).count
  }
  const before = await runs()
  aheadMs += quarterMs + 60_000
  everyMinute()
  await until(async () => (await runs()) > before)
  expect(await runs()).toBe(before + 1)
  const { rows } = await query(
    'SELECT findings, rows_checked::int AS checked FROM reconciliation_runs ORDER BY id DESC LIMIT 1',
  )
  expect(rows).toMatchObject([{ findings: [{ check: 'one-final' }], checked: expect.any(Number) }])
  // The same quarter is not looked over again.
  everyMinute()
  await new Promise((resolve) => setImmediate(resolve))
  expect(await runs()).toBe(before + 1)
})

test('RC3 each run is kept, and what was found is an event once, however often it is found', async () => {
  const [, damage] = damages[3] ?? []
  for (const statement of damage?.split('; ') ?? []) await query(statement)
  await query("DELETE FROM events WHERE kind = 'books_differ'")
  await lookOver()
  const first = await query("SELECT count(*)::int AS count FROM events WHERE kind = 'books_differ'")
  await lookOver()
  const second = await query("SELECT count(*)::int AS count FROM events WHERE kind = 'books_differ'")
  expect((first.rows[0] as { count: number }).count).toBeGreaterThan(0)
  expect(second.rows).toEqual(first.rows)
  const { rows } = await query('SELECT findings, rows_checked FROM reconciliation_runs ORDER BY id DESC LIMIT 1')
  expect(rows).toMatchObject([{ findings: expect.arrayContaining([expect.objectContaining({ check: 'roll-ups' })]) }])
})

test('RC4 what limits have counted is what the database says was consumed, also under load, and what differs is told', async () => {
  const runs = async () => {
    const { rows } = await query(
      'SELECT findings FROM reconciliation_runs WHERE findings @> \'[{"check": "ledger"}]\'::jsonb ORDER BY id',
    )
    return rows as { findings: { subject: string }[] }[]
  }
  const before = (await runs()).length
  const fresh = await gateway.addGroup(sharedPool('claude', 'openai'), { dailyTokenLimit: 1_000_000_000 })
  const loading = load(120, fresh)
  for (let times = 0; times < 5; times += 1) {
    everyMinute()
    await gateway.rows()
  }
  await loading
  everyMinute()
  await gateway.rows()
  const told = (await runs()).slice(before).flatMap(({ findings }) => findings)
  expect(told.filter(({ subject }) => subject.includes(fresh.id))).toEqual([])
  await query(`UPDATE usage_rollups SET total_tokens = total_tokens + 1
    WHERE ctid = (SELECT ctid FROM usage_rollups WHERE group_id = '${fresh.id}' LIMIT 1)`)
  everyMinute()
  await until(async () =>
    (await runs()).some(({ findings }) => findings.some(({ subject }) => subject.includes(fresh.id))),
  )
})
