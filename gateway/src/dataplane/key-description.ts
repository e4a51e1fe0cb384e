// What the bearer of a key may know about it, from the snapshot and the ledger: whose it is, which models it reaches, what
// is left of each limit.
import { toUsd } from '@aicarpool/contract'
import type { Ledger, LimitStatus } from '../core/quota/ledger.ts'
import type { KeyView } from '../core/routing/snapshot.ts'

export function describeKey(key: KeyView, ledger: Ledger, nowMs: number) {
  return {
    enterprise: { id: key.enterprise.id, name: key.enterprise.name, timeZone: key.enterprise.timeZone },
    group: { id: key.group.id, name: key.group.name, mode: key.group.binding?.mode ?? null },
    key: { name: key.name, last4: key.last4 },
    models: reachableModels(key, nowMs),
    limits: key.limits.map((limit) => describeLimit(ledger.status(limit, nowMs))),
  }
}

/** Models of enabled accounts of the group's binding that this key may use, each once: first accounts first, newest first. */
function reachableModels(key: KeyView, nowMs: number): string[] {
  const names = new Set<string>()
  for (const account of (key.group.binding?.tiers ?? []).flat()) {
    if (!account.isEnabled || account.status !== 'active') continue
    for (const { name } of account.models.listed(nowMs)) if (key.allowedModels?.has(name) !== false) names.add(name)
  }
  return [...names]
}

function describeLimit({ limit, used, resetsAtMs }: LimitStatus) {
  const inUnits = (amount: number) => (limit.metric === 'money' ? toUsd(amount) : amount)
  return {
    scope: limit.scope,
    metric: limit.metric,
    window: limit.windowKind,
    limit: limit.amount === undefined ? null : inUnits(limit.amount),
    used: inUnits(used),
    resetsAt: Number.isFinite(resetsAtMs) ? new Date(resetsAtMs).toISOString() : null,
  }
}
