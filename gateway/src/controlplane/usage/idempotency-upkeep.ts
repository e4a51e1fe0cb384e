// Idempotency keys are remembered for a day: those of the last one are loaded at start, and older ones are deleted hourly.
import type { IdempotencyKeys } from '../../core/idempotency/idempotency-keys.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Log } from '../../platform/log.ts'
import type { Timers } from '../../platform/timers.ts'
import { deleteExpiredOriginals, recentOriginals } from './idempotency-queries.ts'

const intervalMs = 3_600_000

export async function startIdempotencyUpkeep(options: {
  database: Database
  keys: IdempotencyKeys
  keysMax: number
  clock: Clock
  timers: Timers
  log: Log
}): Promise<() => void> {
  const { database, keys, clock } = options
  const nowMs = clock.now()
  for (const { keyHash, original } of await recentOriginals(database, nowMs, options.keysMax)) {
    keys.restore(keyHash, original, nowMs)
  }
  return options.timers.every(intervalMs, () => {
    deleteExpiredOriginals(database, clock.now()).catch((error: unknown) =>
      options.log.error({ error }, 'Idempotency keys of earlier days could not be deleted'),
    )
  })
}
