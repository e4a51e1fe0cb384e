// What an attempt has consumed becomes money: usage → cost → posted in the ledger, the rest released → FINAL in the journal.
// Called once for every attempt whose INTENT was written, whatever became of it: `measure`, then `post`, then `record`.
import { joinJson, outputBytesPerToken, type AttemptEnd, type CrossedThreshold } from '../core/journal/entry.ts'
import { costNanoUsd } from '../core/pricing/cost.ts'
import { noUsage, totalTokens, type Usage, type UsageSource } from '../core/protocols/usage.ts'
import type { UpstreamFailure } from '../core/protocols/failure.ts'
import type { Crossing, Ledger, Reservation, Settled } from '../core/quota/ledger.ts'
import type { ModelView } from '../core/routing/account-models.ts'
import type { Intent } from './attempt.ts'
import type { Journal } from './journal.ts'
import type { RelayOutcome, SeenAnswer } from './relay.ts'

export interface Attempted {
  requestId: string
  attempt: number
  intent: Intent
  model: ModelView
  reservation: Reservation
  /** What the attempt may answer at most, in tokens, all choices together: no estimate goes beyond it. */
  outputTokensMax: number
  /** Milliseconds from the attempt's start to its outcome. */
  responseTimeMs: number
}

export interface Measured {
  usage: Usage
  source: UsageSource
  raw: unknown
  costNanoUsd: number
}

/** What ends a record has under 1 KB; a vendor's usage object that makes it larger is not kept: frames have a limit. */
const endCharactersMax = 8192
/** Codes and ids of vendors are short words; what is longer is cut. */
const wordCharactersMax = 200

export function measure(attempted: Attempted, outcome: RelayOutcome): Measured {
  const { intent, model } = attempted
  const consumed = consumedBy(outcome, attempted)
  const price = consumed.source === 'none' ? undefined : model.price
  const { fixedCallCost, discountBasisPoints } = intent.scope
  return {
    ...consumed,
    costNanoUsd: price ? costNanoUsd(consumed.usage, price, fixedCallCost, discountBasisPoints) : 0,
  }
}

/** Frees the reservation and posts what was consumed. Whether the request counts is known later: `ledger.countRequest`. */
export function post({ reservation }: Attempted, measured: Measured, ledger: Ledger): Settled {
  if (measured.source === 'none') {
    ledger.release(reservation)
    return nothingSettled
  }
  const { usage, costNanoUsd: cost } = measured
  return ledger.settle(reservation, { tokens: totalTokens(usage), costNanoUsd: cost, requests: 0 })
}

const nothingSettled: Settled = Object.freeze({ overrun: undefined, crossings: undefined })

/** What the ledger says of an attempt's end. */
export interface Ending extends Settled {
  /** Thresholds that were crossed by counting its request. */
  counted: readonly Crossing[] | undefined
  isFinal: boolean
}

export async function record(
  attempted: Attempted,
  outcome: RelayOutcome,
  measured: Measured,
  { isFinal, overrun, crossings, counted }: Ending,
  journal: Journal,
): Promise<void> {
  const { intent, model } = attempted
  const end: AttemptEnd = {
    status: outcome.failure === undefined ? 'success' : outcome.failure.kind === 'timeout' ? 'timeout' : 'error',
    errorCode: outcome.failure === undefined ? undefined : codeOf(outcome.failure),
    isFinal,
    usage: measured.usage,
    usageSource: measured.source,
    rawUsage: measured.raw,
    cost: measured.costNanoUsd,
    isUnpriced: model.price === undefined,
    responseTimeMs: Math.round(attempted.responseTimeMs),
    firstTokenMs:
      outcome.kind === 'answered' && outcome.firstTokenMs !== undefined ? Math.round(outcome.firstTokenMs) : undefined,
    upstreamRequestId: outcome.upstreamRequestId?.slice(0, wordCharactersMax),
    isAnswered: intent.isIdempotent ? outcome.kind === 'answered' : undefined,
    overrun: overrun && { tokens: overrun.tokens, cost: overrun.costNanoUsd },
    crossings: crossings || counted ? [...(crossings ?? []), ...(counted ?? [])].map(crossed) : undefined,
  }
  await journal.append('final', attempted.requestId, attempted.attempt, joinJson(intent.json, endJson(end)))
}

function crossed({ limit, level, windowStartMs, used }: Crossing): CrossedThreshold {
  const { cellId, scope, scopeId, metric, windowKind, amount = 0 } = limit
  return { cellId, scope, scopeId, metric, window: windowKind, level, windowStartMs, amount, used }
}

function codeOf(failure: UpstreamFailure): string {
  return failure.code === undefined ? failure.kind : `${failure.kind}:${failure.code.slice(0, wordCharactersMax)}`
}

function endJson(end: AttemptEnd): string {
  const json = JSON.stringify(end)
  return json.length <= endCharactersMax ? json : JSON.stringify({ ...end, rawUsage: undefined })
}

function consumedBy(outcome: RelayOutcome, attempted: Attempted): { usage: Usage; source: UsageSource; raw: unknown } {
  if (outcome.kind === 'failed') {
    const { seen } = outcome
    return seen
      ? { ...estimated(seen, attempted), raw: seen.rawUsage }
      : { usage: noUsage, source: 'none', raw: undefined }
  }
  const { source } = outcome
  if (source.usage && (!('usageFinal' in source) || source.usageFinal)) {
    return { usage: source.usage, source: 'reported', raw: source.rawUsage }
  }
  return { ...estimated(source, attempted), raw: source.rawUsage }
}

/** A cut answer: what was reported so far, never less than what the seen text must have cost (T33). */
function estimated(seen: SeenAnswer, { intent, outputTokensMax }: Attempted): { usage: Usage; source: UsageSource } {
  // A page of HTML in place of an answer has many bytes, and none of them was generated.
  const outputTokens = Math.min(Math.ceil(seen.outputBytes / outputBytesPerToken), outputTokensMax)
  if (seen.usage) {
    return {
      usage: { ...seen.usage, outputTokens: Math.max(seen.usage.outputTokens, outputTokens) },
      source: 'partial',
    }
  }
  return { usage: { ...noUsage, inputTokens: intent.inputEstimate, outputTokens }, source: 'estimated' }
}
