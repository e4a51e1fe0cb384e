// Brings a database to this program's schema: numbered files, forward only, each in a transaction of its own.
// Owns the record of what was applied; the files are migration-files.ts. Called at start-up and by `aicarpool migrate`.
import type { Database, Transaction } from './database.ts'
import { DatabaseError } from './errors.ts'
import { readMigrations } from './migration-files.ts'
import type { Migration } from './migration-files.ts'

// Several nodes may start at once on one server. The number is arbitrary, and the migrations' alone.
const migrationLock = 7240011902

interface AppliedMigration {
  name: string
  checksum: string
}

export interface MigrateOptions {
  /** Another folder of migrations; tests only. */
  directory?: URL | string | undefined
}

/** Applies what is missing and says what it applied. Refuses a past that differs and a future it does not know. */
export async function migrate(database: Database, options: MigrateOptions = {}): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(options.directory)
  const applied: string[] = []
  for (;;) {
    const name = await database.transaction((transaction) => applyNext(transaction, migrations))
    if (name === undefined) return { applied }
    applied.push(name)
  }
}

/** One step: under the lock, look at what is recorded and apply the first file that is not. */
async function applyNext(transaction: Transaction, migrations: readonly Migration[]): Promise<string | undefined> {
  await transaction.query('SELECT pg_advisory_xact_lock($1::bigint)', [migrationLock])
  // An index on a big table takes longer than any statement of the product may.
  await transaction.query('SET LOCAL statement_timeout = 0')
  await transaction.query(
    `CREATE TABLE IF NOT EXISTS schema_migrations (
       name text PRIMARY KEY,
       checksum text NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT now()
     )`,
  )
  const { rows } = await transaction.query<AppliedMigration>(
    'SELECT name, checksum FROM schema_migrations ORDER BY name',
  )
  checkPast(rows, migrations)
  const next = migrations[rows.length]
  if (!next) return undefined
  await runMigration(transaction, next)
  return next.name
}

async function runMigration(transaction: Transaction, migration: Migration): Promise<void> {
  try {
    await transaction.script(migration.sql)
  } catch (error) {
    const why = error instanceof DatabaseError ? error.message : 'unknown'
    throw new DatabaseError('migration_failed', `migration ${migration.name} failed and was undone: ${why}`)
  }
  await transaction.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [
    migration.name,
    migration.checksum,
  ])
}

function checkPast(past: readonly AppliedMigration[], migrations: readonly Migration[]): void {
  const newest = past.at(-1)
  if (newest && past.length > migrations.length) {
    throw new DatabaseError(
      'database_newer_than_program',
      `the database is at ${newest.name}, this program knows ${migrations.length} migrations; ` +
        'run the newer release, or restore a backup made before the upgrade',
    )
  }
  for (const [index, { name, checksum }] of past.entries()) {
    const file = migrations[index]
    if (file?.name === name && file.checksum === checksum) continue
    throw new DatabaseError(
      'migration_changed',
      `the database was made with ${name}, whose file has since been ${file?.name === name ? 'changed' : 'removed'}; ` +
        'restore that file and put the change into a new migration',
    )
  }
}
