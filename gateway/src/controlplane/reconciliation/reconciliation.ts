// Looking the books over (对账): what must hold between rows, roll-ups, totals, prices and events is recomputed and compared; what
// is found is stored and told as an event. All of it on demand; beside the running gateway each quarter of an hour, soon behind its end,
// and its own counts each minute.
import type { Providers } from '../../core/providers/registry.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Log } from '../../platform/log.ts'
import { pause, type Timers } from '../../platform/timers.ts'
import { keptCatalogues } from '../prices/prices.ts'
import { allChecks, recentChecks, type Check } from './checks.ts'
import { checkCosts, type Finding } from './costs.ts'
import { checkLedger, type LedgerBooks } from './ledger-check.ts'

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
  /** The time whose rows are looked at; undefined: all of it, and the totals of all times. */
  period?: { from: Date; until: Date } | undefined
  /** So many rows of it, at most, have their cost computed anew. */
  costRowsMax?: number
  onCheck?: (what: string) => void
}

/** Every row there is, and those that a clock ahead of ours has dated. */
const allTimes = { from: new Date(0), until: new Date('9999-01-01T00:00:00Z') }
/** Runs that are kept for looking back. */
const runsKept = 1000

export async function reconcile(options: ReconcileOptions): Promise<Reconciliation> {
  const { database, providers, clock, period, costRowsMax, onCheck } = options
  const startedAt = new Date(clock.now())
  const { from, until } = period ?? allTimes
  const findings: Finding[] = []
  for (const check of period ? recentChecks : allChecks) {
    onCheck?.(check.what)
    findings.push(...(await findBy(database, check, from, until)))
  }
  onCheck?.('costs of rows against their prices')
  const costs = await checkCosts(database, from, await keptCatalogues(database, providers), costRowsMax)
  findings.push(...costs.findings)
  await keep(database, period?.from, startedAt, new Date(clock.now()), costs.rows, findings)
  return { findings, rowsChecked: costs.rows, rowsPassedOver: costs.passedOver }
}

async function findBy(database: Database, check: Check, from: Date, until: Date): Promise<Finding[]> {
  const { rows } = await database.query<Omit<Finding, 'check'>>(check.sql, [from.toISOString(), until.toISOString()])
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
/** An attempt that ends at the very moment may be in one book and not yet in the other: only what stays is a finding. */
const ledgerLooks = 3
const ledgerPauseMs = 1000
const slotMs = 15 * 60_000
/** A quarter of an hour is looked over once it has ended and was settled. */
const settledMs = 60_000
/** Grouping more would hold up settling in the embedded database for seconds: such a quarter is left to `aicarpool reconcile`. */
const slotRowsMax = 300_000
/** Computing the cost of every row twice would cost a fifth of what serving it does: so many of each quarter are. */
const costRowsMax = 2000

/**
 * The gateway's own counts each minute, and each quarter of an hour once, soon behind its end; the first is the one that had ended
 * when the gateway started.
 */
export function startReconciliation(
  options: LedgerBooks & { providers: Providers; timers: Timers; log: Log },
): () => Promise<void> {
  const { database, clock, timers, log } = options
  let lookedUntilMs = 0
  let running: Promise<void> | undefined
  async function lookAtLedger(): Promise<void> {
    let findings = await checkLedger(options)
    for (let times = 1; times < ledgerLooks && findings.length > 0; times += 1) {
      await pause(timers, ledgerPauseMs)
      const again = new Set((await checkLedger(options)).map(({ subject }) => subject))
      findings = findings.filter(({ subject }) => again.has(subject))
    }
    if (findings.length === 0) return
    const now = new Date(clock.now())
    await keep(database, now, now, now, 0, findings)
    tell(findings)
  }
  const tell = (findings: readonly Finding[]) =>
    log.error({ findings: findings.slice(0, 10), count: findings.length }, 'The books differ')
  async function lookAtQuarter(): Promise<void> {
    const untilMs = Math.floor((clock.now() - settledMs) / slotMs) * slotMs
    if (untilMs <= lookedUntilMs) return
    const period = { from: new Date(Math.max(lookedUntilMs, untilMs - slotMs)), until: new Date(untilMs) }
    lookedUntilMs = untilMs
    if ((await rowsIn(database, period)) > slotRowsMax) {
      log.warn(
        { ...period },
        'Too much was served for the books to be looked over by the way; run "aicarpool reconcile"',
      )
      return
    }
    const { findings } = await reconcile({ ...options, period, costRowsMax })
    if (findings.length > 0) tell(findings)
  }
  const run = async () => {
    await lookAtLedger()
    await lookAtQuarter()
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

async function rowsIn(database: Database, { from, until }: { from: Date; until: Date }): Promise<number> {
  const { rows } = await database.query<{ rows: bigint | null }>(
    'SELECT sum(attempts)::int8 AS rows FROM usage_rollups WHERE slot_start >= $1 AND slot_start < $2',
    [from.toISOString(), until.toISOString()],
  )
  return Number(rows[0]?.rows ?? 0)
}
