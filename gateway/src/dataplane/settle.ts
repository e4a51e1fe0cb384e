// What an attempt has consumed becomes money: usage → cost → FINAL in the journal, posted in the ledger, the rest released.
// Called once for every attempt whose INTENT was written, whatever became of it.
import { joinJson, type AttemptEnd } from '../core/journal/entry.ts'
import { costNanoUsd } from '../core/pricing/cost.ts'
import { noUsage, totalTokens, type Usage, type UsageSource } from '../core/protocols/usage.ts'
import type { UpstreamFailure } from '../core/protocols/failure.ts'
import type { Ledger, Reservation } from '../core/quota/ledger.ts'
import type { ModelView } from '../core/routing/snapshot.ts'
import type { Intent } from './attempt.ts'
import type { Journal } from './journal.ts'
import type { CompletedAnswer, RelayOutcome } from './relay.ts'

export interface Attempted {
  requestId: string
  attempt: number
  intent: Intent
  model: ModelView
  reservation: Reservation
  /** Milliseconds from the attempt's start to its outcome. */
  responseTimeMs: number
}

export interface Settled {
  usage: Usage
  costNanoUsd: number
}

/** What ends a record has under 1 KB; a vendor's usage object that makes it larger is not kept: frames have a limit. */
const endCharactersMax = 8192
/** Codes and ids of vendors are short words; what is longer is cut. */
const wordCharactersMax = 200

/** UTF-8 bytes of answer text for one token, for answers that were cut before their usage came. */
const outputBytesPerToken = 4

export async function settle(
  attempted: Attempted,
  outcome: RelayOutcome,
  isFinal: boolean,
  ledger: Ledger,
  journal: Journal,
): Promise<Settled> {
  const { usage, source, raw } = consumed(outcome, attempted.intent)
  const { intent, model } = attempted
  const cost =
    model.price && source !== 'none'
      ? costNanoUsd(usage, model.price, intent.scope.fixedCallCost, intent.scope.discountBasisPoints)
      : 0
  const end: AttemptEnd = {
    status: outcome.failure === undefined ? 'success' : outcome.failure.kind === 'timeout' ? 'timeout' : 'error',
    errorCode: outcome.failure === undefined ? undefined : codeOf(outcome.failure),
    isFinal,
    usage,
    usageSource: source,
    rawUsage: raw,
    cost,
    isUnpriced: model.price === undefined,
    responseTimeMs: Math.round(attempted.responseTimeMs),
    firstTokenMs:
      outcome.kind === 'answered' && outcome.firstTokenMs !== undefined ? Math.round(outcome.firstTokenMs) : undefined,
    upstreamRequestId: outcome.upstreamRequestId?.slice(0, wordCharactersMax),
  }
  if (source === 'none') ledger.release(attempted.reservation)
  else
    ledger.settle(attempted.reservation, { tokens: totalTokens(usage), costNanoUsd: cost, requests: isFinal ? 1 : 0 })
  await journal.append('final', attempted.requestId, attempted.attempt, joinJson(intent.json, endJson(end)))
  return { usage, costNanoUsd: cost }
}

function codeOf(failure: UpstreamFailure): string {
  return failure.code === undefined ? failure.kind : `${failure.kind}:${failure.code.slice(0, wordCharactersMax)}`
}

function endJson(end: AttemptEnd): string {
  const json = JSON.stringify(end)
  return json.length <= endCharactersMax ? json : JSON.stringify({ ...end, rawUsage: undefined })
}

function consumed(outcome: RelayOutcome, intent: Intent): { usage: Usage; source: UsageSource; raw: unknown } {
  if (outcome.kind === 'failed') return { usage: noUsage, source: 'none', raw: undefined }
  const { source } = outcome
  if (source.usage && (!('usageFinal' in source) || source.usageFinal)) {
    return { usage: source.usage, source: 'reported', raw: source.rawUsage }
  }
  return { ...estimated(outcome, intent), raw: source.rawUsage }
}

/** A cut answer: what was reported so far, never less than what the seen text must have cost (T33). */
function estimated(outcome: CompletedAnswer, intent: Intent): { usage: Usage; source: UsageSource } {
  const seenBytes = 'outputBytes' in outcome.source ? outcome.source.outputBytes : 0
  const outputTokens = Math.ceil(seenBytes / outputBytesPerToken)
  const reported = outcome.source.usage
  if (reported) {
    return { usage: { ...reported, outputTokens: Math.max(reported.outputTokens, outputTokens) }, source: 'partial' }
  }
  return { usage: { ...noUsage, inputTokens: intent.inputEstimate, outputTokens }, source: 'estimated' }
}
