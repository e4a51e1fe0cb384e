// The one error class of the database folder, with the stable codes that callers and the documentation rely on.
// It never carries bound values: a failed INSERT of a secret must not show the secret in a log.

export type DatabaseErrorCode =
  | 'data_dir_locked'
  | 'data_dir_incompatible'
  | 'database_unreachable'
  | 'database_stopped'
  | 'database_closed'
  | 'queue_full'
  | 'queue_timeout'
  | 'statement_failed'
  | 'transaction_aborted'
  | 'transaction_over'
  | 'channel_invalid'
  | 'migration_changed'
  | 'migration_failed'
  | 'migration_numbering'
  | 'database_newer_than_program'
  | 'snapshot_failed'
  | 'backup_source_missing'
  | 'backup_target_invalid'
  | 'backup_corrupt'
  | 'backup_incompatible'
  | 'restore_target_not_empty'
  | 'restore_unfinished'
  | 'move_target_not_empty'
  | 'move_schema_differs'
  | 'move_mismatch'

/** What PostgreSQL said, reduced to the parts that cannot hold a bound value. */
export interface ServerReport {
  /** SQLSTATE, five characters: PostgreSQL documentation, appendix A. */
  sqlState: string
  constraint?: string | undefined
  table?: string | undefined
  column?: string | undefined
}

export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode
  readonly sqlState: string | undefined
  readonly constraint: string | undefined
  readonly table: string | undefined
  readonly column: string | undefined

  constructor(code: DatabaseErrorCode, message: string, report?: ServerReport) {
    super(message)
    this.name = 'DatabaseError'
    this.code = code
    this.sqlState = report?.sqlState
    this.constraint = report?.constraint
    this.table = report?.table
    this.column = report?.column
  }
}

// Class 22 (data exception) quotes the offending value in its message, and 42804-like type errors never do.
// PostgreSQL documentation, appendix A, "PostgreSQL Error Codes".
const dataExceptionClass = '22'

interface RawServerError {
  message?: unknown
  code?: unknown
  constraint?: unknown
  table?: unknown
  column?: unknown
}

/**
 * Turns what an engine threw for a statement into a DatabaseError. `detail`, `hint`, `where`, and the statement's
 * parameters are dropped on purpose: all of them can hold values.
 */
export function statementError(raw: RawServerError): DatabaseError {
  const sqlState = typeof raw.code === 'string' && /^[0-9A-Z]{5}$/.test(raw.code) ? raw.code : 'XX000'
  const message = typeof raw.message === 'string' ? raw.message : 'the statement failed'
  const shown = sqlState.startsWith(dataExceptionClass) ? 'a value does not fit its type' : message
  return new DatabaseError('statement_failed', `${shown} (SQLSTATE ${sqlState})`, {
    sqlState,
    constraint: textOrNothing(raw.constraint),
    table: textOrNothing(raw.table),
    column: textOrNothing(raw.column),
  })
}

function textOrNothing(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
