// The embedded engine as a Database: PGlite behind a queue of one connection, for a machine without a server. Owns
// opening and closing the directory and the pause in which a snapshot copies it; the thread is embedded-engine.ts.
// Called by open.ts. The caller must hold the owner lock of the data directory: the engine itself locks nothing, and
// two processes on one directory silently lose rows.
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection, ConnectionSource, Lane } from './connection.ts'
import { ConnectionQueue } from './connection-queue.ts'
import type { Database } from './database.ts'
import { EmbeddedEngine } from './embedded-engine.ts'
import { DatabaseError } from './errors.ts'
import { NoticeBoard } from './notice-board.ts'
import { createPooledDatabase } from './pooled-database.ts'

/** The PostgreSQL inside PGlite 0.5.x. A directory of another major version cannot be opened. */
export const embeddedPostgresMajor = '18'

export interface EmbeddedDatabase extends Database {
  readonly kind: 'embedded'
  /** Where the engine keeps its files. */
  readonly directory: string
  /** Runs `copy` while no statement runs and everything committed is in the files (after a CHECKPOINT). */
  pause<T>(copy: (checkpoint: CheckpointWal) => Promise<T>): Promise<T>
  /** Ends the engine's thread without a word, as a crash would. For tests of what happens then. */
  crash(): Promise<void>
}

/** The range of write-ahead log files that the last checkpoint needs to start from. */
export interface CheckpointWal {
  firstFile: string
  lastFile: string
}

export interface EmbeddedOptions {
  directory: string
  /** Called once if the engine dies on its own; every later call fails with `database_stopped`. */
  onFatal?: ((error: DatabaseError) => void) | undefined
  waitersMax?: number | undefined
  waitMaxMs?: number | undefined
}

export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { directory } = options
  await prepareDirectory(directory)
  const board = new NoticeBoard()
  const queue = new ConnectionQueue({ slots: 1, waitersMax: options.waitersMax, waitMaxMs: options.waitMaxMs })
  const engine = await EmbeddedEngine.start({
    directory,
    onNotice: (channel, payload) => board.post(channel, payload),
    onDeath(error) {
      queue.fail(error)
      options.onFatal?.(error)
    },
  })
  const source = createSource(engine, queue, board)
  return {
    ...createPooledDatabase('embedded', source),
    kind: 'embedded',
    directory,
    pause: (copy) => pauseAndCopy(source, copy),
    crash: () => engine.kill(),
  }
}

/** Makes a new directory's files, or checks that the present ones are of this engine's version. */
async function prepareDirectory(directory: string): Promise<void> {
  const versionFile = join(directory, 'PG_VERSION')
  if (!existsSync(versionFile)) {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    // Creating the files leaves the thread with a peak of about 750 MB that it never gives back; a second thread opens
    // them with a quarter of that.
    const maker = await EmbeddedEngine.start({ directory, onNotice: () => {}, onDeath: () => {} })
    await maker.stop()
    return
  }
  const major = (await readFile(versionFile, 'utf8')).trim()
  if (major === embeddedPostgresMajor) return
  throw new DatabaseError(
    'data_dir_incompatible',
    `the database in ${directory} was written by PostgreSQL ${major}, this program embeds ${embeddedPostgresMajor}; ` +
      'open it with the release that wrote it and move it to a PostgreSQL server (aicarpool db move)',
  )
}

function createSource(engine: EmbeddedEngine, queue: ConnectionQueue, board: NoticeBoard): ConnectionSource {
  async function acquire(lane: Lane): Promise<Connection> {
    await queue.enter(lane)
    return createConnection(engine, queue)
  }
  let closing: Promise<void> | undefined
  return {
    acquire,
    listen: (channel, onNotice) =>
      board.add(channel, onNotice, async (statement) => {
        const connection = await acquire('ordinary')
        await connection.script(statement).finally(() => connection.release(false))
      }),
    close() {
      closing ??= queue
        .drain(new DatabaseError('database_closed', 'the database has been closed'))
        .then(() => engine.stop())
      return closing
    },
  }
}

function createConnection(engine: EmbeddedEngine, queue: ConnectionQueue): Connection {
  return {
    run: (text, params) => engine.run(text, params),
    script: (text) => engine.script(text),
    async release(broken) {
      // A failed statement inside BEGIN poisons the one connection until ROLLBACK. Outside of a transaction it is a
      // harmless warning, so it is sent whenever something failed. If it fails too, the engine is dead and has said so.
      if (broken) await engine.script('ROLLBACK').catch(() => undefined)
      queue.leave()
    },
  }
}

async function pauseAndCopy<T>(source: ConnectionSource, copy: (checkpoint: CheckpointWal) => Promise<T>): Promise<T> {
  const connection = await source.acquire('settler')
  try {
    await connection.run('CHECKPOINT')
    const { rows } = await connection.run<CheckpointWal>(
      `SELECT redo_wal_file AS "firstFile", pg_walfile_name(pg_current_wal_lsn()) AS "lastFile"
       FROM pg_control_checkpoint()`,
    )
    const [wal] = rows
    if (!wal) throw new DatabaseError('snapshot_failed', 'the engine did not name its last checkpoint')
    return await copy(wal)
  } finally {
    await connection.release(false)
  }
}
