// Opens the database that the configuration asks for: a server when it names one, else the embedded engine. Owns that
// choice and the check of the owner lock; the engines are embedded.ts and server.ts. Called by the composition root,
// the commands and the tests.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { engineDirectoryOf, unfinishedRestoreMarkOf } from './data-directory.ts'
import type { Database, DatabaseLog } from './database.ts'
import { openEmbedded } from './embedded.ts'
import type { EmbeddedDatabase } from './embedded.ts'
import { DatabaseError } from './errors.ts'
import { acquireOwnerLock } from './owner-lock.ts'
import type { OwnerLock } from './owner-lock.ts'
import { openServer } from './server.ts'

export interface OpenOptions {
  dataDir: string
  /** Names a PostgreSQL server; without it the embedded engine is opened in the data directory. */
  databaseUrl?: string | undefined
  log: DatabaseLog
  /**
   * The lock on the data directory, if the caller holds it. Without it the embedded engine takes its own until close.
   */
  ownerLock?: OwnerLock | undefined
  /**
   * Called once if the embedded engine dies on its own. Every later call fails; the process should end and be
   * restarted.
   */
  onFatal?: ((error: DatabaseError) => void) | undefined
}

export async function openDatabase(options: OpenOptions): Promise<Database> {
  const { databaseUrl, log } = options
  if (databaseUrl) return await openServer({ databaseUrl, log })
  return await openEmbeddedDatabase(options)
}

/** The embedded engine, with what only it has: its directory and the pause for snapshots. */
export async function openEmbeddedDatabase(options: OpenOptions): Promise<EmbeddedDatabase> {
  const { dataDir, log, ownerLock } = options
  if (ownerLock) assertHolds(ownerLock, dataDir)
  refuseUnfinishedRestore(dataDir)
  const ownLock = ownerLock ? undefined : acquireOwnerLock(dataDir)
  try {
    const database = await openEmbedded({
      directory: engineDirectoryOf(resolve(dataDir)),
      onFatal(error) {
        log.error({ code: error.code }, error.message)
        options.onFatal?.(error)
      },
    })
    log.warn(
      { dataDir },
      'the embedded database does not survive a power cut between snapshots; for production set DATABASE_URL',
    )
    return { ...database, close: () => database.close().finally(() => ownLock?.release()) }
  } catch (error) {
    ownLock?.release()
    throw error
  }
}

/** Whether this database is the embedded one, for what only that has. */
export function isEmbedded(database: Database): database is EmbeddedDatabase {
  return database.kind === 'embedded'
}

function assertHolds(lock: OwnerLock, dataDir: string): void {
  if (lock.isHeld && lock.dataDir === resolve(dataDir)) return
  throw new DatabaseError('data_dir_locked', `the lock that was handed over is not (or no longer) one on ${dataDir}`)
}

function refuseUnfinishedRestore(dataDir: string): void {
  if (!existsSync(unfinishedRestoreMarkOf(dataDir))) return
  throw new DatabaseError(
    'restore_unfinished',
    `a restore into ${dataDir} was interrupted; run it again with --force. What was there before lies in its ` +
      'before-restore folder',
  )
}
