// Which account the next attempt goes to: the eligible ones of the group's binding, then the balancing policy. When nobody
// can serve, the reasons become the refusal that tells the caller most.
import { AppError, type AccountId, type ErrorCode } from '@aicarpool/contract'
import { retryAfterDefaultMs } from '../core/protocols/failure-refusal.ts'
import { leastConnections } from '../core/routing/choose.ts'
import { eligible, modelOf, type Candidate, type Eligible, type Reason } from '../core/routing/eligible.ts'
import type { Tier } from '../core/routing/snapshot.ts'
import type { DecodedCall } from './call.ts'
import type { Live } from './live.ts'
import { wireFor } from './wire.ts'

/** What a request has been through so far. */
export interface Tried {
  accounts: Set<AccountId>
  /** When the first of the accounts that were passed over for a limit of their own has room again (epoch ms). */
  resetsAtMs: number | undefined
  /** Why the first of the accounts that have a limit with an unknown count was passed over. */
  uncounted: AppError | undefined
  /** Why the first of the accounts of another protocol cannot be told of this request. */
  untranslatable: AppError | undefined
}

export function newTried(): Tried {
  return { accounts: new Set(), resetsAtMs: undefined, uncounted: undefined, untranslatable: undefined }
}

/** Throws AppError when nobody can serve. */
export function plan(call: DecodedCall, tried: Tried, live: Live, nowMs: number): Candidate {
  const { binding } = call.key.group
  if (!binding || binding.tiers.length === 0) throw new AppError('no_account_bound')
  const found = eligible(tiersWith(call, binding.tiers, live, nowMs), call.route, tried.accounts, live.stateOf, nowMs)
  const chosen = leastConnections(found.candidates, live.stateOf, live.nextTurn())
  if (chosen) return chosen
  throw refusalOf(call, found, tried, live, nowMs)
}

/**
 * What a request refers to lies with one account: the one that was seen to store it, else the only one that can have stored it.
 * Another one would answer that there is no such thing, or without it.
 */
function tiersWith(
  { client, facts, key }: DecodedCall,
  tiers: readonly Tier[],
  live: Live,
  nowMs: number,
): readonly Tier[] {
  const references = facts.refersTo ?? []
  const [first] = references
  if (!first) return tiers
  const able = tiers.flat().filter((account) => {
    const model = modelOf(account, facts, nowMs)
    return model && wireFor(client, account.provider, model)?.isNative === true
  })
  const seen = references.flatMap(({ id }) => live.stored.keeperOf(id) ?? [])
  if (seen.length === 0 && able.length <= 1) return tiers
  const isOwn = seen.every(({ groupId }) => groupId === key.group.id)
  const keepers = able.filter(({ id }) => seen.every(({ accountId }) => accountId === id))
  if (seen.length > 0 && isOwn && keepers.length > 0) return [keepers]
  const detail = `It is "${first.field}" that refers to it: send the whole conversation instead.`
  throw new AppError('stored_elsewhere', { detail, field: first.field })
}

/**
 * The first of these that any account was left out for explains the whole: from "not now" over "not before the limit resets" to
 * "never here". An ejected account is tried when nobody else is left, so it is no reason; one that is out or disabled waits for
 * an administrator.
 */
const explanations: [Reason | 'used-up', ErrorCode][] = [
  ['excluded', 'accounts_rate_limited'],
  ['full', 'accounts_rate_limited'],
  ['used-up', 'accounts_rate_limited'],
  ['out', 'accounts_unavailable'],
  ['disabled', 'accounts_unavailable'],
  ['model-not-allowed', 'model_not_allowed'],
  ['model', 'model_not_supported'],
  ['protocol', 'protocol_not_served'],
]

/** Reasons that time mends: then another account may still take the request as it is. */
const isPassing: ReadonlySet<Reason> = new Set(['excluded', 'full'])

function refusalOf(call: DecodedCall, found: Eligible, tried: Tried, live: Live, nowMs: number): AppError {
  const reasons = new Set<Reason | 'used-up'>(found.refused.map((entry) => entry.reason))
  if (tried.resetsAtMs !== undefined) reasons.add('used-up')
  if (tried.untranslatable && !found.refused.some(({ reason }) => isPassing.has(reason))) return tried.untranslatable
  if (tried.uncounted && !found.refused.some(({ reason }) => isPassing.has(reason))) return tried.uncounted
  const [reason, code] = explanations.find(([each]) => reasons.has(each)) ?? [undefined, 'no_account_bound']
  if (code === 'model_not_supported' || code === 'model_not_allowed') {
    return new AppError(code, { detail: `The model was "${(call.facts.model ?? '').slice(0, 200)}".`, field: 'model' })
  }
  if (code !== 'accounts_rate_limited' && code !== 'accounts_unavailable') return new AppError(code)
  const waits = found.refused
    .map(({ account }) => live.stateOf(account).health)
    .map((health) => Math.max(health.excludedUntilMs, health.ejectedUntilMs) - nowMs)
  if (tried.resetsAtMs !== undefined) waits.push(tried.resetsAtMs - nowMs)
  const deadlines = waits.filter((waitMs) => waitMs > 0 && Number.isFinite(waitMs))
  return new AppError(code, {
    ...(reason === 'used-up' ? { detail: 'The accounts have used up their own limits.' } : {}),
    retryAfterMs: deadlines.length > 0 ? Math.min(...deadlines) : retryAfterDefaultMs,
  })
}
