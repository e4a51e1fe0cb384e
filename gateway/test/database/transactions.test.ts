// Transactions commit, roll back, take turns and stay bounded, the same on every engine.
import { rm } from 'node:fs/promises'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../src/platform/database/database.ts'
import { engineDirectoryOf } from '../../src/platform/database/data-directory.ts'
import { openEmbedded } from '../../src/platform/database/embedded.ts'
import type { EmbeddedOptions } from '../../src/platform/database/embedded.ts'
import { DatabaseError } from '../../src/platform/database/errors.ts'
import { testEngines } from '../support/engines.ts'
import { createMigratedDataDir } from '../support/test-database.ts'
import type { TestDatabase } from '../support/test-database.ts'

const secret = 'sk-do-not-show-me'

describe.each(testEngines)('transactions on the $name engine', ({ open }) => {
  let opened: TestDatabase
  let database: Database
  beforeAll(async () => {
    opened = await open()
    database = opened.database
    await database.query('CREATE TABLE counters (name text PRIMARY KEY, value int8 NOT NULL CHECK (value >= 0))')
  })
  afterAll(() => opened.dispose())
  beforeEach(() => database.query(`INSERT INTO counters VALUES ('a', 0) ON CONFLICT (name) DO UPDATE SET value = 0`))

  const readCounter = async (): Promise<bigint | undefined> =>
    (await database.query<{ value: bigint }>(`SELECT value FROM counters WHERE name = 'a'`)).rows[0]?.value

  test('concurrent read-modify-write loses nothing', async () => {
    const add = () =>
      database.transaction(async (transaction) => {
        const { rows } = await transaction.query<{ value: bigint }>(
          `SELECT value FROM counters WHERE name = 'a' FOR UPDATE`,
        )
        await transaction.query(`UPDATE counters SET value = $1 WHERE name = 'a'`, [(rows[0]?.value ?? 0n) + 1n])
      })
    await Promise.all(Array.from({ length: 50 }, add))
    expect(await readCounter()).toBe(50n)
  })

  test('a failing work rolls everything back, and its own error arrives', async () => {
    class Refusal extends Error {}
    const work = database.transaction(async (transaction) => {
      await transaction.query(`UPDATE counters SET value = 7 WHERE name = 'a'`)
      await transaction.kysely.insertInto('system_settings').values({ name: 'x', value: '1' }).execute()
      throw new Refusal('no')
    })
    await expect(work).rejects.toBeInstanceOf(Refusal)
    expect(await readCounter()).toBe(0n)
    expect((await database.query(`SELECT 1 FROM system_settings WHERE name = 'x'`)).rowCount).toBe(0)
  })

  test('a failed statement poisons nobody after it', async () => {
    await expect(database.query('SELECT nonsense')).rejects.toMatchObject({
      code: 'statement_failed',
      sqlState: '42703',
    })
    await expect(
      database.transaction((transaction) => transaction.query(`UPDATE counters SET value = -1 WHERE name = 'a'`)),
    ).rejects.toMatchObject({ sqlState: '23514', constraint: 'counters_value_check', table: 'counters' })
    expect(await readCounter()).toBe(0n)
  })

  test('a swallowed failure inside a transaction does not pass for a commit', async () => {
    const work = database.transaction(async (transaction) => {
      await transaction.query(`UPDATE counters SET value = 9 WHERE name = 'a'`)
      await transaction.query('SELECT nonsense').catch(() => undefined) // The carelessness under test.
    })
    await expect(work).rejects.toMatchObject({ code: 'transaction_aborted' })
    expect(await readCounter()).toBe(0n)
  })

  test('a loose BEGIN is refused and does not swallow what the next caller writes', async () => {
    await expect(database.query('BEGIN')).rejects.toMatchObject({ code: 'statement_failed' })
    await expect(database.query('START TRANSACTION')).rejects.toMatchObject({ code: 'statement_failed' })
    await database.query(`UPDATE counters SET value = 3 WHERE name = 'a'`)
    await expect(database.query('SELECT 1/0')).rejects.toMatchObject({ sqlState: '22012' })
    expect(await readCounter()).toBe(3n)
  })

  test('query takes one statement', async () => {
    await expect(database.query('SELECT 1; SELECT 2')).rejects.toMatchObject({ sqlState: '42601' })
  })

  test('kysely has transactions too, with the same rules', async () => {
    const work = database.kysely.transaction().execute(async (transaction) => {
      await transaction.insertInto('system_settings').values({ name: 'k', value: '"v"' }).execute()
      await transaction.insertInto('system_settings').values({ name: 'k', value: '"v"' }).execute()
    })
    await expect(work).rejects.toMatchObject({ sqlState: '23505', constraint: 'system_settings_pkey' })
    expect((await database.query(`SELECT 1 FROM system_settings WHERE name = 'k'`)).rowCount).toBe(0)
  })

  test('a query after the end of its transaction is refused', async () => {
    const late = await database.transaction(async (transaction) => () => transaction.query('SELECT 1'))
    await expect(late()).rejects.toMatchObject({ code: 'transaction_over' })
  })

  test('errors never carry bound values', async () => {
    const failures = await Promise.all(
      [
        ['SELECT $1::int', [secret]],
        ['SELECT $1::uuid', [secret]],
        ['SELECT $1::jsonb', [`{"key": ${secret}`]],
        ['SELECT $1::bytea', [`\\x${secret}`]],
        ['INSERT INTO counters VALUES ($1, -1)', [secret]],
        [`INSERT INTO users (email, name, password_hash, status) VALUES ($1, $1, $1, $1)`, [secret]],
      ].map(([text, params]) =>
        database.query(text as string, params as string[]).then(
          () => undefined,
          (error: unknown) => error,
        ),
      ),
    )
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(DatabaseError)
      const error = failure as DatabaseError
      const everything = inspect(error, { showHidden: true, depth: null })
      expect(everything).not.toContain(secret)
    }
  })

  test('close waits for running work and then refuses', async () => {
    const another = await open()
    const running = another.database.transaction(async (transaction) => {
      const { rows } = await transaction.query<{ one: number }>('SELECT 1 AS one')
      return rows[0]?.one
    })
    const closed = another.dispose()
    await expect(running).resolves.toBe(1)
    await closed
    await expect(another.database.query('SELECT 1')).rejects.toMatchObject({ code: 'database_closed' })
  })
})

describe('the one connection of the embedded engine', () => {
  const dataDirs: string[] = []
  afterEach(async () => {
    for (const dataDir of dataDirs.splice(0)) await rm(dataDir, { recursive: true, force: true })
  })
  async function openBounded(options: Omit<EmbeddedOptions, 'directory'>) {
    const dataDir = await createMigratedDataDir()
    dataDirs.push(dataDir)
    return await openEmbedded({ directory: engineDirectoryOf(dataDir), ...options })
  }

  test('the settler overtakes those who wait', async () => {
    const database = await openBounded({})
    const order: string[] = []
    const { promise: hold, resolve: letGo } = Promise.withResolvers<void>()
    const first = database.transaction(() => hold)
    const ordinary = [1, 2].map((n) => database.transaction(async () => void order.push(`ordinary ${n}`)))
    const settler = database.transaction(async () => void order.push('settler'), { priority: 'settler' })
    letGo()
    await Promise.all([first, ...ordinary, settler])
    expect(order).toEqual(['settler', 'ordinary 1', 'ordinary 2'])
    await database.close()
  })

  test('more waiters than the bound are refused, those within it are served', async () => {
    const database = await openBounded({ waitersMax: 2 })
    const { promise: hold, resolve: letGo } = Promise.withResolvers<void>()
    const first = database.transaction(() => hold)
    const waiting = [database.query('SELECT 1'), database.query('SELECT 2')]
    await expect(database.query('SELECT 3')).rejects.toMatchObject({ code: 'queue_full' })
    letGo()
    await expect(Promise.all([first, ...waiting])).resolves.toHaveLength(3)
    await database.close()
  })

  test('a query inside a transaction that bypasses it ends with a clear error, not in silence', async () => {
    const database = await openBounded({ waitMaxMs: 50 })
    const nested = database.transaction(() => database.query('SELECT 1'))
    await expect(nested).rejects.toMatchObject({ code: 'queue_timeout' })
    await expect(database.query<{ n: number }>('SELECT 1 AS n')).resolves.toMatchObject({ rows: [{ n: 1 }] })
    await database.close()
  })

  test('its death rejects calls under way and to come, frees waiters, and is reported once', async () => {
    const deaths: string[] = []
    const database = await openBounded({ onFatal: (error) => deaths.push(error.code) })
    await database.query(`INSERT INTO system_settings (name, value) VALUES ('committed', '1')`)
    const underWay = database.query('SELECT count(*) FROM generate_series(1, 50000000)')
    const waiting = database.query('SELECT 1')
    const both = Promise.allSettled([underWay, waiting])
    await database.crash()
    for (const result of await both) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'database_stopped' } })
    }
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'database_stopped' })
    expect(deaths).toEqual(['database_stopped'])
    await database.close()
    const reopened = await openEmbedded({ directory: database.directory })
    expect((await reopened.query('SELECT name FROM system_settings')).rows).toEqual([{ name: 'committed' }])
    await reopened.close()
  })

  test('the buffers are small, the log segments too, and the session is in UTC', async () => {
    const database = await openBounded({})
    const { rows } = await database.query<{ name: string; setting: string }>(
      `SELECT name, setting FROM pg_settings
       WHERE name IN ('shared_buffers', 'wal_segment_size', 'TimeZone', 'server_version_num') ORDER BY name`,
    )
    const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
    expect(settings).toMatchObject({ shared_buffers: '2048', wal_segment_size: '1048576', TimeZone: 'UTC' })
    expect(settings['server_version_num']).toMatch(/^18/)
    await database.close()
  })
})
