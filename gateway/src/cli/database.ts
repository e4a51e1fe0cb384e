// The commands about the data itself: migrate, backup, restore, db move. Each owns the data directory while it works.
import { backup } from '../platform/database/backup.ts'
import { migrate } from '../platform/database/migrate.ts'
import { moveDatabase, type MoveProgress } from '../platform/database/move.ts'
import { openDatabase } from '../platform/database/open.ts'
import { acquireOwnerLock } from '../platform/database/owner-lock.ts'
import { restore } from '../platform/database/restore.ts'
import { exitCodes } from './help.ts'
import type { ServeOptions } from './serve.ts'

export async function runMigrate({ config, log, terminal }: ServeOptions): Promise<number> {
  const database = await openDatabase({ dataDir: config.dataDir, databaseUrl: config.databaseUrl?.reveal(), log })
  try {
    const { applied } = await migrate(database)
    terminal.print(applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}.`)
    return exitCodes.ok
  } finally {
    await database.close()
  }
}

export async function runBackup({ config, terminal }: ServeOptions, file: string): Promise<number> {
  const made = await backup(config.dataDir, file, { databaseUrl: config.databaseUrl?.reveal() })
  terminal.print(`Wrote ${made.fileCount} files, ${made.contentBytes} bytes, to ${made.file}.`)
  if (made.database === 'server')
    terminal.print('The database is on a server and not in the archive: back it up with pg_dump.')
  if (made.database === 'snapshot')
    terminal.print(
      `The gateway is running: the database is that of its snapshot of ${made.databaseAsOf}; the journal holds what came after it.`,
    )
  terminal.print('The archive holds the secrets of this installation: keep it as safe as the data directory.')
  return exitCodes.ok
}

export async function runRestore({ config, terminal }: ServeOptions, file: string, force: boolean): Promise<number> {
  const restored = await restore(file, config.dataDir, { force })
  terminal.print(`Restored ${restored.fileCount} files of ${restored.madeAt} into ${config.dataDir}.`)
  if (restored.movedAside !== null) terminal.print(`What was there before lies in ${restored.movedAside}.`)
  return exitCodes.ok
}

export async function runMove({ config, log, terminal }: ServeOptions): Promise<number> {
  if (!config.databaseUrl) {
    terminal.complain('Set DATABASE_URL to the empty PostgreSQL database that is to take over.')
    return exitCodes.usage
  }
  const ownerLock = acquireOwnerLock(config.dataDir)
  try {
    const from = await openDatabase({ dataDir: config.dataDir, log, ownerLock })
    const to = await openDatabase({ dataDir: config.dataDir, databaseUrl: config.databaseUrl.reveal(), log })
    try {
      await migrate(from)
      await migrate(to)
      const onProgress = progressPrinter((line) => terminal.print(line))
      const { tables } = await moveDatabase({ from, to, onProgress })
      const rows = tables.reduce((sum, table) => sum + table.rows, 0n)
      terminal.print(`Moved ${rows} rows of ${tables.length} tables; counts, checksums and sums of money are equal.`)
      terminal.print('Start the gateway with the same DATABASE_URL and data directory from now on.')
      return exitCodes.ok
    } finally {
      await Promise.all([from.close(), to.close()])
    }
  } finally {
    ownerLock.release()
  }
}

/** A line for each table, not for each chunk. */
function progressPrinter(print: (line: string) => void): (progress: MoveProgress) => void {
  let last = ''
  return ({ table, tablesDone, tablesTotal }) => {
    if (table === last) return
    last = table
    print(`[${tablesDone + 1}/${tablesTotal}] ${table}`)
  }
}
