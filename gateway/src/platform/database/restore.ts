// Puts a backup's contents back into a data directory. Owns the order that loses nothing: unpack beside, verify, move
// the old aside, move the new in. The archive is made by backup.ts. Called by `aicarpool restore`.
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { createGunzip } from 'node:zlib'
import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import { backupManifestName, beforeRestorePrefix, restoringPrefix } from './backup.ts'
import type { BackupDatabase, BackupManifest } from './backup.ts'
import { unfinishedRestoreMark, unfinishedRestoreMarkOf } from './data-directory.ts'
import { syncPath, syncPaths } from './durable-files.ts'
import { embeddedPostgresMajor } from './embedded.ts'
import { DatabaseError } from './errors.ts'
import { acquireOwnerLock, isOwnerLockFile, raiseOwnerEpoch, readOwnerEpoch } from './owner-lock.ts'
import { readTar } from './tar-archive.ts'
import type { ReadEntry } from './tar-archive.ts'

// A manifest line is about 150 bytes; this is 400,000 files. It is held in memory, so it needs a bound.
const manifestBytesMax = 64 * 1024 * 1024

export interface RestoreOptions {
  /** Allows a directory that is in use by nobody but not empty; its contents are moved aside, not deleted. */
  force?: boolean | undefined
  clock?: Clock | undefined
}

export interface RestoreResult {
  database: BackupDatabase
  databaseAsOf: string | null
  madeAt: string
  fileCount: number
  /** Where the former contents lie now, if there were any. */
  movedAside: string | null
}

export async function restore(fromFile: string, dataDir: string, options: RestoreOptions = {}): Promise<RestoreResult> {
  const directory = resolve(dataDir)
  const clock = options.clock ?? systemClock
  if (!existsSync(fromFile)) throw new DatabaseError('backup_source_missing', `there is no backup ${fromFile}`)
  const made = { firstFolder: await mkdir(directory, { recursive: true, mode: 0o700 }), lock: !hadOwner(directory) }
  const lock = acquireOwnerLock(directory, { clock })
  // Inside of the target, so that the last step is a rename on one file system, also where the target is a mount.
  const staging = join(directory, `${restoringPrefix}${lock.epoch}`)
  let hasBegun = false
  try {
    const old = await listContents(directory)
    if (old.length > 0 && !options.force) {
      throw new DatabaseError(
        'restore_target_not_empty',
        `${directory} is not empty; choose an empty directory, or use --force to move its contents aside`,
      )
    }
    const manifest = await unpack(fromFile, staging)
    raiseOwnerEpoch(lock, manifest.ownerEpoch)
    const time = new Date(clock.now()).toISOString().replaceAll(':', '-')
    const aside = join(directory, `${beforeRestorePrefix}${time}`)
    hasBegun = true
    await swap(directory, staging, aside, old)
    return {
      database: manifest.database,
      databaseAsOf: manifest.databaseAsOf,
      madeAt: manifest.madeAt,
      fileCount: manifest.files.length,
      movedAside: old.length > 0 ? aside : null,
    }
  } finally {
    await rm(staging, { recursive: true, force: true })
    // While the lock is still held, so that no other owner can have come into what is taken away.
    if (!hasBegun) await removeMade(directory, made)
    lock.release()
  }
}

interface Made {
  /** The outermost folder that was made; undefined when the directory was there. */
  firstFolder: string | undefined
  /** Whether the directory had no lock files before. */
  lock: boolean
}

const hadOwner = (directory: string) => readOwnerEpoch(directory) > 0

/** Takes back what a restore that changed nothing has made: its lock files, and folders as far as they are empty. */
async function removeMade(directory: string, made: Made): Promise<void> {
  if (!made.lock) return
  const names = await readdir(directory)
  for (const name of names.filter(isOwnerLockFile)) await rm(join(directory, name), { force: true })
  if (made.firstFolder === undefined) return
  for (let folder = directory; folder.length >= made.firstFolder.length; folder = dirname(folder)) {
    try {
      await rmdir(folder)
    } catch {
      // Somebody has put something into it meanwhile; it is theirs now.
      return
    }
  }
}

/** Everything in the directory but the lock and what earlier restores left. */
async function listContents(directory: string): Promise<string[]> {
  const names = await readdir(directory)
  return names.filter(
    (name) =>
      !isOwnerLockFile(name) &&
      !name.startsWith(beforeRestorePrefix) &&
      !name.startsWith(restoringPrefix) &&
      name !== unfinishedRestoreMark,
  )
}

/** Unpacks into the staging folder and compares every file with the manifest, which is the archive's last entry. */
async function unpack(fromFile: string, staging: string): Promise<BackupManifest> {
  await mkdir(staging, { recursive: true, mode: 0o700 })
  const found = new Map<string, { sizeBytes: number; sha256: string }>()
  const made = new Set([staging])
  let manifestText: string | undefined
  try {
    for await (const entry of readTar(decompress(fromFile))) {
      if (manifestText !== undefined) throw corrupt('something follows its manifest')
      if (entry.path === backupManifestName) manifestText = await readManifest(entry)
      else {
        const path = safePath(staging, entry.path)
        if (entry.kind === 'folder') await makeFolder(path, entry)
        else found.set(entry.path, await unpackFile(path, entry))
        made.add(path)
      }
    }
  } catch (error) {
    if (error instanceof DatabaseError) throw error
    throw corrupt(error instanceof Error ? error.message : 'unreadable')
  }
  const manifest = checkManifest(manifestText, found)
  await syncPaths(made)
  return manifest
}

function decompress(fromFile: string): AsyncIterable<Buffer> {
  const file = createReadStream(fromFile)
  const plain = createGunzip()
  // `pipe` does not carry errors over; the reader would wait for ever.
  file.on('error', (error) => plain.destroy(error))
  return file.pipe(plain)
}

async function makeFolder(path: string, entry: ReadEntry): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  for await (const _ of entry.body) throw corrupt(`the folder ${entry.path} has a body`)
}

async function unpackFile(path: string, entry: ReadEntry): Promise<{ sizeBytes: number; sha256: string }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const sum = createHash('sha256')
  const handle = await open(path, 'wx', entry.mode & 0o700)
  try {
    for await (const chunk of entry.body) {
      sum.update(chunk)
      await handle.writeFile(chunk)
    }
  } finally {
    await handle.close()
  }
  return { sizeBytes: entry.sizeBytes, sha256: sum.digest('hex') }
}

async function readManifest(entry: ReadEntry): Promise<string> {
  if (entry.sizeBytes > manifestBytesMax) throw corrupt('its manifest is too large')
  const chunks: Buffer[] = []
  for await (const chunk of entry.body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function checkManifest(
  text: string | undefined,
  found: ReadonlyMap<string, { sizeBytes: number; sha256: string }>,
): BackupManifest {
  if (text === undefined) throw corrupt('it has no manifest')
  const manifest = JSON.parse(text) as BackupManifest
  if (manifest.formatVersion !== 1) {
    throw new DatabaseError('backup_incompatible', 'the backup was made by a newer release; restore it with that')
  }
  if (manifest.postgresMajor !== null && manifest.postgresMajor !== embeddedPostgresMajor) {
    throw new DatabaseError(
      'backup_incompatible',
      `the backup holds a database of PostgreSQL ${manifest.postgresMajor}, this program embeds ` +
        `${embeddedPostgresMajor}; restore it with the release that made it`,
    )
  }
  if (manifest.files.length !== found.size) throw corrupt('files are missing or too many')
  for (const { path, sizeBytes, sha256 } of manifest.files) {
    const file = found.get(path)
    if (file?.sizeBytes !== sizeBytes || file.sha256 !== sha256) throw corrupt(`${path} has a wrong checksum`)
  }
  return manifest
}

/** An archive from elsewhere must not write outside of the target. */
function safePath(staging: string, path: string): string {
  const parts = path.split('/')
  if (path.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw corrupt('it holds a path that leads outside')
  }
  return join(staging, ...parts)
}

/** From here on only renames. The mark makes a start refuse if this is cut short in the middle. */
async function swap(directory: string, staging: string, aside: string, old: readonly string[]): Promise<void> {
  const mark = unfinishedRestoreMarkOf(directory)
  await writeFile(mark, '')
  await syncPaths([mark, directory])
  if (old.length > 0) await mkdir(aside, { mode: 0o700 })
  for (const name of old) await rename(join(directory, name), join(aside, name))
  for (const name of await readdir(staging)) await rename(join(staging, name), join(directory, name))
  await syncPath(directory)
  await rm(mark)
  await syncPath(directory)
}

function corrupt(why: string): DatabaseError {
  return new DatabaseError('backup_corrupt', `the backup is damaged and nothing was changed: ${why}`)
}
