// Backup and restore: everything that matters comes back, nothing else is touched, and damage is noticed before.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { backup } from '../../src/platform/database/backup.ts'
import { openEmbeddedDatabase } from '../../src/platform/database/open.ts'
import { acquireOwnerLock, readOwnerEpoch } from '../../src/platform/database/owner-lock.ts'
import { restore } from '../../src/platform/database/restore.ts'
import { takeSnapshot } from '../../src/platform/database/snapshots.ts'
import { createMigratedDataDir, silentLog } from '../support/test-database.ts'

describe('backup and restore', () => {
  let folder: string
  let dataDir: string
  let archive: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aicarpool-backup-'))
    dataDir = await mkdtemp(join(tmpdir(), 'aicarpool-backup-data-'))
    // To a backup a database is files; only the tests that open it again need a real one.
    await mkdir(join(dataDir, 'database', 'pg_wal'), { recursive: true })
    await writeFile(join(dataDir, 'database', 'PG_VERSION'), '18\n')
    archive = join(folder, 'backup.tar.gz')
    await writeFile(join(dataDir, 'secrets.json'), '{"key":"wrap"}', { mode: 0o600 })
    await mkdir(join(dataDir, 'journal'))
    await writeFile(join(dataDir, 'journal', '000001.log'), Buffer.alloc(700_001, 7))
    await writeFile(join(dataDir, 'journal', 'empty.log'), '')
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
    await rm(dataDir, { recursive: true, force: true })
  })

  async function installDatabase(): Promise<void> {
    const migrated = await createMigratedDataDir()
    await rm(join(dataDir, 'database'), { recursive: true })
    await rename(join(migrated, 'database'), join(dataDir, 'database'))
    await rm(migrated, { recursive: true })
  }

  const open = (directory: string) => openEmbeddedDatabase({ dataDir: directory, log: silentLog })

  async function writeSetting(directory: string, value: string): Promise<void> {
    const database = await open(directory)
    await database.query(
      `INSERT INTO system_settings (name, value) VALUES ('mark', to_jsonb($1::text))
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      [value],
    )
    await database.close()
  }

  async function readSetting(directory: string): Promise<unknown> {
    const database = await open(directory)
    const { rows } = await database.query<{ value: unknown }>(`SELECT value FROM system_settings WHERE name = 'mark'`)
    await database.close()
    return rows[0]?.value
  }

  test('a stopped gateway’s directory comes back whole, with its secrets’ mode and a higher epoch', async () => {
    await installDatabase()
    await writeSetting(dataDir, 'kept')
    for (let round = 0; round < 5; round += 1) acquireOwnerLock(dataDir).release()
    const made = await backup(dataDir, archive)
    expect(made).toMatchObject({ database: 'files', file: archive })
    expect((await stat(archive)).mode & 0o777).toBe(0o600)
    const target = join(folder, 'restored')
    expect(await restore(archive, target)).toMatchObject({ database: 'files', movedAside: null })
    expect(await readFile(join(target, 'journal', '000001.log'))).toEqual(Buffer.alloc(700_001, 7))
    expect((await stat(join(target, 'journal', 'empty.log'))).size).toBe(0)
    expect((await stat(join(target, 'secrets.json'))).mode & 0o777).toBe(0o600)
    expect(await readSetting(target)).toBe('kept')
    const before = acquireOwnerLock(dataDir)
    const after = acquireOwnerLock(target)
    expect(after.epoch).toBeGreaterThanOrEqual(before.epoch)
    expect((await readdir(target)).toSorted()).toEqual([
      'database',
      'journal',
      `owner-${String(after.epoch).padStart(12, '0')}.lock`,
      'owner-epoch',
      'secrets.json',
    ])
  })

  test('the archive is an ordinary tar', async () => {
    await backup(dataDir, archive)
    const { stdout } = await promisify(execFile)('tar', ['-tzf', archive], { maxBuffer: 10 ** 7 })
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['journal/000001.log', 'database/PG_VERSION']))
    expect(stdout).not.toContain('owner-')
  })

  test('beside a running gateway the newest snapshot is taken; without one it is refused with the remedy', async () => {
    await installDatabase()
    const database = await open(dataDir)
    await expect(backup(dataDir, archive)).rejects.toMatchObject({
      code: 'data_dir_locked',
      message: expect.stringContaining(`process ${process.pid} `),
    })
    await database.query(`INSERT INTO system_settings (name, value) VALUES ('mark', '"early"')`)
    const snapshot = await takeSnapshot({ database, dataDir })
    await database.query(`UPDATE system_settings SET value = '"late"' WHERE name = 'mark'`)
    const made = await backup(dataDir, archive)
    expect(made).toMatchObject({ database: 'snapshot', databaseAsOf: snapshot.manifest.takenAt })
    await expect(restore(archive, dataDir, { force: true })).rejects.toMatchObject({ code: 'data_dir_locked' })
    await database.close()
    const target = join(folder, 'restored')
    await restore(archive, target)
    expect(await readSetting(target)).toBe('early')
    expect(await readSetting(dataDir)).toBe('late')
  })

  test('with a server the database is not inside, and it says so', async () => {
    const made = await backup(dataDir, archive, { databaseUrl: 'postgres://127.0.0.1/x' })
    expect(made).toMatchObject({ database: 'server', databaseAsOf: null, fileCount: 3 })
    const target = join(folder, 'restored')
    expect(await restore(archive, target)).toMatchObject({ database: 'server' })
    expect((await readdir(target)).filter((name) => !name.startsWith('owner-')).toSorted()).toEqual([
      'journal',
      'secrets.json',
    ])
  })

  test('a directory that is not empty needs force, and its contents are moved aside, not lost', async () => {
    const secrets = join(dataDir, 'secrets.json')
    await writeFile(secrets, 'old')
    await backup(dataDir, archive)
    await writeFile(secrets, 'new')
    await expect(restore(archive, dataDir)).rejects.toMatchObject({ code: 'restore_target_not_empty' })
    expect(await readFile(secrets, 'utf8')).toBe('new')
    const { movedAside } = await restore(archive, dataDir, { force: true })
    expect(await readFile(secrets, 'utf8')).toBe('old')
    expect(await readFile(join(movedAside ?? '', 'secrets.json'), 'utf8')).toBe('new')
    expect(await readdir(movedAside ?? '')).toContain('database')
  })

  test('places that would lose something are refused', async () => {
    await writeFile(archive, 'another backup')
    await expect(backup(dataDir, archive)).rejects.toMatchObject({ code: 'backup_target_invalid' })
    await expect(backup(dataDir, join(dataDir, 'x.tar.gz'))).rejects.toMatchObject({ code: 'backup_target_invalid' })
    await expect(backup(join(folder, 'none'), join(folder, 'x'))).rejects.toMatchObject({
      code: 'backup_source_missing',
    })
    await expect(restore(join(folder, 'none.tar.gz'), dataDir)).rejects.toMatchObject({
      code: 'backup_source_missing',
    })
  })

  describe('a restore that fails', () => {
    const damage = async () => {
      const damaged = join(folder, 'damaged.tar.gz')
      await writeFile(damaged, 'not a backup')
      return damaged
    }

    test('takes away the folders that it made, and no other', async () => {
      const damaged = await damage()
      const target = join(folder, 'new', 'deep', 'target')
      await expect(restore(damaged, target)).rejects.toMatchObject({ code: 'backup_corrupt' })
      expect(await readdir(folder)).toEqual(['damaged.tar.gz'])
      await mkdir(join(folder, 'new'))
      await expect(restore(damaged, target)).rejects.toMatchObject({ code: 'backup_corrupt' })
      expect(await readdir(folder, { recursive: true })).toEqual(['damaged.tar.gz', 'new'])
    })

    test('leaves an empty folder empty, and a stranger’s as it was', async () => {
      const damaged = await damage()
      const target = join(folder, 'there')
      await mkdir(target)
      await expect(restore(damaged, target)).rejects.toMatchObject({ code: 'backup_corrupt' })
      expect(await readdir(target)).toEqual([])
      await writeFile(join(target, 'letter.txt'), 'mine')
      await expect(restore(damaged, target)).rejects.toMatchObject({ code: 'restore_target_not_empty' })
      await expect(restore(damaged, target, { force: true })).rejects.toMatchObject({ code: 'backup_corrupt' })
      expect(await readdir(target)).toEqual(['letter.txt'])
    })

    test('keeps the epochs of a directory that had an owner before', async () => {
      acquireOwnerLock(dataDir).release()
      const before = readOwnerEpoch(dataDir)
      await expect(restore(await damage(), dataDir, { force: true })).rejects.toMatchObject({ code: 'backup_corrupt' })
      expect(readOwnerEpoch(dataDir)).toBeGreaterThanOrEqual(before)
    })

    test('keeps everything once the renames have begun', async () => {
      await backup(dataDir, archive)
      const target = join(folder, 'target')
      // Where the old contents are to go, something is already: the swap fails at its first step.
      const clock = { now: () => 0, monotonic: () => 0 }
      await mkdir(join(target, `before-restore-${new Date(0).toISOString().replaceAll(':', '-')}`), { recursive: true })
      await writeFile(join(target, 'letter.txt'), 'mine')
      await expect(restore(archive, target, { force: true, clock })).rejects.toMatchObject({ code: 'EEXIST' })
      expect(await readFile(join(target, 'letter.txt'), 'utf8')).toBe('mine')
      expect(await readdir(target)).toContain('restore-unfinished')
      expect(readOwnerEpoch(target)).toBeGreaterThan(0)
    })
  })

  describe('a damaged archive', () => {
    async function expectRefused(bytes: Buffer): Promise<void> {
      const damaged = join(folder, 'damaged.tar.gz')
      await writeFile(damaged, bytes)
      await expect(restore(damaged, dataDir, { force: true })).rejects.toMatchObject({ code: 'backup_corrupt' })
      // Nothing of the target was touched, nothing is left lying about.
      expect(await readFile(join(dataDir, 'secrets.json'), 'utf8')).toBe('{"key":"wrap"}')
      expect((await readdir(dataDir)).filter((name) => !name.startsWith('owner-')).toSorted()).toEqual([
        'database',
        'journal',
        'secrets.json',
      ])
    }

    test('with one flipped bit in a file that gzip cannot see is refused', async () => {
      await backup(dataDir, archive)
      const plain = gunzipSync(await readFile(archive))
      const at = plain.indexOf(Buffer.alloc(64, 7))
      plain[at] = 8
      await expectRefused(gzipSync(plain, { level: 1 }))
    })

    test('cut short, or no archive at all, is refused', async () => {
      await backup(dataDir, archive)
      const bytes = await readFile(archive)
      await expectRefused(bytes.subarray(0, bytes.length / 2))
      const plain = gunzipSync(bytes)
      await expectRefused(gzipSync(plain.subarray(0, plain.length - 700_000), { level: 1 }))
      await expectRefused(Buffer.from('not a backup'))
    })

    test('that wants to write outside of the target is refused', async () => {
      await backup(dataDir, archive)
      const plain = gunzipSync(await readFile(archive))
      const name = 'journal/000001.log'
      const at = plain.indexOf(name)
      const header = plain.subarray(at, at + 512)
      header.write('../../../evil00001', 0)
      const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0)
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
      await expectRefused(gzipSync(plain, { level: 1 }))
    })
  })

  test('an interrupted restore is not mistaken for a good directory', async () => {
    await writeFile(join(dataDir, 'restore-unfinished'), '')
    await expect(open(dataDir)).rejects.toMatchObject({ code: 'restore_unfinished' })
    await rm(join(dataDir, 'restore-unfinished'))
    await backup(dataDir, archive)
    await writeFile(join(dataDir, 'restore-unfinished'), '')
    await restore(archive, dataDir, { force: true })
    expect(await readdir(dataDir)).not.toContain('restore-unfinished')
  })
})
