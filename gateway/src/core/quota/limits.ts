// What a limit is: an amount of one metric in one window, on one level of the chain key → member → group → department →
// enterprise, or on an account. Compiled from rows into the snapshot; the ledger keeps the counts.

export type LimitScope = 'enterprise' | 'department' | 'group' | 'account' | 'member' | 'key'
export type LimitMetric = 'tokens' | 'money' | 'requests'
export const limitWindowKinds = ['minute', '5h', 'day', 'week', 'month', 'total'] as const
export type LimitWindowKind = (typeof limitWindowKinds)[number]

/** In the order in which they are crossed. */
export const thresholdLevels = ['warning', 'alert'] as const
export type ThresholdLevel = (typeof thresholdLevels)[number]

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

/** Percent of the amount. An alert below the warning comes with it. */
export function thresholdOf(limit: LimitView, level: ThresholdLevel): number {
  return level === 'warning' ? limit.warningThreshold : Math.max(limit.warningThreshold, limit.alertThreshold)
}

/**
 * A pace instead of a budget: tokens and money of a minute are counted once they are known, and a request is refused behind the
 * one that reached the amount. Bounds would refuse what is far below it.
 */
export function isThrottle({ windowKind, metric }: LimitView): boolean {
  return windowKind === 'minute' && metric !== 'requests'
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

/** Whose key a request came with. A compiled key is one. */
export interface Payer {
  readonly id: string
  readonly userId: string | undefined
  readonly group: { readonly id: string; readonly departmentId: string | undefined }
  readonly enterprise: { readonly id: string }
}

/** One attempt, and all whose limits count it: those that exist now, and those that are made while it runs. */
export interface Spender {
  readonly requestId: string
  readonly attempt: number
  readonly payer: Payer
  readonly accountId: string
}

/** Whether the limit, once it exists, counts what the spender consumes. */
export function concerns(limit: LimitView, spender: Spender): boolean {
  return limit.scopeId === ownerIdOf(limit.scope, spender)
}

function ownerIdOf(scope: LimitScope, { payer, accountId }: Spender): string | undefined {
  switch (scope) {
    case 'enterprise':
      return payer.enterprise.id
    case 'department':
      return payer.group.departmentId
    case 'group':
      return payer.group.id
    case 'account':
      return accountId
    case 'member':
      return payer.userId
    case 'key':
      return payer.id
  }
}
