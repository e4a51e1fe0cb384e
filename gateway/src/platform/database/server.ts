// A PostgreSQL server of the user's own as a Database: a bounded pool of pg behind the same queue, types and errors
// as the embedded engine. Owns the pool; LISTEN has its own connection in server-listener.ts. Called by open.ts.
import pg from 'pg'
import type { ClientConfig, PoolClient, QueryConfig, QueryResult as PgResult } from 'pg'
import type { Connection, ConnectionResult, ConnectionSource } from './connection.ts'
import { ConnectionQueue } from './connection-queue.ts'
import type { Database, DatabaseLog } from './database.ts'
import { DatabaseError, statementError } from './errors.ts'
import { createPooledDatabase } from './pooled-database.ts'
import { ServerListener } from './server-listener.ts'
import { encodeParameter, parserOf } from './wire-values.ts'

// Ten nodes with ten connections each fit PostgreSQL's default of 100; one node's control plane and settler need few,
// because the request path never comes here.
const serverConnectionsMax = 8

// No statement of the product takes longer; one that does has lost its index and must not hold its locks. Migrations
// and the move lift it for themselves.
const statementTimeoutMs = 30_000

// A server that does not answer by then is down for the purposes of start-up and health.
const connectTimeoutMs = 5_000

// A transaction that forgot to end holds locks and stops vacuum.
const idleInTransactionTimeoutMs = 60_000

export interface ServerOptions {
  databaseUrl: string
  log: DatabaseLog
  connectionsMax?: number | undefined
  waitersMax?: number | undefined
  waitMaxMs?: number | undefined
}

// pg's own option, missing from its types.
interface ExtendedQuery extends QueryConfig<(string | null)[]> {
  queryMode: 'extended'
}

export async function openServer(options: ServerOptions): Promise<Database> {
  const config: ClientConfig = {
    connectionString: options.databaseUrl,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: 'aicarpool',
    types: { getTypeParser: (type: number) => parserOf(type) },
  }
  const slots = options.connectionsMax ?? serverConnectionsMax
  const pool = new pg.Pool({ ...config, max: slots })
  // An idle connection that breaks must not end the process; the next query opens another.
  pool.on('error', (error) => options.log.warn({ code: codeOf(error) }, 'a database connection was lost'))
  const queue = new ConnectionQueue({ slots, waitersMax: options.waitersMax, waitMaxMs: options.waitMaxMs })
  const listener = new ServerListener({ createClient: () => new pg.Client(config), log: options.log })
  const source = createSource(pool, queue, listener)
  const database = createPooledDatabase('server', source)
  try {
    await database.query('SELECT 1')
  } catch (error) {
    await database.close()
    throw error
  }
  return database
}

function createSource(pool: pg.Pool, queue: ConnectionQueue, listener: ServerListener): ConnectionSource {
  const prepared = new WeakSet<PoolClient>()
  let closing: Promise<void> | undefined
  return {
    async acquire(lane) {
      await queue.enter(lane)
      try {
        const client = await pool.connect()
        if (!prepared.has(client)) await prepare(client)
        prepared.add(client)
        return createConnection(client, queue)
      } catch (error) {
        queue.leave()
        throw connectionError(error)
      }
    },
    listen: (channel, onNotice) => listener.listen(channel, onNotice),
    close() {
      closing ??= Promise.all([
        queue.drain(new DatabaseError('database_closed', 'the database has been closed')),
        listener.close(),
      ]).then(() => pool.end())
      return closing
    },
  }
}

/**
 * Session settings by statement instead of start-up options, because connection poolers in between refuse the latter.
 */
async function prepare(client: PoolClient): Promise<void> {
  try {
    await client.query(
      `SET TIME ZONE 'UTC'; SET DateStyle = 'ISO'; SET bytea_output = 'hex'; SET extra_float_digits = 1;
       SET statement_timeout = ${statementTimeoutMs};
       SET idle_in_transaction_session_timeout = ${idleInTransactionTimeoutMs}`,
    )
  } catch (error) {
    client.release(true)
    throw error
  }
}

function createConnection(client: PoolClient, queue: ConnectionQueue): Connection {
  async function send(text: string, params?: readonly unknown[]): Promise<PgResult> {
    if (!params) return await guard(client.query(text))
    // Without the mode a query without parameters would go by the simple protocol, which takes several statements.
    const query: ExtendedQuery = { text, values: params.map(encodeParameter), queryMode: 'extended' }
    return await guard(client.query(query))
  }
  async function guard<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      throw isServerAnswer(error) ? statementError(error) : connectionError(error)
    }
  }
  return {
    async run<Row>(text: string, params: readonly unknown[] = []): Promise<ConnectionResult<Row>> {
      const { rows, rowCount, command } = await send(text, params)
      // What a statement selects is known to its author alone; the type parameter is that knowledge.
      return { rows: rows as Row[], rowCount: rowCount ?? rows.length, command }
    },
    async script(text) {
      await send(text)
    },
    async release(broken) {
      let isLost = false
      if (broken) {
        await client.query('ROLLBACK').catch(() => {
          // A connection that cannot even roll back is thrown away below.
          isLost = true
        })
      }
      client.release(isLost)
      queue.leave()
    },
  }
}

function isServerAnswer(error: unknown): error is Error & { code: string } {
  return error instanceof pg.DatabaseError && !isShutdown(error)
}

// Class 57P: the server is ending, or an administrator ended the session; 53300: too many connections. The connection
// is the problem then, not the statement (PostgreSQL documentation, appendix A).
function isShutdown(error: pg.DatabaseError): boolean {
  return error.code?.startsWith('57P') === true || error.code === '53300'
}

function connectionError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error
  return new DatabaseError(
    'database_unreachable',
    `the PostgreSQL server cannot be used (${codeOf(error)}); check DATABASE_URL and that the server accepts connections`,
  )
}

/** The error's short code only: messages of the driver may repeat the connection's address and user. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
