// Kysely over our own connections, one dialect for both engines: PostgreSQL's compiler and adapter, our driver. Owns
// only the translation of Kysely's driver calls. pooled-database.ts makes one for the pool and one per transaction.
import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult, TransactionSettings } from 'kysely'
import type { Connection } from './connection.ts'
import { DatabaseError } from './errors.ts'

const changingCommands = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/** `acquire` gives a connection for one query or one Kysely transaction; Kysely gives it back itself. */
export function createDialect(acquire: () => Promise<Connection>): Dialect {
  return {
    createDriver: () => createDriver(acquire),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
  }
}

class KyselyConnection implements DatabaseConnection {
  readonly connection: Connection
  failed = false

  constructor(connection: Connection) {
    this.connection = connection
  }

  async executeQuery<Row>(compiled: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const { rows, rowCount, command } = await this.connection.run<Row>(compiled.sql, compiled.parameters)
      return changingCommands.has(command) ? { rows, numAffectedRows: BigInt(rowCount) } : { rows }
    } catch (error) {
      this.failed = true
      throw error
    }
  }

  // eslint-disable-next-line require-yield
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new DatabaseError('statement_failed', 'streaming is not offered: read in pages by primary key instead')
  }
}

function createDriver(acquire: () => Promise<Connection>): Driver {
  const own = (connection: DatabaseConnection): KyselyConnection => connection as KyselyConnection
  return {
    async init() {},
    async acquireConnection() {
      return new KyselyConnection(await acquire())
    },
    async beginTransaction(connection, settings) {
      await own(connection).connection.run(beginStatement(settings))
    },
    async commitTransaction(connection) {
      const { command } = await own(connection).connection.run('COMMIT')
      if (command === 'ROLLBACK') throw abortedTransaction()
    },
    async rollbackTransaction(connection) {
      await own(connection).connection.run('ROLLBACK')
      own(connection).failed = false
    },
    async releaseConnection(connection) {
      await own(connection).connection.release(own(connection).failed)
    },
    async destroy() {},
  }
}

function beginStatement(settings: TransactionSettings): string {
  const isolation = settings.isolationLevel ? ` ISOLATION LEVEL ${settings.isolationLevel}` : ''
  return `BEGIN${isolation}${settings.accessMode ? ` ${settings.accessMode}` : ''}`
}

/** PostgreSQL answers COMMIT with ROLLBACK when an earlier statement failed; treating that as success loses writes. */
export function abortedTransaction(): DatabaseError {
  return new DatabaseError('transaction_aborted', 'a statement failed earlier, so the transaction was rolled back')
}
