// What "ready" means: the database answers and the journal takes records. Owns the bound on looking, so that a hanging
// disk or database gives an answer too, and so that many callers together cause one look at a time.
import type { Timers } from '../../platform/timers.ts'

export interface ReadinessChecks {
  /** Resolves when the database answered a trivial statement; rejects otherwise. */
  database: () => Promise<unknown>
  /** Resolves when the journal can be written; rejects otherwise. */
  journal: () => Promise<unknown>
}

export interface Readiness {
  ready: boolean
  checks: Record<keyof ReadinessChecks, 'ok' | 'failed' | 'timeout'>
}

/** Load balancers give up after a few seconds; an answer of "not ready" must come before. */
const checkTimeoutMs = 2000

export function createReadiness(checks: ReadinessChecks, timers: Timers): () => Promise<Readiness> {
  let looking: Promise<Readiness> | undefined

  async function look(): Promise<Readiness> {
    const [database, journal] = await Promise.all([bounded(checks.database, timers), bounded(checks.journal, timers)])
    return { ready: database === 'ok' && journal === 'ok', checks: { database, journal } }
  }

  return async () => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }
}

async function bounded(check: () => Promise<unknown>, timers: Timers): Promise<'ok' | 'failed' | 'timeout'> {
  return new Promise((resolve) => {
    const cancel = timers.after(checkTimeoutMs, () => resolve('timeout'))
    const finish = (outcome: 'ok' | 'failed') => () => {
      cancel()
      resolve(outcome)
    }
    Promise.resolve().then(check).then(finish('ok'), finish('failed'))
  })
}
