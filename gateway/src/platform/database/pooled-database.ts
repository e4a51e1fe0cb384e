// Makes a Database out of a source of connections: queries, transactions with commit and rollback, Kysely.
// Owns transaction control, the same for both engines; owns no engine. Called by embedded.ts and server.ts.
import { Kysely } from 'kysely'
import type { Connection, ConnectionSource } from './connection.ts'
import type { Database, QueryResult, Transaction, TransactionOptions } from './database.ts'
import { abortedTransaction, createDialect } from './dialect.ts'
import { DatabaseError } from './errors.ts'
import type { Tables } from './tables.ts'

// LISTEN takes an identifier, not a parameter, so the name is checked instead of escaped.
const channelPattern = /^[a-z_][a-z0-9_]{0,62}$/

export function createPooledDatabase(kind: Database['kind'], source: ConnectionSource): Database {
  return {
    kind,
    kysely: new Kysely<Tables>({ dialect: createDialect(() => source.acquire('ordinary')) }),
    async query<Row>(text: string, params?: readonly unknown[]): Promise<QueryResult<Row>> {
      const connection = await source.acquire('ordinary')
      return await useOnce(connection, async () => {
        const result = await connection.run<Row>(text, params)
        // Given back inside a transaction, the connection would swallow the writes of whoever gets it next.
        if (result.command === 'BEGIN' || result.command === 'START') throw looseTransaction()
        return result
      })
    },
    async transaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T> {
      const connection = await source.acquire(options?.priority ?? 'ordinary')
      return await useOnce(connection, () => runTransaction(connection, work))
    },
    async listen(channel, onNotice) {
      if (!channelPattern.test(channel)) throw new DatabaseError('channel_invalid', `not a channel name: ${channel}`)
      return await source.listen(channel, onNotice)
    },
    close: () => source.close(),
  }
}

async function useOnce<T>(connection: Connection, use: () => Promise<T>): Promise<T> {
  let broken = true
  try {
    const answer = await use()
    broken = false
    return answer
  } finally {
    await connection.release(broken)
  }
}

async function runTransaction<T>(connection: Connection, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const transaction = new OpenTransaction(connection)
  await connection.run('BEGIN')
  let answer: T
  try {
    answer = await work(transaction)
  } catch (error) {
    transaction.end()
    // The connection is cleaned on release as well; rolling back here frees the locks before the caller goes on.
    await connection.run('ROLLBACK').catch(() => undefined)
    throw error
  }
  transaction.end()
  const { command } = await connection.run('COMMIT')
  if (command === 'ROLLBACK') throw abortedTransaction()
  return answer
}

/** One running transaction. After its end it refuses to work, so a forgotten `await` cannot write outside of it. */
class OpenTransaction implements Transaction {
  readonly #connection: Connection
  #isOver = false
  #kysely: Kysely<Tables> | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  get kysely(): Kysely<Tables> {
    this.#kysely ??= new Kysely<Tables>({
      dialect: createDialect(async () => ({
        run: (text, params) => this.#open().run(text, params),
        script: (text) => this.#open().script(text),
        // The transaction keeps its connection; a failed statement shows itself at COMMIT.
        release: async () => undefined,
      })),
    })
    return this.#kysely
  }

  async query<Row>(text: string, params?: readonly unknown[]): Promise<QueryResult<Row>> {
    return await this.#open().run<Row>(text, params)
  }

  async script(text: string): Promise<void> {
    await this.#open().script(text)
  }

  end(): void {
    this.#isOver = true
  }

  #open(): Connection {
    if (this.#isOver) {
      throw new DatabaseError('transaction_over', 'the transaction has ended; a query of it was not awaited')
    }
    return this.#connection
  }
}

function looseTransaction(): DatabaseError {
  return new DatabaseError('statement_failed', 'a transaction is begun with transaction(), not with a statement')
}
