// Vacuum and statistics for the embedded engine, which runs as a single process and so has no autovacuum: without this
// the counters' dead rows would pile up and the planner would guess. Called hourly by snapshot-schedule.ts.
import type { EmbeddedDatabase } from './embedded.ts'

/** One table per statement, so that others get their turn on the one connection in between. */
export async function vacuumTables(database: EmbeddedDatabase): Promise<void> {
  const { rows } = await database.query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class
     WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY relname`,
  )
  for (const { name } of rows) await database.query(`VACUUM (ANALYZE) ${name}`)
}
