// Copies the embedded engine's directory while it stands still. Owns which files matter and the sharing of unchanged
// ones with the snapshot before; when it is safe to copy is the caller's business (snapshots.ts pauses the engine).
import { constants } from 'node:fs'
import { copyFile, link, mkdir, readdir, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { CheckpointWal } from './embedded.ts'

// File systems keep times in steps of up to some milliseconds; a file written that close to the earlier copy could
// have been written again in the same step, so it is copied once more.
const settledAgeMinMs = 2_000

const walFilePattern = /^[0-9A-F]{24}$/
// Scratch of a running engine, rebuilt or ignored at its next start.
const scratchNames = new Set(['postmaster.pid', 'postmaster.opts', 'pg_stat_tmp', 'pgsql_tmp'])

export interface EngineCopy {
  from: string
  to: string
  wal: CheckpointWal
  /** An earlier copy whose unchanged files are linked instead of copied, and when it was made (epoch ms). */
  previous: { directory: string; takenAtMs: number } | undefined
}

/** Copies and answers the paths it made new (files and folders), which are not yet on the disk for sure. */
export async function copyEngine(copy: EngineCopy): Promise<string[]> {
  const made: string[] = []
  await copyFolder(copy, '', made)
  return made
}

async function copyFolder(copy: EngineCopy, folder: string, made: string[]): Promise<void> {
  await mkdir(join(copy.to, folder), { recursive: true, mode: 0o700 })
  for (const entry of await readdir(join(copy.from, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (scratchNames.has(entry.name) || isUnneededWal(copy.wal, path)) continue
    if (entry.isDirectory()) await copyFolder(copy, path, made)
    else if (entry.isFile() && !(await linkUnchanged(copy, path))) {
      await copyOne(join(copy.from, path), join(copy.to, path))
      made.push(join(copy.to, path))
    }
  }
  made.push(join(copy.to, folder))
}

/** The log before the last checkpoint is history, and segments after the current one are recycled, empty ones. */
function isUnneededWal({ firstFile, lastFile }: CheckpointWal, path: string): boolean {
  const name = path.startsWith('pg_wal/') ? path.slice('pg_wal/'.length) : ''
  return walFilePattern.test(name) && (name < firstFile || name > lastFile)
}

async function copyOne(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE)
  // The time is how the next snapshot sees that nothing changed.
  const { atime, mtime } = await stat(from)
  await utimes(to, atime, mtime)
}

async function linkUnchanged(copy: EngineCopy, path: string): Promise<boolean> {
  if (!copy.previous) return false
  const earlier = join(copy.previous.directory, path)
  const before = await stat(earlier).catch(() => undefined) // Absent: a new file, to be copied.
  if (!before) return false
  const now = await stat(join(copy.from, path))
  const isSame = now.size === before.size && now.mtime.getTime() === before.mtime.getTime()
  if (!isSame || now.mtimeMs > copy.previous.takenAtMs - settledAgeMinMs) return false
  await link(earlier, join(copy.to, path))
  return true
}
