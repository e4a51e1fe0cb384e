// Migrations run once, in order, alone, and never over a past that differs.
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { migrate } from '../../src/platform/database/migrate.ts'
import { migrationsDirectory, readMigrations } from '../../src/platform/database/migration-files.ts'
import { openDatabase } from '../../src/platform/database/open.ts'
import { testEngines } from '../support/engines.ts'
import { createServerDatabase, silentLog, testServerUrl } from '../support/test-database.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function copyMigrations(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'aicarpool-migrations-'))
  folders.push(folder)
  for (const name of await readdir(migrationsDirectory)) {
    await copyFile(new URL(name, migrationsDirectory), join(folder, name))
  }
  return folder
}

describe.each(testEngines)('migrations on the $name engine', ({ open }) => {
  test('a migrated database needs nothing', async () => {
    const { database, dispose } = await open()
    expect(await migrate(database)).toEqual({ applied: [] })
    await dispose()
  })

  test('a new file is applied once; a failing one leaves no trace', async () => {
    const { database, dispose } = await open()
    const directory = await copyMigrations()
    const next = (await readMigrations()).length + 1
    const file = join(directory, `${String(next).padStart(4, '0')}_extra.sql`)
    await writeFile(file, 'CREATE TABLE extra (id int); INSERT INTO missing VALUES (1);')
    await expect(migrate(database, { directory })).rejects.toMatchObject({ code: 'migration_failed' })
    expect((await database.query(`SELECT to_regclass('extra') AS found`)).rows).toEqual([{ found: null }])
    await writeFile(file, 'CREATE TABLE extra (id int); INSERT INTO extra VALUES (1);')
    expect((await migrate(database, { directory })).applied).toHaveLength(1)
    expect((await migrate(database, { directory })).applied).toHaveLength(0)
    await expect(migrate(database)).rejects.toMatchObject({ code: 'database_newer_than_program' })
    await dispose()
  })

  test('a changed, a removed and a misnumbered file of the past are refused', async () => {
    const { database, dispose } = await open()
    const directory = await copyMigrations()
    const [first] = await readMigrations()
    const path = join(directory, `${first?.name}.sql`)
    await writeFile(path, `${first?.sql}-- a word\n`)
    await expect(migrate(database, { directory })).rejects.toMatchObject({
      code: 'migration_changed',
      message: expect.stringContaining(`${first?.name}, whose file has since been changed`),
    })
    await writeFile(path, first?.sql.replaceAll('\n', '\r\n') ?? '')
    expect(await migrate(database, { directory })).toEqual({ applied: [] })
    await rm(path)
    await expect(migrate(database, { directory })).rejects.toMatchObject({ code: 'migration_numbering' })
    await writeFile(join(directory, '0001_other.sql'), 'SELECT 1')
    await expect(migrate(database, { directory })).rejects.toMatchObject({
      code: 'migration_changed',
      message: expect.stringContaining('removed'),
    })
    await dispose()
  })
})

describe.runIf(testServerUrl)('migrations of one server by several nodes', () => {
  test('each file is applied by exactly one of them', async () => {
    const { url, drop } = await createServerDatabase(testServerUrl as string)
    const open = () => openDatabase({ dataDir: tmpdir(), databaseUrl: url, log: silentLog })
    const nodes = await Promise.all([open(), open(), open()])
    const results = await Promise.all(nodes.map((node) => migrate(node)))
    const applied = results.flatMap((result) => result.applied).toSorted()
    expect(applied).toEqual((await readMigrations()).map(({ name }) => name))
    for (const node of nodes) await node.close()
    await drop()
  })
})
