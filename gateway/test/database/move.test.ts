// Moving from the embedded database to a server: everything arrives and is proved equal, or nothing changes.
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../src/platform/database/database.ts'
import { migrate } from '../../src/platform/database/migrate.ts'
import { moveDatabase, readProof } from '../../src/platform/database/move.ts'
import { openDatabase } from '../../src/platform/database/open.ts'
import { readTableShapes } from '../../src/platform/database/table-shape.ts'
import { seedTenant, seedUsage } from '../support/seed.ts'
import type { Seed } from '../support/seed.ts'
import { createServerDatabase, openEmbeddedTestDatabase, silentLog, testServerUrl } from '../support/test-database.ts'
import type { EmbeddedTestDatabase } from '../support/test-database.ts'

describe.runIf(testServerUrl)('the move to a server', () => {
  let source: EmbeddedTestDatabase
  let target: Database
  let drop: () => Promise<void>
  let seed: Seed
  beforeEach(async () => {
    source = await openEmbeddedTestDatabase()
    const made = await createServerDatabase(testServerUrl as string)
    drop = made.drop
    target = await openDatabase({ dataDir: tmpdir(), databaseUrl: made.url, log: silentLog })
    seed = await fillSource(source.database)
  })
  afterEach(async () => {
    await target.close()
    await drop()
    await source.dispose()
  })

  test('every table arrives, proved by count, checksum and money', async () => {
    await migrate(target)
    const steps: string[] = []
    const { tables } = await moveDatabase({
      from: source.database,
      to: target,
      onProgress: ({ table, rowsCopied }) => steps.push(`${table} ${rowsCopied}`),
    })
    const shapes = await readTableShapes(target)
    expect(tables.map(({ table }) => table).toSorted()).toEqual(
      shapes
        .map(({ name }) => name)
        .filter((name) => name !== 'schema_migrations')
        .toSorted(),
    )
    const usage = tables.find(({ table }) => table === 'usage_stats')
    expect(usage).toMatchObject({ rows: 1205n, totals: { cost: '1.487654320' } })
    expect(steps).toEqual(expect.arrayContaining(['usage_stats 500', 'usage_stats 1000', 'usage_stats 1205']))
    for (const shape of shapes) {
      if (shape.name === 'schema_migrations') continue
      expect(await readProof(target, shape)).toEqual(await readProof(source.database, shape))
    }
    const { rows } = await target.query('SELECT api_key_envelope AS envelope FROM ai_service_accounts')
    expect(rows).toEqual([{ envelope: Buffer.from([0, 1, 255]) }])
  })

  test('afterwards the server goes on where the source ended: identities, triggers, partitions', async () => {
    await migrate(target)
    const versionBefore = await readRoutingVersion(source.database, seed.enterpriseId)
    await moveDatabase({ from: source.database, to: target })
    expect(await readRoutingVersion(target, seed.enterpriseId)).toBe(versionBefore)
    const { rows: events } = await target.query(
      `INSERT INTO events (kind, severity, subject) VALUES ('k', 'info', 's') RETURNING id`,
    )
    expect(events).toEqual([{ id: 4n }])
    await target.query(`UPDATE groups SET name = 'renamed' WHERE id = $1`, [seed.groupId])
    expect(await readRoutingVersion(target, seed.enterpriseId)).toBe(versionBefore + 1n)
    const { rows } = await target.query(
      `SELECT tableoid::regclass::text AS part, count(*) AS rows FROM usage_stats GROUP BY 1 ORDER BY 1`,
    )
    expect(rows).toEqual([
      { part: 'usage_stats_2026_01', rows: 1200n },
      { part: 'usage_stats_default', rows: 5n },
    ])
  })

  test('a target with rows, without a schema, or at another schema is refused', async () => {
    await expect(moveDatabase({ from: source.database, to: target })).rejects.toMatchObject({
      code: 'move_schema_differs',
    })
    await migrate(target)
    await target.query('ALTER TABLE users ADD COLUMN more text')
    await expect(moveDatabase({ from: source.database, to: target })).rejects.toMatchObject({
      code: 'move_schema_differs',
    })
    await target.query('ALTER TABLE users DROP COLUMN more')
    await target.query(`INSERT INTO system_settings (name, value) VALUES ('x', '1')`)
    await expect(moveDatabase({ from: source.database, to: target })).rejects.toMatchObject({
      code: 'move_target_not_empty',
    })
  })

  test('a failure in the middle leaves the target unchanged', async () => {
    await migrate(target)
    await expect(
      moveDatabase({
        from: source.database,
        to: target,
        onProgress({ table, rowsCopied }) {
          if (table === 'usage_stats' && rowsCopied === 1000) throw new Interruption()
        },
      }),
    ).rejects.toBeInstanceOf(Interruption)
    for (const { name } of await readTableShapes(target)) {
      if (name === 'schema_migrations') continue
      expect((await target.query(`SELECT 1 FROM ${name}`)).rowCount).toBe(0)
    }
    expect((await target.query(`SELECT to_regclass('usage_stats_2026_01') AS found`)).rows).toEqual([{ found: null }])
    const { rows } = await target.query(`SELECT 1 FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'D'`)
    expect(rows).toEqual([])
    await expect(moveDatabase({ from: source.database, to: target })).resolves.toBeDefined()
  })
})

class Interruption extends Error {}

/** Something in every kind of column: money, bytes, JSON, arrays, microseconds, text that needs quoting. */
async function fillSource(database: Database): Promise<Seed> {
  const seed = await seedTenant(database, `O'Neill "中文" \\ {,}`)
  await database.query(`SELECT ensure_usage_partitions('2026-01-01', 1)`)
  await seedUsage(database, seed, { from: '2026-01-01 00:00:00.123456+00', count: 1200, cost: '0.000000001' })
  await seedUsage(database, seed, { from: '2031-05-01', count: 5, cost: '0.297530624' })
  await database.query(
    `INSERT INTO usage_rollups (slot_start, enterprise_id, group_id, account_id, key_id, model, service_type, cost,
       latency_histogram) VALUES ('2026-01-01', $1, $2, $3, $4, 'claude-x', 'claude', 1.000000001, '{1,0,9223372036854775807}')`,
    [seed.enterpriseId, seed.groupId, seed.accountId, seed.keyId],
  )
  await database.query(
    `INSERT INTO events (enterprise_id, kind, severity, subject, detail)
     SELECT $1, 'k', 'info', 's', jsonb_build_object('n', n, 'text', E'line\\nbreak') FROM generate_series(1, 3) AS n`,
    [seed.enterpriseId],
  )
  await database.query(
    `INSERT INTO audit_log (actor_kind, actor_name, action, target_kind, previous_hash, hash)
     VALUES ('system', 'a', 'b', 'c', '\\x00', '\\xff')`,
  )
  return seed
}

async function readRoutingVersion(database: Database, enterpriseId: string): Promise<bigint> {
  const { rows } = await database.query<{ version: bigint }>(
    'SELECT version FROM routing_versions WHERE enterprise_id = $1',
    [enterpriseId],
  )
  return rows[0]?.version ?? 0n
}
