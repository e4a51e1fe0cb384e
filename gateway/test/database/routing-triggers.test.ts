// The database tells nodes about configuration: once per statement and enterprise, and never about counters.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../src/platform/database/database.ts'
import { testEngines } from '../support/engines.ts'
import { seedTenant } from '../support/seed.ts'
import type { Seed } from '../support/seed.ts'
import type { TestDatabase } from '../support/test-database.ts'

describe.each(testEngines)('routing versions on the $name engine', ({ open }) => {
  let opened: TestDatabase
  let database: Database
  let one: Seed
  let two: Seed
  beforeAll(async () => {
    opened = await open()
    database = opened.database
    one = await seedTenant(database, 'one')
    two = await seedTenant(database, 'two')
  })
  afterAll(() => opened.dispose())

  async function versions(): Promise<[bigint, bigint]> {
    const { rows } = await database.query<{ id: string; version: bigint }>(
      'SELECT enterprise_id AS id, version FROM routing_versions',
    )
    const of = (seed: Seed): bigint => rows.find(({ id }) => id === seed.enterpriseId)?.version ?? 0n
    return [of(one), of(two)]
  }

  /** By how much each enterprise's version grew over a statement. */
  async function bumps(text: string, params: readonly unknown[] = []): Promise<number[]> {
    const before = await versions()
    await database.query(text, params)
    const after = await versions()
    return after.map((version, index) => Number(version - (before[index] ?? 0n)))
  }

  const configurationChanges: [string, string, (seed: Seed) => unknown[]][] = [
    [
      'an enterprise',
      `UPDATE enterprises SET discount_basis_points = discount_basis_points + 1 WHERE id = $1`,
      (s) => [s.enterpriseId],
    ],
    ['a department', `INSERT INTO departments (enterprise_id, name) VALUES ($1, 'd')`, (s) => [s.enterpriseId]],
    ['a group', `UPDATE groups SET balancing_policy = 'weighted' WHERE id = $1`, (s) => [s.groupId]],
    ['a member', `INSERT INTO group_members (group_id, user_id) VALUES ($1, $2)`, (s) => [s.groupId, s.userId]],
    ['a member’s status', `UPDATE group_members SET status = 'suspended' WHERE group_id = $1`, (s) => [s.groupId]],
    ['a user’s status', `UPDATE users SET status = 'disabled' WHERE id = $1`, (s) => [s.userId]],
    ['an account’s status', `UPDATE ai_service_accounts SET status = 'error' WHERE id = $1`, (s) => [s.accountId]],
    ['an account', `UPDATE ai_service_accounts SET weight = 7 WHERE id = $1`, (s) => [s.accountId]],
    [
      'a binding',
      `INSERT INTO group_resource_bindings (group_id, binding_mode, binding_config) VALUES ($1, 'shared', '{}')`,
      (s) => [s.groupId],
    ],
    ['a removed binding', `DELETE FROM group_resource_bindings WHERE group_id = $1`, (s) => [s.groupId]],
    ['a key', `UPDATE api_keys SET status = 'revoked', revoked_at = now() WHERE id = $1`, (s) => [s.keyId]],
    [
      'a limit',
      `INSERT INTO limits (enterprise_id, scope, scope_id, metric, window_kind, amount)
       VALUES ($1, 'group', $2, 'money', 'month', 100)`,
      (s) => [s.enterpriseId, s.groupId],
    ],
    [
      'a model alias',
      `INSERT INTO model_aliases (enterprise_id, alias, service_type, model) VALUES ($1, 'a', 'qwen', 'm')`,
      (s) => [s.enterpriseId],
    ],
  ]

  test.each(configurationChanges)('%s bumps its enterprise, and only that', async (_, text, params) => {
    expect(await bumps(text, params(one))).toEqual([1, 0])
  })

  const counterChanges = [
    'UPDATE enterprises SET total_requests = total_requests + 1, total_tokens = total_tokens + 5, total_cost = total_cost + 0.1',
    'UPDATE groups SET total_requests = total_requests + 1, total_tokens = total_tokens + 5, total_cost = total_cost + 0.1',
    `UPDATE ai_service_accounts SET total_requests = total_requests + 1, current_load = 40, last_used_at = now()`,
    'UPDATE api_keys SET last_used_at = now()',
    'UPDATE users SET last_login_at = now()',
    `UPDATE groups SET name = name`,
    `UPDATE groups SET name = 'x' WHERE false`,
  ]
  test.each(counterChanges)('no configuration, no bump: %s', async (text) => {
    expect(await bumps(text)).toEqual([0, 0])
  })

  test('a statement over a thousand rows bumps each enterprise once and notifies each once', async () => {
    const heard: string[] = []
    const all = Promise.withResolvers<void>()
    const stop = await database.listen('routing', (payload) => {
      if (payload === 'end') all.resolve()
      else heard.push(payload)
    })
    const grown = await bumps(
      `INSERT INTO departments (enterprise_id, name)
       SELECT CASE WHEN n % 2 = 0 THEN $1::uuid ELSE $2::uuid END, 'd' || n FROM generate_series(1, 1000) AS n`,
      [one.enterpriseId, two.enterpriseId],
    )
    expect(grown).toEqual([1, 1])
    expect(await bumps(`UPDATE departments SET name = name || '!'`)).toEqual([1, 1])
    await database.query(`SELECT pg_notify('routing', 'end')`)
    await all.promise
    const both = [one.enterpriseId, two.enterpriseId].toSorted()
    expect(heard.slice(0, 2).toSorted()).toEqual(both)
    expect(heard.slice(2).toSorted()).toEqual(both)
    await stop()
  })

  test('a price is everybody’s', async () => {
    const grown = await bumps(`INSERT INTO price_files (version, file, imported_by) VALUES ('1', '{}', 'test')`)
    expect(grown).toEqual([1, 1])
  })

  test('a rolled back change is no change', async () => {
    const before = await versions()
    await database
      .transaction(async (transaction) => {
        await transaction.query(`UPDATE groups SET name = 'undone'`)
        await transaction.query('SELECT nonsense')
      })
      .catch(() => undefined) // Its failure is the point.
    expect(await versions()).toEqual(before)
  })

  test('updated_at moves with configuration, not with counters', async () => {
    const read = async (): Promise<string> => {
      const { rows } = await database.query<{ at: string }>('SELECT updated_at::text AS at FROM groups WHERE id = $1', [
        one.groupId,
      ])
      return rows[0]?.at ?? ''
    }
    const before = await read()
    await database.query('UPDATE groups SET total_requests = total_requests + 1, total_tokens = total_tokens + 1')
    expect(await read()).toBe(before)
    await database.query(`UPDATE groups SET description = 'changed'`)
    expect(await read()).not.toBe(before)
  })
})
