// The settler against a real database: twice the same records, a database that is away, and what stopping leaves behind.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readWatermark } from '../../src/controlplane/usage/settle-queries.ts'
import { Settler } from '../../src/controlplane/usage/settler.ts'
import { unsentFinal, type FinalEntry } from '../../src/core/journal/entry.ts'
import { noUsage } from '../../src/core/protocols/usage.ts'
import { Journal } from '../../src/dataplane/journal.ts'
import type { Database } from '../../src/platform/database/database.ts'
import { createLog } from '../../src/platform/log.ts'
import { systemRandom } from '../../src/platform/random.ts'
import { openSegmentDirectory } from '../../src/platform/segments.ts'
import { systemTimers, type Timers } from '../../src/platform/timers.ts'
import { endOfTurn } from '../../src/platform/turn.ts'
import {
  messagesBody,
  sharedPool,
  startTestGateway,
  type TestGateway,
  type TestGroup,
} from '../support/test-gateway.ts'

let gateway: TestGateway
let group: TestGroup
let accountId: string

beforeAll(async () => {
  gateway = await startTestGateway()
  accountId = await gateway.addAccount('c', 'claude')
  group = await gateway.addGroup(sharedPool('claude'))
})
afterAll(() => gateway.stop())

const log = createLog({ level: 'silent' })

async function entryOf(cost: number): Promise<FinalEntry> {
  const { rows } = await gateway.app.database.query<{ id: string }>(
    'SELECT id::text AS id FROM api_keys WHERE group_id = $1',
    [group.id],
  )
  return {
    time: Date.now(),
    enterpriseId: gateway.enterpriseId,
    departmentId: undefined,
    groupId: group.id,
    userId: undefined,
    keyId: rows[0]?.id ?? '',
    accountId,
    serviceType: 'claude',
    requestType: 'chat',
    modelRequested: 'm',
    modelUsed: 'm',
    priceVersion: 'v',
    inputEstimate: 1,
    inputPrice: 1,
    fixedCallCost: 0,
    discountBasisPoints: 0,
    clientRequestId: undefined,
    status: 'success',
    errorCode: undefined,
    isFinal: true,
    usage: {
      ...noUsage,
      inputTokens: 3,
    },
    usageSource: 'reported',
    rawUsage: { input_tokens: 3 },
    cost,
    isUnpriced: false,
    responseTimeMs: 12,
    firstTokenMs: 3,
    upstreamRequestId: 'r',
  }
}

/** A journal of its own beside the gateway's, with these FINALs in it: JSON of each, and its request if it matters. */
async function writeJournal(name: string, payloads: readonly string[], requestId?: string) {
  const directory = openSegmentDirectory(join(gateway.dataDir, name))
  const journal = new Journal({
    directory,
    nodeId: name,
    epoch: 1,
    sync: 'os',
    timers: systemTimers,
    endOfTurn,
    onError: () => undefined,
    onWritten: () => undefined,
  })
  await Promise.all(payloads.map((payload) => journal.append('final', requestId ?? systemRandom.uuid(), 1, payload)))
  await journal.close()
  return { directory }
}

/** As many finished attempts, of the same cost each. */
const finished = async (count: number) => Array<string>(count).fill(JSON.stringify(await entryOf(7)))

const sums = async () => {
  const { rows } = await gateway.app.database.query<{ rows: string; cost: string; totals: string; rolled: string }>(
    `SELECT count(*)::text AS rows, sum(cost)::text AS cost, (SELECT sum(total_cost)::text FROM groups) AS totals,
       (SELECT sum(cost)::text FROM usage_rollups) AS rolled FROM usage_stats`,
  )
  return rows[0]
}

test('ME3 settling the same records again changes nothing', async () => {
  const { directory } = await writeJournal('twice', await finished(1200))
  const options = { database: gateway.app.database, directory, timers: systemTimers, log, keepsSegments: true }
  expect(await new Settler({ ...options, nodeId: 'one' }).replay()).toEqual({ settled: 1200, recovered: 0 })
  const once = await sums()
  expect(once).toMatchObject({ rows: '1200', cost: '0.000008400', totals: '0.000008400', rolled: '0.000008400' })
  // Another name: its watermark knows nothing of the first walk.
  expect(await new Settler({ ...options, nodeId: 'two' }).replay()).toEqual({ settled: 0, recovered: 0 })
  expect(await sums()).toEqual(once)
})

test('words of a provider that PostgreSQL cannot store do not stop the settler', async () => {
  const hostile = {
    ...(await entryOf(1)),
    errorCode: 'a\0b',
    upstreamRequestId: '\0',
    rawUsage: { note: 'x\0y', half: '\ud800' },
  }
  const { directory } = await writeJournal('hostile', [JSON.stringify(hostile)])
  const options = {
    database: gateway.app.database,
    directory,
    nodeId: 'hostile',
    timers: systemTimers,
    log,
    keepsSegments: true,
  }
  expect(await new Settler(options).replay()).toEqual({ settled: 1, recovered: 0 })
})

/** The real database, except that its first `failures` transactions fail: every other one after it has committed. */
function unreliable(failures: number): Database {
  const { database } = gateway.app
  let left = failures
  const transaction: Database['transaction'] = async (work, options) => {
    left -= 1
    if (left >= 0 && left % 2 === 0) throw new RangeError('the database is away')
    const result = await database.transaction(work, options)
    if (left >= 0) throw new RangeError('the connection broke after the commit')
    return result
  }
  return { ...database, query: database.query.bind(database), transaction }
}

test('ME8 a database that is away, or answers too late, delays settlement and loses or doubles nothing (T28, T29)', async () => {
  for (let failures = 1; failures <= 6; failures += 1) {
    const before = Number((await sums())?.rows)
    const { directory } = await writeJournal(`away${failures}`, await finished(700))
    const impatient: Timers = { ...systemTimers, after: (_ms, fn) => systemTimers.after(0, fn) }
    const settler = new Settler({
      database: unreliable(failures),
      directory,
      nodeId: `away${failures}`,
      timers: impatient,
      log,
      keepsSegments: true,
    })
    await settler.settleNow()
    expect(Number((await sums())?.rows) - before).toBe(700)
  }
  const all = await sums()
  expect(all?.totals).toBe(all?.cost)
  expect(all?.rolled).toBe(all?.cost)
})

test('ME3 a record that stands twice in one batch counts once', async () => {
  const { directory } = await writeJournal('doubled', await finished(2), systemRandom.uuid())
  const options = { database: gateway.app.database, directory, nodeId: 'doubled', timers: systemTimers, log }
  expect(await new Settler({ ...options, keepsSegments: true }).replay()).toEqual({ settled: 1, recovered: 0 })
  const all = await sums()
  expect(all?.totals).toBe(all?.cost)
  expect(all?.rolled).toBe(all?.cost)
})

test('ME7 the end of a refused INTENT settles as a row that costs nothing and is no request of any quota', async () => {
  const before = await sums()
  const requestId = systemRandom.uuid()
  const { directory } = await writeJournal(
    'refused',
    [JSON.stringify(unsentFinal(await entryOf(7), 'journal_unavailable'))],
    requestId,
  )
  const options = { database: gateway.app.database, directory, nodeId: 'refused', timers: systemTimers, log }
  expect(await new Settler({ ...options, keepsSegments: true }).replay()).toEqual({ settled: 1, recovered: 0 })
  const row = (await gateway.rows()).find((each) => each.request_id === requestId)
  expect(row).toMatchObject({ status: 'error', error_code: 'journal_unavailable', usage_source: 'none' })
  expect(row).toMatchObject({ total_tokens: 0n, is_final: true })
  const after = await sums()
  expect([after?.cost, after?.totals, after?.rolled]).toEqual([before?.cost, before?.totals, before?.rolled])
})

test('ME8 a batch that the database refuses while the gateway stops is settled by the next start', async () => {
  const before = Number((await sums())?.rows)
  const { directory } = await writeJournal('stopping', await finished(1000))
  const options = { directory, nodeId: 'stopping', timers: systemTimers, log, keepsSegments: true }
  const settler = new Settler({ ...options, database: unreliable(1) })
  await settler.stop()
  await new Settler({ ...options, database: gateway.app.database }).replay()
  expect(Number((await sums())?.rows) - before).toBe(1000)
})

test('ME8 a journal that cannot be read for a moment delays settlement and loses nothing, whichever read fails', async () => {
  for (let failing = 1; failing <= 4; failing += 1) {
    const before = Number((await sums())?.rows)
    const { directory } = await writeJournal(`unreadable${failing}`, await finished(3000))
    let reads = 0
    const flaky = {
      ...directory,
      read: (segment: number, offset: number, length: number) => {
        reads += 1
        return reads === failing ? Promise.reject(new RangeError('i/o error')) : directory.read(segment, offset, length)
      },
    }
    const nodeId = `unreadable${failing}`
    const options = { database: gateway.app.database, directory: flaky, nodeId, timers: systemTimers, log }
    const settler = new Settler({ ...options, keepsSegments: false })
    await settler.settleNow().catch(() => undefined)
    await settler.settleNow()
    expect(Number((await sums())?.rows) - before, `read ${failing}`).toBe(3000)
  }
})

test('HO4 stopping lets a running request end, settles it and leaves no unsettled record', async () => {
  const response = await gateway.post('/v1/messages', group.key, messagesBody('[[tokens:50]]', { stream: true }))
  const text = response.text()
  const journal = join(gateway.dataDir, 'journal')
  const segment = openSegmentDirectory(journal).list().at(-1) ?? 0
  const nodeId = readFileSync(join(gateway.dataDir, 'node-id'), 'utf8').trim()
  const file = join(journal, `${String(segment).padStart(12, '0')}.journal`)
  // Looked at before the next process opens the journal, which would settle the rest.
  await gateway.restart(async (database) => {
    const watermark = await readWatermark(database, nodeId)
    expect(watermark).toMatchObject({ segment, byteOffset: statSync(file).size })
    const { rows } = await database.query<{ output_tokens: bigint; usage_source: string }>(
      'SELECT output_tokens, usage_source FROM usage_stats ORDER BY request_time DESC LIMIT 1',
    )
    expect(rows).toEqual([{ output_tokens: 50n, usage_source: 'reported' }])
  })
  expect(await text).toContain('message_stop')
  expect((await gateway.rows()).some((row) => row.usage_source === 'recovered')).toBe(false)
})

test('HO4 a request that does not end is cut after the drain time and billed for what was seen', async () => {
  const hasty = await startTestGateway({ config: { drainTimeoutMs: 100 } })
  try {
    await hasty.addAccount('c', 'claude')
    const own = await hasty.addGroup(sharedPool('claude'))
    hasty.simulator.setFaults([{ match: {}, fault: { kind: 'stall', afterChunks: 8, ms: 600_000 } }])
    const response = await hasty.post('/v1/messages', own.key, messagesBody('[[tokens:80]]', { stream: true }))
    const text = response.text().catch(() => 'cut')
    await hasty.restart()
    expect(await text).not.toContain('message_stop')
    const rows = await hasty.rows()
    expect(rows).toHaveLength(1)
    expect(['partial', 'estimated']).toContain(rows[0]?.usage_source)
    expect(Number(rows[0]?.output_tokens)).toBeGreaterThan(0)
  } finally {
    await hasty.stop()
  }
})
