// Holds the upper bound of an attempt in every limit of the caller's chain and of the account, all or nothing. Near a limit the
// bound is made as tight as what is known of the request allows; then the request's output maximum is lowered, so that the provider
// itself cannot overspend; and what would fit once others settle may wait.
import { AppError, printDecimal } from '@aicarpool/contract'
import type { UnboundedPart } from '../core/protocols/unbounded.ts'
import { outputThatFits, upperBound, type BoundInput } from '../core/quota/bound.ts'
import { imageTokensMax, inlineImages } from '../core/quota/inline-images.ts'
import type { Ledger, Refusal, Reservation } from '../core/quota/ledger.ts'
import { isThrottle, type LimitView } from '../core/quota/limits.ts'
import type { Candidate } from '../core/routing/eligible.ts'
import type { Answer } from './answer.ts'
import type { DecodedCall } from './call.ts'

/** Counting takes milliseconds unless the database is in trouble. */
const uncountedRetryMs = 1000
/** A request is not cut down to an answer shorter than this: it would be worth nothing to most clients. */
const loweredOutputTokensMin = 256
/** What a lowered maximum may add to the body. */
const loweredBodyGrowthBytes = 64
/** Vendors put instructions of their own before the tools of a request: "Tool use system prompt", at most 804 tokens. */
const toolInstructionTokens = 1000
/** Vendors' tools have short names; what is longer is somebody's mistake. */
const toolNameCharactersMax = 60

export interface Ask {
  call: DecodedCall
  attempt: number
  candidate: Candidate
  answer: Answer
  /** The same request with a lower maximum; undefined when the account cannot be told of it. */
  lowered: (maxOutputTokens: number) => Answer | undefined
  /** NoRoomYet is thrown where somebody's settlement would make room. */
  mayWait: boolean
}

export interface Held {
  answer: Answer
  reservation: Reservation
  /** The most that each choice of the answer can be. */
  outputTokensMax: number
}

/** There would be room if what others hold were given back. `refusal` is for those who cannot wait. */
export class NoRoomYet extends Error {
  override readonly name = 'NoRoomYet'
  readonly limit: LimitView
  readonly refusal: AppError

  constructor(limit: LimitView, refusal: AppError) {
    super('held by running requests')
    this.limit = limit
    this.refusal = refusal
  }
}

/**
 * A refusal means that only this account's own limit is in the way: another may have room. Throws AppError for the caller's
 * limits, and NoRoomYet.
 */
export function reserve(ask: Ask, ledger: Ledger, nowMs: number): Held | Refusal {
  const { call, candidate, answer } = ask
  const limits = chainOf(call.key.limits, candidate.account.limits)
  const input = boundInput(ask, limits)
  const spender = { requestId: call.id, attempt: ask.attempt, payer: call.key, accountId: candidate.account.id }
  const hold = (bound: BoundInput, of: Answer): Held | Refusal => {
    const outcome = ledger.reserve(limits, upperBound(bound), nowMs, spender)
    return outcome.kind === 'granted'
      ? { answer: of, reservation: outcome, outputTokensMax: bound.outputTokensMax }
      : outcome
  }
  const first = hold(input, answer)
  if (!isRefusal(first) || isAnothers(first)) return first
  const tight = tighter(input, call)
  const second = tight ? hold(tight, answer) : first
  if (!isRefusal(second) || isAnothers(second)) return second
  if (second.kind === 'uncounted') throw limitUncounted(second)
  if (second.limit.windowKind === 'minute') throw throttled(second, nowMs)
  if (ask.mayWait && second.mayFitLater) throw new NoRoomYet(second.limit, quotaExceeded(second, nowMs))
  const third = lower(ask, tight ?? input, ledger.left(limits, nowMs), second, hold)
  if (third) return third
  throw quotaExceeded(second, nowMs)
}

const isRefusal = (outcome: Held | Refusal): outcome is Refusal => 'kind' in outcome
const isAnothers = ({ limit }: Refusal): boolean => limit.scope === 'account'

function chainOf(caller: readonly LimitView[], account: readonly LimitView[]): readonly LimitView[] {
  return account.length === 0 ? caller : [...caller, ...account]
}

const isHard = (limit: LimitView): boolean =>
  limit.amount !== undefined && limit.metric !== 'requests' && !isThrottle(limit)

/** Throws AppError where no bound can be told and a limit demands one. */
function boundInput({ call, candidate: { model }, answer }: Ask, limits: readonly LimitView[]): BoundInput {
  const { facts, parsed, key } = call
  const hard = limits.filter(isHard)
  if (!model.price && hard.some(({ metric }) => metric === 'money')) {
    throw new AppError('model_unpriced', { detail: `The model was "${model.name}".`, field: 'model' })
  }
  const parts = hard.length === 0 ? [] : (call.client.unboundedParts?.(parsed) ?? [])
  if (key.group.binding?.acceptsOverrun !== true) requireBounded(parts, answer)
  const images = parts.filter(({ kind }) => kind === 'image').length
  const hasTools = parsed['tools'] !== undefined
  return {
    inputTokensMax: answer.body.length + images * imageTokensMax + (hasTools ? toolInstructionTokens : 0),
    // No model thinks for longer than its longest answer.
    outputTokensMax:
      (facts.maxOutputTokens ?? model.outputTokensMax) + (answer.leavesOutThinking ? model.outputTokensMax : 0),
    choices: facts.choices,
    price: model.price,
    fixedCallCostNanoUsd: key.enterprise.fixedCallCostNanoUsd,
    discountBasisPoints: key.enterprise.discountBasisPoints,
    serviceTier: facts.serviceTier,
  }
}

function requireBounded(parts: readonly UnboundedPart[], { isNative }: Answer): void {
  // The vendor's own tools do not survive a translation.
  const part = parts.find(({ kind }) => kind === 'reference' || (kind === 'tool' && isNative))
  if (!part) return
  const tool = part.tool === undefined ? '' : `, the provider's own tool "${part.tool.slice(0, toolNameCharactersMax)}"`
  throw new AppError('not_bounded', { detail: `It is "${part.field}"${tool}.`, field: part.field })
}

/** With images counted by what they can cost; undefined where that is no less. */
function tighter(input: BoundInput, { parsed }: DecodedCall): BoundInput | undefined {
  const { count, bytes } = inlineImages(parsed)
  const saved = bytes - count * imageTokensMax
  return saved > 0 ? { ...input, inputTokensMax: input.inputTokensMax - saved } : undefined
}

/** With the largest maximum that fits into what is left; undefined where that is too little, or changes nothing. */
function lower(
  { call, answer: whole, lowered }: Ask,
  input: BoundInput,
  left: Reservation['left'],
  { limit }: Refusal,
  hold: (bound: BoundInput, of: Answer) => Held | Refusal,
): Held | undefined {
  if (limit.metric === 'requests' || call.client.requestType !== 'chat') return undefined
  const roomy = { ...input, inputTokensMax: input.inputTokensMax + loweredBodyGrowthBytes }
  const outputTokensMax = outputThatFits(roomy, left)
  if (outputTokensMax < loweredOutputTokensMin || outputTokensMax >= input.outputTokensMax) return undefined
  const answer = lowered(outputTokensMax)
  if (!answer || answer.body.length > whole.body.length + loweredBodyGrowthBytes) return undefined
  const held = hold({ ...roomy, outputTokensMax }, answer)
  return isRefusal(held) ? undefined : held
}

export function limitUncounted({ limit }: Refusal): AppError {
  const detail = `It is the ${limit.windowKind} limit on ${limit.metric} of this ${limit.scope}.`
  return new AppError('limit_uncounted', { detail, retryAfterMs: uncountedRetryMs })
}

function throttled({ limit, resetsAtMs }: Refusal, nowMs: number): AppError {
  const detail = `This ${limit.scope} may use ${inUnits(limit, limit.amount ?? 0)} in a minute.`
  return new AppError('throttled', { detail, retryAfterMs: Math.max(0, resetsAtMs - nowMs) })
}

function inUnits({ metric }: LimitView, amount: number): string {
  return metric === 'money' ? `${printDecimal(amount, 9)} USD` : `${amount} ${metric}`
}

function quotaExceeded(refusal: Refusal, nowMs: number): AppError {
  const { limit, required, remaining, resetsAtMs } = refusal
  // Some clients stop for good at "quota exceeded" with "will reset at", and else wait for as long as `retry-after` says.
  const resets = Number.isFinite(resetsAtMs)
    ? `It will reset at ${new Date(resetsAtMs).toISOString()}.`
    : 'It never resets.'
  const detail =
    `The ${limit.windowKind} limit on ${limit.metric} of this ${limit.scope} has ${inUnits(limit, remaining)} left ` +
    `and the request may need ${inUnits(limit, required)}. ${resets}`
  return new AppError('quota_exceeded', {
    detail,
    ...(Number.isFinite(resetsAtMs) ? { retryAfterMs: Math.max(0, resetsAtMs - nowMs) } : {}),
  })
}
