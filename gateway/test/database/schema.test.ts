// tables.ts says what the migrations made: every table, every column, nothing else.
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testEngines } from '../support/engines.ts'
import type { TestDatabase } from '../support/test-database.ts'

const tablesFile = new URL('../../src/platform/database/tables.ts', import.meta.url)

/** The types are gone when the program runs, so their text is read. */
async function readDeclaredTables(): Promise<Record<string, string[]>> {
  const source = await readFile(tablesFile, 'utf8')
  const bodies = new Map<string, { parents: string[]; members: [string, string][] }>()
  for (const [, name = '', parents = '', body = ''] of source.matchAll(
    /interface (\w+)(?: extends ([\w, ]+))? \{\n(.*?)\n\}/gs,
  )) {
    const members = [...body.matchAll(/^ {2}(\w+): (.+)$/gm)].map(([, key = '', type = '']): [string, string] => [
      key,
      type,
    ])
    bodies.set(name, { parents: parents.split(', ').filter(Boolean), members })
  }
  const columnsOf = (name: string): string[] => {
    const found = bodies.get(name)
    return [...(found?.members.map(([key]) => key) ?? []), ...(found?.parents.flatMap(columnsOf) ?? [])]
  }
  const tables = bodies.get('Tables')?.members ?? []
  return Object.fromEntries(tables.map(([table, type]) => [table, columnsOf(type).toSorted()]))
}

describe.each(testEngines)('the schema on the $name engine', ({ open }) => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened.dispose())

  test('has the declared tables and columns', async () => {
    const { rows } = await opened.database.query<{ name: string; columns: string[] }>(
      `SELECT c.relname::text AS name, array_agg(a.attname::text) AS columns
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace
       GROUP BY 1`,
    )
    const found = Object.fromEntries(rows.map(({ name, columns }) => [name, columns.toSorted()]))
    expect(Object.keys(found).length).toBeGreaterThan(20)
    expect(found).toEqual(await readDeclaredTables())
  })

  test('money and counts never cascade away: only sessions and health checks do', async () => {
    const { rows } = await opened.database.query(
      `SELECT conrelid::regclass::text AS name FROM pg_constraint WHERE contype = 'f' AND confdeltype NOT IN ('r', 'a')
       ORDER BY 1`,
    )
    expect(rows).toEqual([{ name: 'account_health_checks' }, { name: 'sessions' }])
  })

  test('every enumerated text is checked', async () => {
    const refused = [
      `INSERT INTO users (email, name, status) VALUES ('x@y', 'x', 'odd')`,
      `INSERT INTO enterprises (name, discount_basis_points) VALUES ('x', 10001)`,
      `INSERT INTO enterprises (name, currency) VALUES ('x', 'dollars')`,
      `INSERT INTO events (kind, severity, subject) VALUES ('k', 'odd', 's')`,
    ]
    for (const text of refused) {
      await expect(opened.database.query(text)).rejects.toMatchObject({ sqlState: '23514' })
    }
  })

  test('VE2 no table, and no partition, holds a list of the vendors', async () => {
    const { rows } = await opened.database.query(
      `SELECT conrelid::regclass::text AS name FROM pg_constraint
       WHERE contype = 'c' AND pg_get_constraintdef(oid) LIKE '%service_type%'`,
    )
    expect(rows).toEqual([])
  })

  test('an e-mail address is one user, in whatever case', async () => {
    await opened.database.query(`INSERT INTO users (email, name) VALUES ('Li@Example.com', 'Li')`)
    await expect(
      opened.database.query(`INSERT INTO users (email, name) VALUES ('li@example.COM', 'Li')`),
    ).rejects.toMatchObject({ constraint: 'users_email_key' })
  })

  test('the audit log is append-only', async () => {
    await opened.database.query(
      `INSERT INTO audit_log (actor_kind, actor_name, action, target_kind, previous_hash, hash)
       VALUES ('system', 'a', 'b', 'c', '', '')`,
    )
    for (const text of [`UPDATE audit_log SET action = 'x'`, 'DELETE FROM audit_log', 'TRUNCATE audit_log']) {
      await expect(opened.database.query(text)).rejects.toMatchObject({ sqlState: 'P0001' })
    }
  })
})
