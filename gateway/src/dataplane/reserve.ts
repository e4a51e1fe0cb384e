// Holds the upper bound of an attempt in every limit of the caller's chain and of the account, all or nothing.
import { AppError, printDecimal } from '@aicarpool/contract'
import { upperBound } from '../core/quota/bound.ts'
import type { Ledger, Refusal, Reservation } from '../core/quota/ledger.ts'
import type { LimitView } from '../core/quota/limits.ts'
import type { Candidate } from '../core/routing/eligible.ts'
import type { DecodedCall } from './call.ts'

/** Counting takes milliseconds unless the database is in trouble. */
const uncountedRetryMs = 1000

/** A refusal means that only this account's own limit is in the way: another may have room. Throws for the caller's limits. */
export function reserve(
  call: DecodedCall,
  attempt: number,
  { account, model }: Candidate,
  bodyBytes: number,
  ledger: Ledger,
  nowMs: number,
): Reservation | Refusal {
  const { enterprise } = call.key
  const limits = chainOf(call.key.limits, account.limits)
  if (!model.price && limits.some((limit) => limit.metric === 'money' && limit.amount !== undefined)) {
    throw new AppError('model_unpriced', { detail: `The model was "${model.name}".`, field: 'model' })
  }
  const bound = upperBound({
    bodyBytes,
    outputTokensMax: call.facts.maxOutputTokens ?? model.outputTokensMax,
    choices: call.facts.choices,
    price: model.price,
    fixedCallCostNanoUsd: enterprise.fixedCallCostNanoUsd,
    discountBasisPoints: enterprise.discountBasisPoints,
  })
  const spender = { requestId: call.id, attempt, payer: call.key, accountId: account.id }
  const outcome = ledger.reserve(limits, bound, nowMs, spender)
  if (outcome.kind === 'granted') return outcome
  if (outcome.limit.scope === 'account') return outcome
  throw outcome.kind === 'uncounted' ? limitUncounted(outcome) : quotaExceeded(outcome, nowMs)
}

function chainOf(caller: readonly LimitView[], account: readonly LimitView[]): readonly LimitView[] {
  return account.length === 0 ? caller : [...caller, ...account]
}

export function limitUncounted({ limit }: Refusal): AppError {
  const detail = `It is the ${limit.windowKind} limit on ${limit.metric} of this ${limit.scope}.`
  return new AppError('limit_uncounted', { detail, retryAfterMs: uncountedRetryMs })
}

function quotaExceeded(refusal: Refusal, nowMs: number): AppError {
  const { limit, required, remaining, resetsAtMs } = refusal
  const inUnits = (amount: number) =>
    limit.metric === 'money' ? `${printDecimal(amount, 9)} USD` : `${amount} ${limit.metric}`
  // Some clients stop for good at "quota exceeded" with "will reset at", and else wait for as long as `retry-after` says.
  const resets = Number.isFinite(resetsAtMs)
    ? `It will reset at ${new Date(resetsAtMs).toISOString()}.`
    : 'It never resets.'
  const detail =
    `The ${limit.windowKind} limit on ${limit.metric} of this ${limit.scope} has ${inUnits(remaining)} left ` +
    `and the request may need ${inUnits(required)}. ${resets}`
  return new AppError('quota_exceeded', {
    detail,
    ...(Number.isFinite(resetsAtMs) ? { retryAfterMs: Math.max(0, resetsAtMs - nowMs) } : {}),
  })
}
