// Looking the books over (对账): what must hold between rows, roll-ups, totals, prices and events is recomputed and compared; what
// is found is stored and told as an event. All of it on demand, the last hours each minute beside the running gateway.
import type { Providers } from '../../core/providers/registry.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Log } from '../../platform/log.ts'
import type { Timers } from '../../platform/timers.ts'
import { keptCatalogues } from '../prices/prices.ts'
import { allChecks, recentChecks, type Check } from './checks.ts'
import { checkCosts, type Finding } from './costs.ts'

export interface Reconciliation {
  findings: readonly Finding[]
  rowsChecked: number
  /** Rows whose price is not kept, so that their cost could not be computed anew. */
  rowsPassedOver: number
}

export interface ReconcileOptions {
  database: Database
  providers: Providers
  clock: Clock
  /** From when on rows are looked at; undefined: all of them, and the totals of all times. */
  since: Date | undefined
  onCheck?: (what: string) => void
}

const beginningOfTime = new Date(0)
/** Runs that are kept for looking back. */
const runsKept = 1000

export async function reconcile({
  database,
  providers,
  clock,
  since,
  onCheck,
}: ReconcileOptions): Promise<Reconciliation> {
  const startedAt = new Date(clock.now())
  const from = since ?? beginningOfTime
  const findings: Finding[] = []
  for (const check of since ? recentChecks : allChecks) {
    onCheck?.(check.what)
    findings.push(...(await findBy(database, check, from)))
  }
  onCheck?.('costs of rows against their prices')
  const costs = await checkCosts(database, from, await keptCatalogues(database, providers))
  findings.push(...costs.findings)
  await keep(database, since, startedAt, new Date(clock.now()), costs.rows, findings)
  return { findings, rowsChecked: costs.rows, rowsPassedOver: costs.passedOver }
}

async function findBy(database: Database, check: Check, from: Date): Promise<Finding[]> {
  const { rows } = await database.query<Omit<Finding, 'check'>>(check.sql, [from.toISOString()])
  return rows.map(({ subject, expected, found }) => ({ check: check.name, subject, expected, found }))
}

async function keep(
  database: Database,
  since: Date | undefined,
  startedAt: Date,
  endedAt: Date,
  rowsChecked: number,
  findings: readonly Finding[],
): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query(
      `INSERT INTO reconciliation_runs (since, started_at, ended_at, rows_checked, findings) VALUES ($1, $2, $3, $4, $5::jsonb)`,
      [
        since?.toISOString() ?? null,
        startedAt.toISOString(),
        endedAt.toISOString(),
        rowsChecked,
        JSON.stringify(findings),
      ],
    )
    await transaction.query(
      'DELETE FROM reconciliation_runs WHERE id <= (SELECT max(id) FROM reconciliation_runs) - $1',
      [runsKept],
    )
    for (const finding of findings) {
      await transaction.query(
        `INSERT INTO events (kind, severity, subject, detail, dedupe_key) VALUES ('books_differ', 'critical', $1, $2::jsonb, $3)
         ON CONFLICT (dedupe_key) DO NOTHING`,
        [finding.subject, JSON.stringify(finding), `books:${finding.check}:${finding.subject}`],
      )
    }
  })
}

const intervalMs = 60_000
/** Far behind what settling lags, so that each row is looked at many times. */
const recentMs = 2 * 3_600_000
/** Looking at more would hold up settling in the embedded database for seconds; under such a load it looks less far back. */
const recentRowsMax = 100_000

/** The earliest quarter of an hour from which on there are few enough rows; undefined where the present one has too many. */
async function recentStart(database: Database, earliest: Date): Promise<Date | undefined> {
  const { rows } = await database.query<{ start: Date | null }>(
    `SELECT min(slot_start) AS start FROM (
       SELECT slot_start, sum(sum(attempts)) OVER (ORDER BY slot_start DESC) AS rows
       FROM usage_rollups WHERE slot_start >= $1 GROUP BY slot_start
     ) AS slots WHERE rows <= $2`,
    [earliest.toISOString(), recentRowsMax],
  )
  return rows[0]?.start ?? undefined
}

/** Each minute the last hours, at the pace of the slowest run. */
export function startReconciliation(options: {
  database: Database
  providers: Providers
  clock: Clock
  timers: Timers
  log: Log
}): () => Promise<void> {
  const { clock, timers, log } = options
  let running: Promise<void> | undefined
  async function run(): Promise<void> {
    const since = await recentStart(options.database, new Date(clock.now() - recentMs))
    if (!since) return
    const { findings } = await reconcile({ ...options, since })
    if (findings.length > 0) log.error({ findings: findings.slice(0, 10), count: findings.length }, 'The books differ')
  }
  const cancel = timers.every(intervalMs, () => {
    running ??= run()
      .catch((error: unknown) => log.error({ err: error }, 'The books could not be looked over'))
      .finally(() => (running = undefined))
  })
  return async () => {
    cancel()
    await running
  }
}
