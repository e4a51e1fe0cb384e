// Moves everything from the embedded database to a PostgreSQL server: all rows of all tables, proved equal, or nothing.
// Owns the copy and the proof; the tables' order and shape are table-shape.ts. Called by `aicarpool db move`.
import type { Database, Queryable, Transaction } from './database.ts'
import { DatabaseError } from './errors.ts'
import { quoteName, readTableShapes } from './table-shape.ts'
import type { TableShape } from './table-shape.ts'

// Rows in flight at once. As large as the embedded engine's thread answers in a few milliseconds.
const chunkRows = 500

// Written by the migrations themselves, on both sides.
const recordTable = 'schema_migrations'

export interface TableProof {
  table: string
  rows: bigint
  /** Sums over the md5 of every row, so they do not depend on order. */
  checksum: string
  /** Exact sums of the numeric columns: money and amounts. */
  totals: Record<string, string>
}

export interface MoveProgress {
  table: string
  rowsCopied: number
  tablesDone: number
  tablesTotal: number
}

export interface MoveOptions {
  /** The embedded database, which nobody else may write to meanwhile. */
  from: Database
  /** The server, at the same schema and without a row. */
  to: Database
  onProgress?: ((progress: MoveProgress) => void) | undefined
}

/** Any failure leaves the target as it was. Answers what was proved for each table. */
export async function moveDatabase(options: MoveOptions): Promise<{ tables: TableProof[] }> {
  const { from, to } = options
  return await from.transaction(async (source) => {
    await prepareSession(source)
    return await to.transaction(async (target) => {
      await prepareSession(target)
      const shapes = await readMovableShapes(source, target)
      await copyAll(source, target, shapes, options.onProgress ?? (() => {}))
      const tables: TableProof[] = []
      for (const shape of shapes) tables.push(await proveEqual(source, target, shape))
      return { tables }
    })
  })
}

/** Text forms of times and bytes depend on the session; both sides must write them alike. */
async function prepareSession(transaction: Transaction): Promise<void> {
  await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
  await transaction.script(
    `SET LOCAL TIME ZONE 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL bytea_output = 'hex';
     SET LOCAL extra_float_digits = 1; SET LOCAL statement_timeout = 0;
     SET LOCAL idle_in_transaction_session_timeout = 0`,
  )
}

async function readMovableShapes(source: Queryable, target: Queryable): Promise<TableShape[]> {
  const records = `SELECT string_agg(name || ':' || checksum, ',' ORDER BY name) AS past FROM ${recordTable}`
  const [here, there] = await Promise.all([readShapes(source, records), readShapes(target, records)])
  if (here.past !== there.past || JSON.stringify(here.shapes) !== JSON.stringify(there.shapes)) {
    throw new DatabaseError(
      'move_schema_differs',
      'the two databases do not have the same schema; run `aicarpool migrate` on both with this release first',
    )
  }
  for (const { name } of there.shapes) {
    const { rows } = await target.query(`SELECT 1 FROM ${quoteName(name)} LIMIT 1`)
    if (rows.length === 0) continue
    throw new DatabaseError('move_target_not_empty', `the server's table ${name} has rows; move into an empty database`)
  }
  return there.shapes
}

async function readShapes(database: Queryable, records: string): Promise<{ past: string; shapes: TableShape[] }> {
  const { rows } = await database.query<{ past: string }>(records).catch(() => {
    throw new DatabaseError('move_schema_differs', 'one of the databases has no schema; run `aicarpool migrate` on it')
  })
  const shapes = await readTableShapes(database)
  return { past: rows[0]?.past ?? '', shapes: shapes.filter(({ name }) => name !== recordTable) }
}

async function copyAll(
  source: Queryable,
  target: Queryable,
  shapes: readonly TableShape[],
  onProgress: (progress: MoveProgress) => void,
): Promise<void> {
  await createPartitions(source, target)
  for (const [tablesDone, shape] of shapes.entries()) {
    const name = quoteName(shape.name)
    // Our triggers announce changes and stamp times; a moved row is no change. Undone with the transaction on failure.
    await target.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`)
    await copyTable(source, target, shape, (rowsCopied) =>
      onProgress({ table: shape.name, rowsCopied, tablesDone, tablesTotal: shapes.length }),
    )
    await target.query('SET CONSTRAINTS ALL IMMEDIATE')
    await target.query(`ALTER TABLE ${name} ENABLE TRIGGER USER`)
    await continueIdentities(target, shape)
  }
}

/** The same months as at the source; without them all rows would lie in the default partition. */
async function createPartitions(source: Queryable, target: Queryable): Promise<void> {
  const { rows } = await source.query<{ month: string }>(
    `SELECT replace(substring(relname FROM 'usage_stats_(\\d{4}_\\d{2})$'), '_', '-') || '-01' AS month
     FROM pg_class WHERE relispartition AND relkind = 'r' AND relname ~ '^usage_stats_\\d{4}_\\d{2}$' ORDER BY 1`,
  )
  for (const { month } of rows) await target.query('SELECT ensure_usage_partitions($1::date, 1)', [month])
}

async function copyTable(
  source: Queryable,
  target: Queryable,
  shape: TableShape,
  onChunk: (rowsCopied: number) => void,
): Promise<void> {
  const insert = insertStatement(shape)
  let after: (string | null)[] | undefined
  let rowsCopied = 0
  for (;;) {
    const chunk = await readChunk(source, shape, after)
    if (chunk.length === 0) return
    await target.query(insert, columnsOf(chunk, shape))
    rowsCopied += chunk.length
    onChunk(rowsCopied)
    const last = chunk.at(-1)
    after = shape.primaryKey.map((key) => last?.[key] ?? null)
    if (chunk.length < chunkRows) return
  }
}

type TextRow = Record<string, string | null>

/** The next rows in the order of the primary key, every value in its text form, which loses nothing. */
async function readChunk(
  source: Queryable,
  shape: TableShape,
  after: readonly (string | null)[] | undefined,
): Promise<TextRow[]> {
  const keys = shape.primaryKey.map((key) => `t.${quoteName(key)}`)
  const bounds = shape.primaryKey.map((key, index) => `$${index + 1}::text::${typeOf(shape, key)}`)
  const where = after ? `WHERE (${keys.join(', ')}) > (${bounds.join(', ')})` : ''
  const values = shape.columns.map(({ name }) => `t.${quoteName(name)}::text AS ${quoteName(name)}`)
  const { rows } = await source.query<TextRow>(
    `SELECT ${values.join(', ')} FROM ${quoteName(shape.name)} AS t ${where} 
     ORDER BY ${keys.join(', ')} LIMIT ${chunkRows}`,
    after ?? [],
  )
  return rows
}

function insertStatement(shape: TableShape): string {
  const names = shape.columns.map(({ name }) => quoteName(name))
  const arrays = shape.columns.map((_, index) => `$${index + 1}::text[]`)
  const values = shape.columns.map(({ name, type }) => `u.${quoteName(name)}::${type}`)
  return (
    `INSERT INTO ${quoteName(shape.name)} (${names.join(', ')}) OVERRIDING SYSTEM VALUE ` +
    `SELECT ${values.join(', ')} FROM unnest(${arrays.join(', ')}) AS u (${names.join(', ')})`
  )
}

function columnsOf(chunk: readonly TextRow[], shape: TableShape): (string | null)[][] {
  return shape.columns.map(({ name }) => chunk.map((row) => row[name] ?? null))
}

function typeOf(shape: TableShape, column: string): string {
  return shape.columns.find(({ name }) => name === column)?.type ?? 'text'
}

/** New rows must go on where the copied ones ended. */
async function continueIdentities(target: Queryable, shape: TableShape): Promise<void> {
  for (const { name } of shape.columns.filter(({ isIdentity }) => isIdentity)) {
    await target.query(
      `SELECT setval(pg_get_serial_sequence($1, $2), max(${quoteName(name)})) FROM ${quoteName(shape.name)}
       HAVING max(${quoteName(name)}) IS NOT NULL`,
      [shape.name, name],
    )
  }
}

async function proveEqual(source: Queryable, target: Queryable, shape: TableShape): Promise<TableProof> {
  const here = await readProof(source, shape)
  const there = await readProof(target, shape)
  if (JSON.stringify(here, bigintAsText) === JSON.stringify(there, bigintAsText)) return there
  throw new DatabaseError(
    'move_mismatch',
    `${shape.name} differs after the copy (${here.rows} rows here, ${there.rows} there); nothing was moved`,
  )
}

/** Count, order-independent checksum and totals of a table. Public so that a test can compare databases by it. */
export async function readProof(database: Queryable, shape: TableShape): Promise<TableProof> {
  const texts = shape.columns.map(
    ({ name }) => `coalesce(length(${quoteName(name)}::text)::text || ':' || ${quoteName(name)}::text, '-')`,
  )
  const totals = shape.numericColumns.map((name) => `'${name}', sum(${quoteName(name)})::text`)
  const { rows } = await database.query<Omit<TableProof, 'table'>>(
    `SELECT count(*) AS rows,
       concat(sum(('x' || substr(digest, 1, 16))::bit(64)::bigint), '/',
              sum(('x' || substr(digest, 17, 16))::bit(64)::bigint)) AS checksum,
       jsonb_build_object(${totals.join(', ')}) AS totals
     FROM (SELECT md5(concat(${texts.join(", '|', ")})) AS digest, * FROM ${quoteName(shape.name)}) AS t`,
  )
  const [proof] = rows
  if (!proof) throw new DatabaseError('move_mismatch', `${shape.name} could not be summed up`)
  return { table: shape.name, ...proof }
}

function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
