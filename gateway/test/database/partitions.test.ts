// Usage by month: partitions come when asked for, once, and no row is ever refused.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../src/platform/database/database.ts'
import { testEngines } from '../support/engines.ts'
import { seedTenant, seedUsage } from '../support/seed.ts'
import type { Seed } from '../support/seed.ts'
import type { TestDatabase } from '../support/test-database.ts'

describe.each(testEngines)('usage partitions on the $name engine', ({ open }) => {
  let opened: TestDatabase
  let database: Database
  let seed: Seed
  beforeAll(async () => {
    opened = await open()
    database = opened.database
    seed = await seedTenant(database)
  })
  afterAll(() => opened.dispose())

  const ensure = async (from: string, months: number): Promise<number | undefined> =>
    (await database.query<{ made: number }>('SELECT ensure_usage_partitions($1::date, $2) AS made', [from, months]))
      .rows[0]?.made

  const parts = async (): Promise<Record<string, bigint>> => {
    const { rows } = await database.query<{ part: string; rows: bigint }>(
      'SELECT tableoid::regclass::text AS part, count(*) AS rows FROM usage_stats GROUP BY 1 ORDER BY 1',
    )
    return Object.fromEntries(rows.map(({ part, rows: count }) => [part, count]))
  }

  test('asking twice makes them once, also over the end of a year', async () => {
    expect(await ensure('2026-11-23', 3)).toBe(3)
    expect(await ensure('2026-11-01', 3)).toBe(0)
    expect(await ensure('2027-01-31', 2)).toBe(1)
    await expect(ensure('2027-01-01', 0)).rejects.toMatchObject({ sqlState: 'P0001' })
  })

  test('eight callers at once make each month once', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => ensure('2028-01-01', 3)))
    expect(made.reduce<number>((sum, count) => sum + (count ?? 0), 0)).toBe(3)
  })

  test('rows land in their UTC month, the rest in the default, from where a new month takes them over', async () => {
    await seedUsage(database, seed, { from: '2026-11-30 23:59:59+00', count: 2, cost: '0.1' })
    await seedUsage(database, seed, { from: '2035-06-30 23:59:58+00', count: 4, cost: '0.25' })
    expect(await parts()).toEqual({ usage_stats_2026_11: 1n, usage_stats_2026_12: 1n, usage_stats_default: 4n })
    expect(await ensure('2035-06-01', 1)).toBe(1)
    expect(await parts()).toMatchObject({ usage_stats_2035_06: 2n, usage_stats_default: 2n })
    const { rows } = await database.query('SELECT sum(cost) AS cost, count(DISTINCT id) AS ids FROM usage_stats')
    expect(rows).toEqual([{ cost: '1.200000000', ids: 6n }])
  })

  test('an attempt is stored once, its id is made of request and attempt', async () => {
    const insert = `INSERT INTO usage_stats (request_id, attempt, is_final, enterprise_id, group_id, account_id, key_id,
        service_type, model_requested, model_used, request_type, usage_source, status, request_time)
      VALUES ('6f1c1f3a-0d57-4b1e-9b55-0a4c5c9a1234', 2, true, $1, $2, $3, $4, 'qwen', 'm', 'm', 'chat', 'none', 'error',
        '2026-11-05 10:00:00+00')`
    const params = [seed.enterpriseId, seed.groupId, seed.accountId, seed.keyId]
    await database.query(insert, params)
    await expect(database.query(insert, params)).rejects.toMatchObject({ sqlState: '23505' })
    expect((await database.query(`${insert} ON CONFLICT DO NOTHING`, params)).rowCount).toBe(0)
    const { rows } = await database.query(`SELECT id FROM usage_stats WHERE service_type = 'qwen'`)
    expect(rows).toEqual([{ id: '6f1c1f3a-0d57-4b1e-9b55-0a4c5c9a1234-2' }])
  })

  test('what money points at cannot be deleted', async () => {
    await database.query(
      `INSERT INTO usage_rollups (slot_start, enterprise_id, group_id, account_id, key_id, model, service_type)
       VALUES (now(), $1, $2, $3, $4, 'm', 'claude')`,
      [seed.enterpriseId, seed.groupId, seed.accountId, seed.keyId],
    )
    for (const [table, id] of [
      ['groups', seed.groupId],
      ['ai_service_accounts', seed.accountId],
      ['api_keys', seed.keyId],
      ['users', seed.userId],
      ['enterprises', seed.enterpriseId],
    ]) {
      // 23001 from PostgreSQL 18 on, 23503 before: both are "something still points here".
      await expect(database.query(`DELETE FROM ${table} WHERE id = $1`, [id])).rejects.toMatchObject({
        sqlState: expect.stringMatching(/^23(001|503)$/),
      })
    }
  })
})
