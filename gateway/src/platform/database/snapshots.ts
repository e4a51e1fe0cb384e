// Copies of the embedded database that survive a power cut, which the engine itself does not: it never calls fsync.
// Owns taking, listing and pruning them; backup.ts reads them. A server's backups are its owner's business.
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import { engineFolder, snapshotsDirectoryOf } from './data-directory.ts'
import { syncPath, syncPaths } from './durable-files.ts'
import type { EmbeddedDatabase } from './embedded.ts'
import { embeddedPostgresMajor } from './embedded.ts'
import { copyEngine } from './engine-copy.ts'
import { DatabaseError } from './errors.ts'

// A day of hourly ones. They share unchanged files, so a day costs about what changed in it.
export const snapshotsKept = 24

const manifestName = 'snapshot.json'
const partialPrefix = 'partial-'

export interface SnapshotManifest {
  formatVersion: 1
  takenAt: string
  /** Name of the newest migration. */
  schemaVersion: string
  /** `version()` of the engine, which names PGlite's version too. */
  engineVersion: string
  postgresMajor: string
}

export interface Snapshot {
  path: string
  /** The engine's files inside of it. */
  engineDirectory: string
  manifest: SnapshotManifest
}

export interface TakeSnapshotOptions {
  database: EmbeddedDatabase
  dataDir: string
  clock?: Clock | undefined
}

/** Copies the database as it is now. Other callers wait while files are copied, not while the disk confirms them. */
export async function takeSnapshot(options: TakeSnapshotOptions): Promise<Snapshot> {
  const { database, dataDir } = options
  const folder = snapshotsDirectoryOf(dataDir)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const previous = (await listSnapshots(dataDir)).at(-1)
  const { schemaVersion, engineVersion } = await describe(database)
  const takenAtMs = (options.clock ?? systemClock).now()
  const name = new Date(takenAtMs).toISOString().replaceAll(':', '-')
  const partial = join(folder, partialPrefix + name)
  const path = join(folder, name)
  if (existsSync(path)) throw new DatabaseError('snapshot_failed', `a snapshot of this very moment exists: ${path}`)
  const manifest: SnapshotManifest = {
    formatVersion: 1,
    takenAt: new Date(takenAtMs).toISOString(),
    schemaVersion,
    engineVersion,
    postgresMajor: embeddedPostgresMajor,
  }
  try {
    const made = await database.pause((wal) =>
      copyEngine({
        from: database.directory,
        to: join(partial, engineFolder),
        wal,
        previous: previous && {
          directory: previous.engineDirectory,
          takenAtMs: Date.parse(previous.manifest.takenAt),
        },
      }),
    )
    await writeFile(join(partial, manifestName), JSON.stringify(manifest, null, 2), { mode: 0o600 })
    await syncPaths([...made, join(partial, manifestName), partial])
    await rename(partial, path)
    await syncPath(folder)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    if (error instanceof DatabaseError) throw error
    throw new DatabaseError('snapshot_failed', `no snapshot was taken: ${messageOf(error)}`)
  }
  return { path, engineDirectory: join(path, engineFolder), manifest }
}

/** All complete snapshots, oldest first. */
export async function listSnapshots(dataDir: string): Promise<Snapshot[]> {
  const folder = snapshotsDirectoryOf(dataDir)
  if (!existsSync(folder)) return []
  const names = (await readdir(folder)).filter((name) => /^\d{4}-/.test(name)).toSorted()
  const snapshots: Snapshot[] = []
  for (const name of names) {
    const path = join(folder, name)
    const text = await readFile(join(path, manifestName), 'utf8').catch(() => undefined) // Being pruned just now.
    if (text === undefined) continue
    snapshots.push({ path, engineDirectory: join(path, engineFolder), manifest: JSON.parse(text) as SnapshotManifest })
  }
  return snapshots
}

/** Removes all but the newest `keep`, and what an interrupted one left behind. Answers the removed paths. */
export async function pruneSnapshots(dataDir: string, keep: number = snapshotsKept): Promise<string[]> {
  const folder = snapshotsDirectoryOf(dataDir)
  if (!existsSync(folder)) return []
  const names = await readdir(folder)
  const partial = names.filter((name) => name.startsWith(partialPrefix)).map((name) => join(folder, name))
  const complete = (await listSnapshots(dataDir)).map(({ path }) => path)
  const removed = [...partial, ...complete.slice(0, Math.max(0, complete.length - keep))]
  for (const path of removed) await rm(path, { recursive: true, force: true })
  return removed
}

async function describe(database: EmbeddedDatabase): Promise<{ schemaVersion: string; engineVersion: string }> {
  const { rows } = await database.query<{ schemaVersion: string | null; engineVersion: string }>(
    'SELECT (SELECT max(name) FROM schema_migrations) AS "schemaVersion", version() AS "engineVersion"',
  )
  const [row] = rows
  if (!row?.schemaVersion) throw new DatabaseError('snapshot_failed', 'the database has no schema yet')
  return { schemaVersion: row.schemaVersion, engineVersion: row.engineVersion }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown'
}
