// What the journal says of one attempt. The INTENT is everything known before bytes leave for the provider; a PROGRESS what a long
// answer has come to meanwhile; the FINAL is the whole usage row, so that the settler needs nothing else. Also: the row that stands in for an attempt whose FINAL is lost.
import type { NanoUsd, PicoUsd, ServiceType } from '@aicarpool/contract'
import { costNanoUsd, flatPrice, type RateClass } from '../pricing/cost.ts'
import { noUsage, type Usage, type UsageSource } from '../protocols/usage.ts'
import type { LimitMetric, LimitScope, LimitWindowKind, ThresholdLevel } from '../quota/limits.ts'

/** What all attempts of one key at one account and model have in common. */
export interface AttemptScope {
  enterpriseId: string
  departmentId: string | undefined
  groupId: string
  userId: string | undefined
  keyId: string
  accountId: string
  serviceType: ServiceType
  requestType: string
  modelUsed: string
  priceVersion: string | undefined
  /** What a recovered row is billed by: classes that are left out have the price of the input. */
  inputPrice: PicoUsd
  prices?: Partial<Record<RateClass, PicoUsd>> | undefined
  fixedCallCost: NanoUsd
  discountBasisPoints: number
}

/** What each attempt has for itself. */
export interface AttemptStart {
  /** Epoch milliseconds of the attempt: the row's request_time, part of its unique key. */
  time: number
  /** As the caller named it. */
  modelRequested: string | undefined
  inputEstimate: number
  /** The caller's own id for the request, if it sent one. */
  clientRequestId: string | undefined
  /** Hashes of a request that was sent under an idempotency key, and of what was asked; base64url. */
  idempotency?: { key: string; body: string } | undefined
}

export type IntentEntry = AttemptScope & AttemptStart

export type AttemptStatus = 'success' | 'error' | 'timeout'

/** What is known once the attempt is over. */
export interface AttemptEnd {
  status: AttemptStatus
  errorCode: string | undefined
  /** The attempt that answered the caller, or the last one to fail: request counts count these. */
  isFinal: boolean
  usage: Usage
  usageSource: UsageSource
  rawUsage: unknown
  cost: NanoUsd
  isUnpriced: boolean
  responseTimeMs: number | undefined
  firstTokenMs: number | undefined
  upstreamRequestId: string | undefined
  /** Of a request with an idempotency key: the caller has had an answer, whole or in part. */
  isAnswered?: boolean | undefined
  /** What the provider billed beyond what was reserved: tokens, and nano-USD. */
  overrun?: { tokens: number; cost: NanoUsd } | undefined
  /** Thresholds of limits that this attempt has crossed. */
  crossings?: readonly CrossedThreshold[] | undefined
}

export interface CrossedThreshold {
  cellId: string
  scope: LimitScope
  scopeId: string
  metric: LimitMetric
  window: LimitWindowKind
  level: ThresholdLevel
  /** Epoch milliseconds. */
  windowStartMs: number
  /** Tokens, requests or nano-USD. */
  amount: number
  used: number
}

export type FinalEntry = IntentEntry & AttemptEnd

/** What a long answer has come to so far. */
export interface ProgressEntry {
  /** As far as the provider has reported it. */
  usage: Usage | undefined
  /** UTF-8 bytes of the answer's text. */
  outputBytes: number
}

/** UTF-8 bytes of answer text for one token, for answers that were cut before their usage came. */
export const outputBytesPerToken = 4

/** Two JSON objects as one, without making either anew: the scope is written out once for thousands of attempts. */
export function joinJson(one: string, other: string): string {
  return `${one.slice(0, -1)},${other.slice(1)}`
}

/** The end of an attempt that was never sent, for a reason of the gateway's own: nothing is billed. */
export function unsentFinal(intent: IntentEntry, errorCode: string): FinalEntry {
  return {
    ...intent,
    status: 'error',
    errorCode,
    isFinal: true,
    usage: noUsage,
    usageSource: 'none',
    rawUsage: undefined,
    cost: 0,
    isUnpriced: intent.priceVersion === undefined,
    responseTimeMs: undefined,
    firstTokenMs: undefined,
    upstreamRequestId: undefined,
  }
}

/**
 * An attempt that was under way when the process died: billed for its input, the part that is certain to have been sent, and for what
 * was last seen of its answer.
 */
export function recoveredFinal(intent: IntentEntry, progress?: ProgressEntry): FinalEntry {
  const reported = progress?.usage ?? { ...noUsage, inputTokens: intent.inputEstimate }
  const seenTokens = Math.ceil((progress?.outputBytes ?? 0) / outputBytesPerToken)
  const usage = { ...reported, outputTokens: Math.max(reported.outputTokens, seenTokens) }
  const isUnpriced = intent.priceVersion === undefined
  const price = { ...flatPrice(intent.priceVersion ?? '', intent.inputPrice), ...intent.prices }
  return {
    ...intent,
    status: 'error',
    errorCode: 'gateway_stopped',
    isFinal: true,
    usage,
    usageSource: 'recovered',
    rawUsage: undefined,
    cost: isUnpriced ? 0 : costNanoUsd(usage, price, intent.fixedCallCost, intent.discountBasisPoints),
    isUnpriced,
    responseTimeMs: undefined,
    firstTokenMs: undefined,
    upstreamRequestId: undefined,
  }
}
