// Usage rows are stored by month; the months to come are made ahead, at start and daily.
import type { Database } from '../../platform/database/database.ts'
import type { Log } from '../../platform/log.ts'
import type { Timers } from '../../platform/timers.ts'

/** The present month and two more: a gateway that could not reach its database for a month still finds its partition. */
const monthsAhead = 3
const intervalMs = 86_400_000

export async function startPartitionUpkeep(options: {
  database: Database
  timers: Timers
  log: Log
}): Promise<() => void> {
  const ensure = () => options.database.query('SELECT ensure_usage_partitions(current_date, $1::int)', [monthsAhead])
  await ensure()
  return options.timers.every(intervalMs, () => {
    ensure().catch((error: unknown) =>
      options.log.error({ error }, 'Partitions of the coming months could not be made'),
    )
  })
}
