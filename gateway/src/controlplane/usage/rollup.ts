// Rows that were really inserted → what they add to the 15-minute roll-ups and to the totals of account, group, enterprise
// and key. Pure; the settler writes the sums in the transaction that inserted the rows.
import type { FinalEntry } from '../../core/journal/entry.ts'
import { addUsage, noUsage, totalTokens, type Usage } from '../../core/protocols/usage.ts'

export interface SettledRow {
  requestId: string
  attempt: number
  entry: FinalEntry
}

export interface Rollup {
  slotStartMs: number
  entry: FinalEntry
  requests: number
  attempts: number
  successes: number
  errors: number
  usage: Usage
  totalTokens: number
  cost: number
  responseTimeSumMs: number
  firstTokenSumMs: number
  latencyHistogram: number[]
}

export interface Totals {
  id: string
  requests: number
  tokens: number
  cost: number
  lastUsedMs: number
}

/** A quarter of an hour: every time zone's day begins on such a boundary. */
const slotMs = 15 * 60_000
/** Upper bounds of the latency histogram's buckets in milliseconds; the last bucket has none. */
const latencyBucketsMs = [
  50, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500, 10_000, 20_000, 30_000, 60_000, 120_000,
]

function latencyBucket(responseTimeMs: number): number {
  const index = latencyBucketsMs.findIndex((bound) => responseTimeMs <= bound)
  return index === -1 ? latencyBucketsMs.length : index
}

export function rollUp(rows: readonly SettledRow[]): Rollup[] {
  const rollups = new Map<string, Rollup>()
  for (const { entry } of rows) {
    const slotStartMs = Math.floor(entry.time / slotMs) * slotMs
    const dimensions = [slotStartMs, entry.groupId, entry.accountId, entry.userId, entry.keyId, entry.modelUsed]
    const rollupKey = dimensions.join('|')
    const rollup = rollups.get(rollupKey) ?? emptyRollup(slotStartMs, entry)
    rollups.set(rollupKey, rollup)
    addTo(rollup, entry)
  }
  return [...rollups.values()]
}

function emptyRollup(slotStartMs: number, entry: FinalEntry): Rollup {
  return {
    slotStartMs,
    entry,
    requests: 0,
    attempts: 0,
    successes: 0,
    errors: 0,
    usage: { ...noUsage },
    totalTokens: 0,
    cost: 0,
    responseTimeSumMs: 0,
    firstTokenSumMs: 0,
    latencyHistogram: Array.from({ length: latencyBucketsMs.length + 1 }, () => 0),
  }
}

function addTo(rollup: Rollup, entry: FinalEntry): void {
  rollup.attempts += 1
  if (entry.isFinal) rollup.requests += 1
  if (entry.status === 'success') rollup.successes += 1
  else rollup.errors += 1
  rollup.usage = addUsage(rollup.usage, entry.usage)
  rollup.totalTokens += totalTokens(entry.usage)
  rollup.cost += entry.cost
  rollup.firstTokenSumMs += entry.firstTokenMs ?? 0
  if (entry.responseTimeMs === undefined) return
  rollup.responseTimeSumMs += entry.responseTimeMs
  const bucket = latencyBucket(entry.responseTimeMs)
  rollup.latencyHistogram[bucket] = (rollup.latencyHistogram[bucket] ?? 0) + 1
}

export function totalsBy(rows: readonly SettledRow[], idOf: (entry: FinalEntry) => string): Totals[] {
  const totals = new Map<string, Totals>()
  for (const { entry } of rows) {
    const id = idOf(entry)
    const total = totals.get(id) ?? { id, requests: 0, tokens: 0, cost: 0, lastUsedMs: 0 }
    totals.set(id, total)
    if (entry.isFinal) total.requests += 1
    total.tokens += totalTokens(entry.usage)
    total.cost += entry.cost
    total.lastUsedMs = Math.max(total.lastUsedMs, entry.time)
  }
  return [...totals.values()]
}
