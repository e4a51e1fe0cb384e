// Several looks at one state of the database, for comparing it with something that goes on beside it.
import type { Database, Transaction } from './database.ts'

/** When `work` is called, its transaction sees what was committed until then, and nothing that is committed later. */
export function inFixedState<T>(database: Database, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  return database.transaction(async (transaction) => {
    await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    // The first statement fixes the state.
    await transaction.query('SELECT 1')
    return work(transaction)
  })
}
