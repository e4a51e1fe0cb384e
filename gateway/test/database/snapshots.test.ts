// Snapshots of the embedded database: consistent while others write, whole or absent, thinned out, on schedule.
import { cp, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../src/platform/clock.ts'
import { engineDirectoryOf, snapshotsDirectoryOf } from '../../src/platform/database/data-directory.ts'
import { openEmbeddedDatabase } from '../../src/platform/database/open.ts'
import { startSnapshotSchedule } from '../../src/platform/database/snapshot-schedule.ts'
import { listSnapshots, pruneSnapshots, takeSnapshot } from '../../src/platform/database/snapshots.ts'
import type { Snapshot } from '../../src/platform/database/snapshots.ts'
import { openEmbeddedTestDatabase, silentLog } from '../support/test-database.ts'
import type { EmbeddedTestDatabase } from '../support/test-database.ts'

/** A clock whose every reading is a minute later. */
function tickingClock(): Clock {
  let nowMs = Date.now()
  return {
    now: () => (nowMs += 60_000),
    monotonic: () => performance.now(),
  }
}

describe('snapshots', () => {
  let opened: EmbeddedTestDatabase
  const folders: string[] = []
  beforeEach(async () => {
    opened = await openEmbeddedTestDatabase()
  })
  afterEach(async () => {
    await opened.dispose()
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
  })

  async function openCopy(snapshot: Snapshot) {
    const dataDir = await mkdtemp(join(tmpdir(), 'aicarpool-restored-'))
    folders.push(dataDir)
    await cp(snapshot.engineDirectory, engineDirectoryOf(dataDir), { recursive: true })
    return await openEmbeddedDatabase({ dataDir, log: silentLog })
  }

  test('taken while others write, each opens and has every row committed before it, and whole transactions', async () => {
    const { database, dataDir } = opened
    const clock = tickingClock()
    await database.query('CREATE TABLE pairs (id int, side text, filler text)')
    let committed = 0
    const writer = { isWriting: true }
    async function write(): Promise<void> {
      while (writer.isWriting) {
        const id = committed + 1
        await database.transaction(async (transaction) => {
          await transaction.query(`INSERT INTO pairs VALUES ($1, 'left', repeat('x', 2000))`, [id])
          await transaction.query(`INSERT INTO pairs VALUES ($1, 'right', repeat('y', 2000))`, [id])
        })
        committed = id
      }
    }
    const writing = write()
    const taken: { snapshot: Snapshot; before: number; after: number }[] = []
    for (let round = 0; round < 3; round += 1) {
      const before = committed
      const snapshot = await takeSnapshot({ database, dataDir, clock })
      taken.push({ snapshot, before, after: committed })
    }
    writer.isWriting = false
    await writing
    expect(committed).toBeGreaterThan(3)
    for (const { snapshot, before, after } of taken) {
      const copy = await openCopy(snapshot)
      const { rows } = await copy.query<{ pairs: bigint; halves: bigint; newest: number | null }>(
        `SELECT count(*) AS pairs, count(*) FILTER (WHERE n <> 2) AS halves, max(id) AS newest
         FROM (SELECT id, count(*) AS n FROM pairs GROUP BY id) AS p`,
      )
      const [found] = rows
      expect(found?.halves).toBe(0n)
      expect(Number(found?.pairs)).toBeGreaterThanOrEqual(before)
      expect(Number(found?.pairs)).toBeLessThanOrEqual(after + 1)
      expect(BigInt(found?.newest ?? 0)).toBe(found?.pairs)
      await copy.close()
    }
  })

  test('unchanged files are shared with the snapshot before, changed ones are not', async () => {
    const { database, dataDir } = opened
    const clock = tickingClock()
    await database.query(`INSERT INTO system_settings (name, value) VALUES ('round', '1')`)
    const first = await takeSnapshot({ database, dataDir, clock })
    await database.query(`UPDATE system_settings SET value = '2'`)
    const second = await takeSnapshot({ database, dataDir, clock })
    const links = await countLinks(second.engineDirectory)
    expect(links.shared).toBeGreaterThan(links.own * 5)
    for (const [snapshot, value] of [
      [first, 1],
      [second, 2],
    ] as const) {
      const copy = await openCopy(snapshot)
      expect((await copy.query('SELECT value FROM system_settings')).rows).toEqual([{ value }])
      await copy.close()
    }
  })

  test('only complete ones count, the newest stay, and what an interruption left is removed', async () => {
    const { database, dataDir } = opened
    const clock = tickingClock()
    const taken = []
    for (let round = 0; round < 4; round += 1) taken.push((await takeSnapshot({ database, dataDir, clock })).path)
    const partial = join(snapshotsDirectoryOf(dataDir), 'partial-2026-01-01T00-00-00.000Z')
    await mkdir(partial)
    expect((await listSnapshots(dataDir)).map(({ path }) => path)).toEqual(taken)
    expect(await pruneSnapshots(dataDir, 2)).toEqual([partial, ...taken.slice(0, 2)])
    expect((await listSnapshots(dataDir)).map(({ path }) => path)).toEqual(taken.slice(2))
    const [newest] = (await listSnapshots(dataDir)).slice(-1)
    expect(newest?.manifest).toMatchObject({
      formatVersion: 1,
      postgresMajor: '18',
      engineVersion: expect.stringContaining('PGlite 0.5.16'),
      schemaVersion: expect.stringMatching(/^\d{4}_/),
    })
  })

  test('the schedule takes one each time its hour comes, goes on after a failure, and takes the last at its end', async () => {
    const { database, dataDir } = opened
    const planned: { work: () => void; afterMs: number }[] = []
    const said: string[] = []
    const seen = Promise.withResolvers<void>()
    const failed = Promise.withResolvers<void>()
    const schedule = startSnapshotSchedule({
      database,
      dataDir,
      everyMs: 1234,
      clock: tickingClock(),
      callLater(work, afterMs) {
        planned.push({ work, afterMs })
        return () => said.push('called off')
      },
      log: {
        ...silentLog,
        info: () => seen.resolve(),
        error: () => failed.resolve(),
      },
    })
    expect(planned).toMatchObject([{ afterMs: 1234 }])
    planned[0]?.work()
    await seen.promise
    expect(await listSnapshots(dataDir)).toHaveLength(1)
    await expect.poll(() => planned.length).toBe(2)

    await database.query('ALTER TABLE schema_migrations RENAME TO elsewhere')
    planned[1]?.work()
    await failed.promise
    await expect.poll(() => planned.length).toBe(3)
    await database.query('ALTER TABLE elsewhere RENAME TO schema_migrations')

    await schedule.stop()
    expect(said).toEqual(['called off'])
    expect(await listSnapshots(dataDir)).toHaveLength(2)
  })
})

async function countLinks(folder: string): Promise<{ shared: number; own: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const counts = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).nlink))
  const shared = counts.filter((count) => count > 1).length
  return { shared, own: counts.length - shared }
}
