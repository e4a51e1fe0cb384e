// A migrated, empty database for one test file: embedded by default, on the server that TEST_DATABASE_URL names if
// set. Owns the template that makes the embedded one quick to open and the clean-up of both. Used by all tests with a
// database.
import { hash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engineDirectoryOf } from '../../src/platform/database/data-directory.ts'
import type { Database, DatabaseLog } from '../../src/platform/database/database.ts'
import { migrate } from '../../src/platform/database/migrate.ts'
import { readMigrations } from '../../src/platform/database/migration-files.ts'
import { openDatabase, openEmbeddedDatabase } from '../../src/platform/database/open.ts'
import type { EmbeddedDatabase } from '../../src/platform/database/embedded.ts'
import { openServer } from '../../src/platform/database/server.ts'

// Counts changes of how the template is made that the migrations do not show.
const templateFormat = 2

export const silentLog: DatabaseLog = { info() {}, warn() {}, error() {} }

/** The server to test on, if the run names one. A superuser's URL: each test database is created and dropped there. */
export const testServerUrl = process.env['TEST_DATABASE_URL']

export interface TestDatabase {
  database: Database
  /** Closes the database and removes it. */
  dispose(): Promise<void>
}

export async function openTestDatabase(): Promise<TestDatabase> {
  return testServerUrl ? await openServerTestDatabase(testServerUrl) : await openEmbeddedTestDatabase()
}

export interface EmbeddedTestDatabase extends TestDatabase {
  database: EmbeddedDatabase
  dataDir: string
}

export async function openEmbeddedTestDatabase(): Promise<EmbeddedTestDatabase> {
  const dataDir = await createMigratedDataDir()
  const database = await openEmbeddedDatabase({ dataDir, log: silentLog })
  return {
    database,
    dataDir,
    async dispose() {
      await database.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** A data directory of its own whose embedded database is migrated and closed. The caller removes it. */
export async function createMigratedDataDir(): Promise<string> {
  const template = await findOrMakeTemplate()
  const dataDir = await mkdtemp(join(tmpdir(), 'aicarpool-test-'))
  await cp(template, engineDirectoryOf(dataDir), { recursive: true })
  return dataDir
}

export async function openServerTestDatabase(serverUrl: string): Promise<TestDatabase> {
  const { url, drop } = await createServerDatabase(serverUrl)
  const database = await openDatabase({ dataDir: tmpdir(), databaseUrl: url, log: silentLog })
  await migrate(database)
  return {
    database,
    async dispose() {
      await database.close()
      await drop()
    },
  }
}

/** An empty database on the server, with a way to drop it. */
export async function createServerDatabase(serverUrl: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `aicarpool_test_${randomUUID().replaceAll('-', '')}`
  await runOnServer(serverUrl, `CREATE DATABASE ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => runOnServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`) }
}

async function runOnServer(serverUrl: string, statement: string): Promise<void> {
  const server = await openServer({ databaseUrl: serverUrl, log: silentLog, connectionsMax: 1 })
  await server.query(statement).finally(() => server.close())
}

/** Migrating takes seconds, copying its result a fraction of one. The name changes with the migrations. */
async function findOrMakeTemplate(): Promise<string> {
  const migrations = await readMigrations()
  const fingerprint = hash('sha256', migrations.map(({ checksum }) => checksum).join()).slice(0, 16)
  const owner = process.getuid?.() ?? 0
  const template = join(tmpdir(), `aicarpool-template-${owner}-${templateFormat}-${fingerprint}`)
  if (existsSync(template)) return template
  const draft = await mkdtemp(join(tmpdir(), 'aicarpool-template-draft-'))
  try {
    const database = await openEmbeddedDatabase({ dataDir: draft, log: silentLog })
    await migrate(database).finally(() => database.close())
    await rename(engineDirectoryOf(draft), template).catch((error: unknown) => {
      // Another test file made it at the same time; both are alike.
      if (!existsSync(template)) throw error
    })
    return template
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}
