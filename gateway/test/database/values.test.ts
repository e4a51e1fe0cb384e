// Values come back as the types that database.ts promises, the same on every engine.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from 'kysely'
import { testEngines } from '../support/engines.ts'
import type { TestDatabase } from '../support/test-database.ts'

describe.each(testEngines)('values on the $name engine', ({ open }) => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await open()
    await opened.database.query(
      `CREATE TABLE samples (
         id int PRIMARY KEY, i8 int8, n numeric(30, 12), d date, t timestamptz, b bytea, j jsonb, yes boolean, f float8,
         u uuid, words text[], i8s int8[], ns numeric[], ts timestamptz[], bs bytea[], flags boolean[], grid int[][]
       )`,
    )
  })
  afterAll(() => opened.dispose())

  const sample = {
    id: 1,
    i8: 9223372036854775807n,
    n: '123456789012345678.123456789012',
    d: '2026-02-28',
    t: new Date('2026-02-28T16:00:00.123Z'),
    b: Buffer.from([0, 92, 120, 255]),
    j: { text: '中文 "quoted" \\ back', list: [1, null, { deep: true }] },
    yes: false,
    f: 0.1,
    u: '6f1c1f3a-0d57-4b1e-9b55-0a4c5c9a1234',
    words: ['plain', '', 'NULL', null, 'a,b', '{x}', 'q"u\\o\'te', ' space ', '中\n文'],
    i8s: [1n, -9223372036854775808n],
    ns: ['0.000000001', null],
    ts: [new Date('2026-01-01T00:00:00.000Z')],
    bs: [Buffer.from([1]), Buffer.alloc(0)],
    flags: [true, false, null],
    grid: [
      [1, 2],
      [3, 4],
    ],
  }

  test('a row comes back as it was written', async () => {
    const columns = Object.keys(sample)
    const marks = columns.map((_, index) => `$${index + 1}`)
    await opened.database.query(
      `INSERT INTO samples (${columns.join(', ')}) VALUES (${marks.join(', ')})`,
      Object.values(sample),
    )
    const { rows, rowCount } = await opened.database.query('SELECT * FROM samples WHERE id = 1')
    expect(rowCount).toBe(1)
    expect(rows).toEqual([sample])
    expect(Buffer.isBuffer(rows[0]?.['b'])).toBe(true)
  })

  test('nulls stay null and missing parameters are null', async () => {
    await opened.database.query('INSERT INTO samples (id, i8, words) VALUES (2, $1, $2)', [null, undefined])
    const { rows } = await opened.database.query('SELECT i8, words, j FROM samples WHERE id = 2')
    expect(rows).toEqual([{ i8: null, words: null, j: null }])
  })

  test('times with offsets and microseconds are the right moment', async () => {
    const { rows } = await opened.database.query<{ at: Date }>(
      `SELECT '2026-06-01 05:30:00.987654+05:30'::timestamptz AS at`,
    )
    expect(rows[0]?.at.toISOString()).toBe('2026-06-01T00:00:00.987Z')
  })

  test('kysely reads and writes the same values and counts changed rows', async () => {
    const { kysely } = opened.database
    const made = await kysely
      .insertInto('enterprises')
      .values({ name: 'Kysely', settings: JSON.stringify({ a: [1] }), fixed_call_cost: '0.000000001' })
      .returning(['id', 'version', 'fixed_call_cost', 'settings', 'created_at'])
      .executeTakeFirstOrThrow()
    expect(made).toMatchObject({ version: 1n, fixed_call_cost: '0.000000001', settings: { a: [1] } })
    expect(made.created_at).toBeInstanceOf(Date)
    const changed = await kysely
      .updateTable('enterprises')
      .set({ name: 'Renamed', version: sql`version + 1` })
      .where('id', '=', made.id)
      .executeTakeFirstOrThrow()
    expect(changed.numUpdatedRows).toBe(1n)
  })

  test('batches by unnest arrive whole', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => BigInt(index) * 10_000_000_000n)
    const costs = ids.map((id) => `${id}.000000001`)
    const { rows } = await opened.database.query<{ rows: bigint; total: string }>(
      'SELECT count(*) AS rows, sum(cost) AS total FROM unnest($1::int8[], $2::numeric[]) AS u (id, cost)',
      [ids, costs],
    )
    expect(rows[0]).toEqual({ rows: 500n, total: `${(499n * 500n * 10_000_000_000n) / 2n}.000000500` })
  })
})
