// What a limit is: an amount of one metric in one window, on one level of the chain key → member → group → department →
// enterprise, or on an account. Compiled from rows into the snapshot; the ledger keeps the counts.

export type LimitScope = 'enterprise' | 'department' | 'group' | 'account' | 'member' | 'key'
export type LimitMetric = 'tokens' | 'money' | 'requests'
export type LimitWindowKind = '5h' | 'day' | 'week' | 'month' | 'total'

export interface LimitView {
  /** Identifies the ledger's cell: the same for as long as scope, metric and window stay the same, whatever the amount. */
  cellId: string
  scope: LimitScope
  scopeId: string
  metric: LimitMetric
  windowKind: LimitWindowKind
  timeZone: string
  /** Tokens, requests or nano-USD; safe integer. 0 blocks. An unlimited limit (null in the database) is still counted. */
  amount: number | undefined
  warningThreshold: number
  alertThreshold: number
}

export function cellIdOf(scope: LimitScope, scopeId: string, metric: LimitMetric, windowKind: LimitWindowKind): string {
  return `${scope}:${scopeId}:${metric}:${windowKind}`
}

/** An upper bound before, the actual amount after: one number for each metric. */
export interface Amounts {
  tokens: number
  costNanoUsd: number
  requests: number
}

export function amountOf(amounts: Amounts, metric: LimitMetric): number {
  switch (metric) {
    case 'tokens':
      return amounts.tokens
    case 'money':
      return amounts.costNanoUsd
    case 'requests':
      return amounts.requests
  }
}
