// What the rest of the gateway may know of its database: one interface over two engines.
// Owns no behaviour: embedded.ts and server.ts provide it, open.ts chooses. Values come back alike on both:
// int8 as bigint, numeric and date as string, timestamptz as Date, bytea as Buffer, json parsed, arrays as arrays.
import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

export interface QueryResult<Row> {
  rows: Row[]
  /** Rows returned or changed, as the engine counts them. */
  rowCount: number
}

export interface Queryable {
  /**
   * Runs one statement with `$1`-style parameters. A JavaScript array becomes a PostgreSQL array and a plain object
   * becomes JSON; a JSON value that is itself an array must be passed as `JSON.stringify(value)`.
   */
  query<Row = Record<string, unknown>>(text: string, params?: readonly unknown[]): Promise<QueryResult<Row>>
}

export interface Transaction extends Queryable {
  /** Kysely bound to this transaction. */
  readonly kysely: Kysely<Tables>
  /** Runs a text of several statements without parameters. For migrations. */
  script(text: string): Promise<void>
}

export interface TransactionOptions {
  /** The settler's transactions overtake everybody else who waits for a connection. */
  priority?: 'settler'
}

export interface Database extends Queryable {
  readonly kind: 'embedded' | 'server'
  readonly kysely: Kysely<Tables>
  /**
   * Commits when `work` resolves, rolls back when it rejects. Must not be nested: the embedded engine has one
   * connection.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  /**
   * Calls `onNotice` for each NOTIFY on the channel; the answer stops it. After a lost connection came back it is
   * called with an empty payload, because notices in between are gone and the listener must look for itself.
   */
  listen(channel: string, onNotice: (payload: string) => void): Promise<() => Promise<void>>
  /** Waits for running work, then closes. Later calls fail with `database_closed`. */
  close(): Promise<void>
}

/** Where the folder reports what an operator should know. The argument order is pino's. */
export interface DatabaseLog {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}
