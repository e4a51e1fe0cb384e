// Where things lie in the data directory, as far as the database folder cares. Owns the names only.
import { join } from 'node:path'

/** The embedded engine's own files. */
export const engineFolder = 'database'
/** Copies of them, one folder each, named by their time. */
export const snapshotsFolder = 'snapshots'

export function engineDirectoryOf(dataDir: string): string {
  return join(dataDir, engineFolder)
}

export function snapshotsDirectoryOf(dataDir: string): string {
  return join(dataDir, snapshotsFolder)
}

/** Present while a restore moves files; a start in between would see half of the old and half of the new. */
export const unfinishedRestoreMark = 'restore-unfinished'

export function unfinishedRestoreMarkOf(dataDir: string): string {
  return join(dataDir, unfinishedRestoreMark)
}
