// What went wrong, as one sentence for a person and an exit code for a script. An unexpected error keeps its stack.
import { ConfigError } from '../config.ts'
import { DatabaseError, type DatabaseErrorCode } from '../platform/database/errors.ts'
import { SecretsFileError } from '../platform/secrets/secrets-file.ts'
import { ChildProcessError } from '../platform/child-process.ts'
import { DemoError } from './demo-error.ts'
import { exitCodes } from './help.ts'

const databaseExitCodes: Partial<Record<DatabaseErrorCode, number>> = {
  data_dir_locked: exitCodes.dataDirLocked,
  database_unreachable: exitCodes.databaseUnreachable,
  migration_changed: exitCodes.migrationRefused,
  migration_failed: exitCodes.migrationRefused,
  migration_numbering: exitCodes.migrationRefused,
  database_newer_than_program: exitCodes.migrationRefused,
}

const portMessages: Record<string, string> = {
  EADDRINUSE: 'The port is taken by another program. Choose another one with --port.',
  EACCES:
    'Permission was denied for the port or a file. Choose a port above 1023, and check who owns the data directory.',
}

export function explainFailure(error: unknown): { message: string; exitCode: number } {
  if (error instanceof DatabaseError) {
    return { message: `${error.message} [${error.code}]`, exitCode: databaseExitCodes[error.code] ?? exitCodes.failed }
  }
  if (error instanceof ConfigError) return { message: error.message, exitCode: exitCodes.usage }
  if (error instanceof SecretsFileError || error instanceof ChildProcessError || error instanceof DemoError) {
    return { message: error.message, exitCode: exitCodes.failed }
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const message = portMessages[code] ?? (error instanceof Error ? (error.stack ?? error.message) : String(error))
  return { message, exitCode: exitCodes.failed }
}
