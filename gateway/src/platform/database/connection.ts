// The small seam between an engine and everything above it: a connection, and a source of connections.
// Owns nothing else. embedded.ts and server.ts implement it; pooled-database.ts and dialect.ts use it.
import type { QueryResult } from './database.ts'

export interface ConnectionResult<Row> extends QueryResult<Row> {
  /** The command tag without its counts: SELECT, INSERT, COMMIT, ROLLBACK, … */
  command: string
}

export interface Connection {
  run<Row = Record<string, unknown>>(text: string, params?: readonly unknown[]): Promise<ConnectionResult<Row>>
  /** Several statements in one text, without parameters. */
  script(text: string): Promise<void>
  /** Gives the connection back. `broken` says that its state is unknown: it is cleaned or thrown away. */
  release(broken: boolean): Promise<void>
}

export type Lane = 'settler' | 'ordinary'

export interface ConnectionSource {
  acquire(lane: Lane): Promise<Connection>
  /** Listens on a channel until the answer is called. */
  listen(channel: string, onNotice: (payload: string) => void): Promise<() => Promise<void>>
  /** Waits for running work and lets go of everything. */
  close(): Promise<void>
}
