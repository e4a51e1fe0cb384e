// The life of a request, hop by hop: authenticate → read → decode → (plan → reserve → attempt → relay → settle) until an
// account has answered or nothing is left to try. The only file that calls the hops; they never call each other.
import { AppError } from '@aicarpool/contract'
import { unsentFinal, type IntentEntry } from '../core/journal/entry.ts'
import { failureRefusal } from '../core/protocols/failure-refusal.ts'
import { totalTokens } from '../core/protocols/usage.ts'
import type { Ledger } from '../core/quota/ledger.ts'
import type { Providers } from '../core/providers/registry.ts'
import { disposition } from '../core/routing/disposition.ts'
import type { AccountView, RoutingSnapshot } from '../core/routing/snapshot.ts'
import { intentOf, send, type AttemptPorts, type Intent } from './attempt.ts'
import { authenticateCall, type Authenticate } from './authenticate.ts'
import type { Call, DecodedCall } from './call.ts'
import { decode } from './decode.ts'
import { idempotencyHeader, takeKey, type IdempotencyPorts } from './idempotency.ts'
import type { Journal } from './journal.ts'
import type { Live } from './live.ts'
import type { Tried } from './plan.ts'
import { readBody } from './read-body.ts'
import { refuse, relayRejection } from './refuse.ts'
import type { Room } from './room.ts'
import type { CompletedAnswer, Relay, RelayOutcome } from './relay.ts'
import { giveBack, takeFirstSeat, takeSeat, waitForFirstSeat, type Seat } from './seat.ts'
import { measure, post, record, type Measured } from './settle.ts'

export interface HandlePorts extends AttemptPorts {
  authenticate: Authenticate
  providers: Providers
  snapshot: RoutingSnapshot
  live: Live
  ledger: Ledger
  room: Room
  idempotency: IdempotencyPorts
  bodyBytesMax: number
}

/** Serves one model request to its end. Rejects with the refusal of a caller who gets no answer. */
export async function handle(call: Call, ports: HandlePorts): Promise<void> {
  if (call.request.method !== 'POST') throw new AppError('method_not_allowed')
  const key = authenticateCall(call, ports.authenticate)
  const body = await readBody(call.request, ports.bodyBytesMax)
  const decoded = decode(call, key, body, ports.providers, ports.clock.now())
  if (call.request.headers[idempotencyHeader] === undefined) await serve(decoded, ports)
  else await serveOnce(decoded, ports)
}

/** A request that is sent twice under one idempotency key is served once. What was not answered may be sent again. */
async function serveOnce(call: DecodedCall, ports: HandlePorts): Promise<void> {
  const { idempotency } = ports
  const hashes = await takeKey(call, idempotency)
  call.idempotency = hashes
  try {
    await serve(call, ports)
  } finally {
    if (call.answered) idempotency.keys.end(hashes.key, call.answered)
    else idempotency.keys.release(hashes.key)
  }
}

/** Walks the accounts until one has answered. What is refused before the first attempt leaves no trace in the ledger. */
async function serve(call: DecodedCall, ports: HandlePorts): Promise<void> {
  const taken = takeFirstSeat(call, ports)
  const { seat: first, tried } = 'seat' in taken ? taken : await waitForFirstSeat(call, taken, ports)
  let seat: Seat | undefined = first
  for (let attempt = 1; seat; attempt += 1) {
    const held = await attemptOnce(call, seat, attempt, tried, ports)
    seat = held && retakeSeat(call, held, attempt + 1, tried, ports)
  }
}

/**
 * From the INTENT to the FINAL of one attempt; undefined when the caller has the answer, else the seat of the next attempt.
 * This attempt's own seat is given back on every way out.
 */
async function attemptOnce(
  call: DecodedCall,
  seat: Seat,
  attempt: number,
  tried: Tried,
  ports: HandlePorts,
): Promise<Seat | undefined> {
  const { ledger, journal, clock } = ports
  const { account, model } = seat.candidate
  const startedMs = clock.monotonic()
  let next: Seat | undefined
  try {
    const { answer } = seat
    const intent = await begin(call, seat, attempt, ports)
    const relay = send(call, attempt, account, answer, seat.reservation, ports)
    const outcome = await watched(call, relay)
    noteHealth(account, outcome, ports)
    const attempted = {
      requestId: call.id,
      attempt,
      intent,
      model,
      reservation: seat.reservation,
      outputTokensMax: seat.outputTokensMax,
      responseTimeMs: clock.monotonic() - startedMs,
    }
    const measured = measure(attempted, outcome)
    const settled = post(attempted, measured, ledger)
    // This attempt's own hold is free by now, and nothing else runs in between: the last attempt is the one without a next.
    next = mayGoOn(call, outcome, attempt) ? nextSeat(call, attempt + 1, tried, ports) : undefined
    const counted = !next && measured.source !== 'none' ? ledger.countRequest(seat.reservation) : undefined
    await record(attempted, outcome, measured, { ...settled, counted, isFinal: !next }, journal)
    if (!next) {
      const isRepeated = outcome.kind === 'failed' && ports.credentials.isRepeatedIn(account, outcome.body)
      conclude(call, account, relay, outcome, measured, answer.isNative && !isRepeated, ports)
    }
    const going = next
    next = undefined
    return going
  } finally {
    giveBack(seat, ports)
    if (next) giveBack(next, ports)
  }
}

/** The INTENT, before the first byte leaves for the provider. */
async function begin(
  call: DecodedCall,
  { candidate, reservation }: Seat,
  attempt: number,
  { journal }: HandlePorts,
): Promise<Intent> {
  const intent = intentOf(call, candidate.account, candidate.model, reservation.atMs)
  try {
    await journal.append('intent', call.id, attempt, intent.json)
    return intent
  } catch (error) {
    if (attempt > 1) noteUnsent(call, intent, attempt, error, journal)
    throw error
  }
}

/** The attempts before were recorded as not the last ones, so this one is, although nothing was sent. */
function noteUnsent(call: DecodedCall, intent: Intent, attempt: number, error: unknown, journal: Journal): void {
  const code = error instanceof AppError ? error.code : 'internal'
  const final = JSON.stringify(unsentFinal(JSON.parse(intent.json) as IntentEntry, code))
  // Nobody waits for it: while the disk takes nothing the journal keeps it, and reports it if that never ends.
  journal.append('final', call.id, attempt, final).catch(() => undefined)
}

/** Whether the failure lets another account try. */
function mayGoOn(call: DecodedCall, outcome: RelayOutcome, attempt: number): boolean {
  // Nobody waits for another answer, and each would be paid for.
  if (call.response.destroyed) return false
  return outcome.kind === 'failed' && disposition(outcome.failure, attempt) === 'next-account'
}

/** Undefined when nobody can try: the caller is told of the failure that has happened, not of the accounts that are left. */
function nextSeat(call: DecodedCall, attempt: number, tried: Tried, ports: HandlePorts): Seat | undefined {
  try {
    return takeSeat(call, attempt, tried, ports)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

/** The record of the attempt before may have waited for a slow disk, while a key was revoked or a limit made. */
function retakeSeat(call: DecodedCall, held: Seat, attempt: number, tried: Tried, ports: HandlePorts): Seat {
  const { account, model } = held.candidate
  giveBack(held, ports)
  tried.accounts.delete(account.id)
  try {
    return takeSeat(call, attempt, tried, ports)
  } catch (error) {
    noteUnsent(call, intentOf(call, account, model, held.reservation.atMs), attempt, error, ports.journal)
    throw error
  }
}

/** The relay's outcome; it is told when the client goes away before its answer is complete. */
async function watched(call: DecodedCall, relay: Relay): Promise<RelayOutcome> {
  const onClose = () => relay.clientGone()
  call.response.once('close', onClose)
  const outcome = await relay.outcome
  call.response.off('close', onClose)
  return outcome
}

function noteHealth(account: AccountView, outcome: RelayOutcome, ports: HandlePorts): void {
  if (outcome.failure) ports.live.failed(account, outcome.failure, ports.clock.now())
  else ports.live.succeeded(account)
}

function conclude(
  call: DecodedCall,
  account: AccountView,
  relay: Relay,
  outcome: RelayOutcome,
  measured: Measured,
  mayRelay: boolean,
  { timers }: HandlePorts,
): void {
  if (outcome.kind === 'failed') {
    const isAboutRequest = outcome.failure.kind === 'invalid-request' || outcome.failure.kind === 'model-not-found'
    const isVerbatim = mayRelay && isAboutRequest && outcome.body.length > 0
    if (isVerbatim) relayRejection(call, outcome, timers)
    else refuse(call, failureRefusal(outcome.failure), timers)
    return
  }
  // An answer that was cut is never shown as complete (T47): it ends with an error in the client's dialect. What the provider
  // itself reported inside the answer has been passed on already.
  const isUntold = outcome.failure !== undefined && outcome.source.failure === undefined
  const errorTail = isUntold ? streamError(call, outcome.source, new AppError('upstream_cut')) : undefined
  const { usage, costNanoUsd } = measured
  const status = outcome.failure ? 'cut' : 'success'
  call.answered = { outcome: status, tokens: totalTokens(usage), costNanoUsd }
  relay.finish({ usage, costNanoUsd, account }, errorTail)
}

/** A translated stream ends in the terms of what it has said so far; else the dialect alone decides. */
function streamError(call: DecodedCall, source: CompletedAnswer['source'], error: AppError): Buffer {
  const ending = 'closeWithError' in source ? source.closeWithError?.(error) : undefined
  return ending ?? call.client.renderStreamError(error, call.id)
}
