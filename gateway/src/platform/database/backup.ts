// Puts everything of a data directory that matters into one portable archive (.tar.gz): the embedded database, the
// journal, the secrets. Owns what goes in and from where; the way back is restore.ts. Called by `aicarpool backup`.
import { createHash } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { link, lstat, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import { engineDirectoryOf, engineFolder, snapshotsFolder, unfinishedRestoreMark } from './data-directory.ts'
import { syncPath } from './durable-files.ts'
import { DatabaseError } from './errors.ts'
import { acquireOwnerLock, findOwner, isOwnerLockFile, readOwnerEpoch } from './owner-lock.ts'
import { listSnapshots } from './snapshots.ts'
import { encodeTarHeader, tarEnd, tarPadding } from './tar-archive.ts'

export const backupManifestName = 'backup.json'
// Old contents that a restore moved aside; a backup of backups helps nobody.
export const beforeRestorePrefix = 'before-restore-'
export const restoringPrefix = 'restoring-'

// Database files are mostly text and zeros; the higher levels cost twice the time for a few percent.
const gzipLevel = 3
// Bounds memory; larger reads gain nothing measurable.
const readChunkBytes = 256 * 1024

/** Where the archive's database came from. `server`: it is not inside, its owner backs it up (pg_dump). */
export type BackupDatabase = 'files' | 'snapshot' | 'server' | 'none'

export interface BackupManifest {
  formatVersion: 1
  madeAt: string
  database: BackupDatabase
  /** What moment the database inside is of; null when none is inside. */
  databaseAsOf: string | null
  postgresMajor: string | null
  ownerEpoch: number
  files: { path: string; sizeBytes: number; sha256: string }[]
}

export interface BackupOptions {
  /** Set when the gateway uses a server: the archive then holds the journal and the secrets, and says so. */
  databaseUrl?: string | undefined
  clock?: Clock | undefined
}

export interface BackupResult {
  file: string
  database: BackupDatabase
  databaseAsOf: string | null
  fileCount: number
  contentBytes: number
}

interface Source {
  /** Path in the archive. */
  path: string
  from: string
  kind: 'file' | 'folder'
}

interface DatabaseSource {
  kind: BackupDatabase
  directory: string | undefined
  asOf: string | null
}

/**
 * Where the gateway is stopped, the database's own files are taken. Where it runs, they change under the reader, so the
 * newest snapshot is taken instead, with the journal as it is now: after a restore the journal settles what the
 * snapshot did not have yet. With a PostgreSQL server the database is not in the data directory and not in the archive.
 */
export async function backup(dataDir: string, toFile: string, options: BackupOptions = {}): Promise<BackupResult> {
  const directory = resolve(dataDir)
  const target = resolve(toFile)
  refuseBadPlaces(directory, target)
  const clock = options.clock ?? systemClock
  const isLive = findOwner(directory) !== undefined
  const ownerEpoch = readOwnerEpoch(directory)
  const lock = isLive || options.databaseUrl ? undefined : acquireOwnerLock(directory, { clock })
  const draft = `${target}.${process.pid}.part`
  try {
    const database = await findDatabase(directory, isLive, options.databaseUrl, clock)
    const manifest: BackupManifest = {
      formatVersion: 1,
      madeAt: new Date(clock.now()).toISOString(),
      database: database.kind,
      databaseAsOf: database.asOf,
      postgresMajor: await readMajor(database.directory),
      ownerEpoch: lock?.epoch ?? ownerEpoch,
      files: [],
    }
    const archive = Readable.from(writeArchive(listSources(directory, database), manifest, clock.now()))
    await pipeline(archive, createGzip({ level: gzipLevel }), createWriteStream(draft, { mode: 0o600, flags: 'wx' }))
    await syncPath(draft)
    await publish(draft, target)
    const contentBytes = manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0)
    return {
      file: target,
      database: database.kind,
      databaseAsOf: database.asOf,
      fileCount: manifest.files.length,
      contentBytes,
    }
  } finally {
    await rm(draft, { force: true })
    lock?.release()
  }
}

function refuseBadPlaces(directory: string, target: string): void {
  if (!existsSync(directory)) {
    throw new DatabaseError('backup_source_missing', `there is no data directory ${directory}`)
  }
  if (existsSync(target)) {
    throw new DatabaseError('backup_target_invalid', `${target} exists; a backup never overwrites another`)
  }
  if (!relative(directory, target).startsWith('..')) {
    throw new DatabaseError(
      'backup_target_invalid',
      'put the backup outside of the data directory, best on another disk',
    )
  }
}

async function findDatabase(
  directory: string,
  isLive: boolean,
  databaseUrl: string | undefined,
  clock: Clock,
): Promise<DatabaseSource> {
  if (databaseUrl) return { kind: 'server', directory: undefined, asOf: null }
  const engineDirectory = engineDirectoryOf(directory)
  if (!existsSync(join(engineDirectory, 'PG_VERSION'))) return { kind: 'none', directory: undefined, asOf: null }
  if (!isLive) return { kind: 'files', directory: engineDirectory, asOf: new Date(clock.now()).toISOString() }
  const newest = (await listSnapshots(directory)).at(-1)
  if (newest) return { kind: 'snapshot', directory: newest.engineDirectory, asOf: newest.manifest.takenAt }
  const owner = findOwner(directory)
  throw new DatabaseError(
    'data_dir_locked',
    `process ${owner?.pid ?? '?'} is using ${directory} and has taken no snapshot yet; ` +
      'stop it for the backup, or wait for its first hourly snapshot',
  )
}

async function readMajor(engineDirectory: string | undefined): Promise<string | null> {
  return engineDirectory ? (await readFile(join(engineDirectory, 'PG_VERSION'), 'utf8')).trim() : null
}

/** The database first and the journal after it: what is settled in between is then in both, never in neither. */
async function* listSources(directory: string, database: DatabaseSource): AsyncGenerator<Source> {
  if (database.directory) yield* walk(database.directory, engineFolder)
  for (const name of (await readdir(directory)).toSorted()) {
    const isLeftOut =
      name === engineFolder ||
      name === snapshotsFolder ||
      name === unfinishedRestoreMark ||
      name.startsWith(beforeRestorePrefix) ||
      name.startsWith(restoringPrefix) ||
      isOwnerLockFile(name)
    if (!isLeftOut) yield* walk(join(directory, name), name)
  }
}

/**
 * Files and folders only: a data directory holds nothing else that could be restored. A linked file counts as a file.
 */
async function* walk(from: string, path: string): AsyncGenerator<Source> {
  const itself = await lstat(from).catch(() => undefined) // Gone since it was listed.
  const found = itself?.isSymbolicLink() ? await stat(from).catch(() => undefined) : itself // A link to nowhere.
  if (found?.isFile()) yield { path, from, kind: 'file' }
  if (!itself?.isDirectory()) return
  yield { path, from, kind: 'folder' }
  for (const name of (await readdir(from)).toSorted()) yield* walk(join(from, name), `${path}/${name}`)
}

async function* writeArchive(
  sources: AsyncIterable<Source>,
  manifest: BackupManifest,
  nowMs: number,
): AsyncGenerator<Buffer> {
  for await (const source of sources) {
    if (source.kind === 'folder') {
      yield encodeTarHeader({ path: source.path, kind: 'folder', mode: 0o700, sizeBytes: 0 }, nowMs)
    } else yield* writeFileEntry(source, manifest)
  }
  const text = Buffer.from(JSON.stringify(manifest, null, 2))
  yield encodeTarHeader({ path: backupManifestName, kind: 'file', mode: 0o600, sizeBytes: text.length }, nowMs)
  yield text
  yield tarPadding(text.length)
  yield tarEnd
}

async function* writeFileEntry(source: Source, manifest: BackupManifest): AsyncGenerator<Buffer> {
  const handle = await open(source.from, 'r').catch(() => undefined) // A journal segment that was just retired.
  if (!handle) return
  try {
    const { size, mode, mtimeMs } = await handle.stat()
    yield encodeTarHeader({ path: source.path, kind: 'file', mode, sizeBytes: size }, mtimeMs)
    const sum = createHash('sha256')
    // The size of now: the journal grows while it is read, and its reader copes with a cut last record.
    for (let position = 0; position < size;) {
      const wanted = Math.min(readChunkBytes, size - position)
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, position)
      if (bytesRead === 0) throw new DatabaseError('backup_source_missing', `${source.from} shrank while it was read`)
      const chunk = buffer.subarray(0, bytesRead)
      sum.update(chunk)
      position += bytesRead
      yield chunk
    }
    yield tarPadding(size)
    manifest.files.push({ path: source.path, sizeBytes: size, sha256: sum.digest('hex') })
  } finally {
    await handle.close()
  }
}

/** Gives the finished archive its name, which fails rather than overwrite one that appeared meanwhile. */
async function publish(draft: string, target: string): Promise<void> {
  await link(draft, target)
  await syncPath(dirname(target))
}
