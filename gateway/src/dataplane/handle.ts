// The life of a request, hop by hop: authenticate → read → decode → (plan → reserve → attempt → relay → settle) until an
// account has answered or nothing is left to try. The only file that calls the hops; they never call each other.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '@aicarpool/contract'
import type { ClientProtocol } from '../core/protocols/protocol.ts'
import type { Ledger, Reservation } from '../core/quota/ledger.ts'
import { disposition } from '../core/routing/disposition.ts'
import type { Candidate } from '../core/routing/eligible.ts'
import type { AccountView } from '../core/routing/snapshot.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { answerFor } from './answer.ts'
import { intentOf, send, type AttemptPorts } from './attempt.ts'
import type { Authenticate } from './authenticate.ts'
import type { Call, DecodedCall } from './call.ts'
import { decode, wireFor } from './decode.ts'
import type { Live } from './live.ts'
import { canServe, failureRefusal, plan } from './plan.ts'
import { bodyAborted, readBody } from './read-body.ts'
import { refuse, relayRejection } from './refuse.ts'
import type { Relay, RelayOutcome } from './relay.ts'
import { reserve } from './reserve.ts'
import { settle, type Settled } from './settle.ts'

export interface HandlePorts extends AttemptPorts {
  authenticate: Authenticate
  live: Live
  ledger: Ledger
  random: Random
  log: Log
  bodyBytesMax: number
  concurrentRequestsMax: number
  isDraining: () => boolean
}

export type Handle = (request: IncomingMessage, response: ServerResponse, client: ClientProtocol) => void

export function createHandle(ports: HandlePorts): Handle {
  return (request, response, client) => {
    const call: Call = { id: ports.random.uuid(), client, request, response, startedMs: ports.clock.monotonic() }
    handle(call, ports).catch((error: unknown) => answerError(call, error, ports.log))
  }
}

async function handle(call: Call, ports: HandlePorts): Promise<void> {
  if (ports.isDraining()) throw new AppError('shutting_down')
  if (call.request.method !== 'POST') throw new AppError('method_not_allowed')
  if (ports.live.activeTotal() >= ports.concurrentRequestsMax) throw new AppError('overloaded')
  const key = ports.authenticate(call.request.headers)
  const body = await readBody(call.request, ports.bodyBytesMax)
  await serve(decode(call, key, body), ports)
}

/** Walks the accounts until one has answered. What is refused before an attempt leaves no trace in the ledger. */
async function serve(call: DecodedCall, ports: HandlePorts): Promise<void> {
  const tried = new Set<AccountView>()
  for (let attempt = 1; ; attempt += 1) {
    const nowMs = ports.clock.now()
    const candidate = plan(call, tried, ports.live, nowMs)
    tried.add(candidate.account)
    const reservation = reserve(call, candidate.account, candidate.model, ports.ledger, nowMs)
    if (reservation === 'account-full') continue
    if (await attemptOnce(call, candidate, reservation, attempt, tried, ports)) return
  }
}

/**
 * From the INTENT to the FINAL of one attempt; true when the caller has the answer, false when another account is to be
 * tried. The slot and the reservation are given back on every way out.
 */
async function attemptOnce(
  call: DecodedCall,
  { account, model }: Candidate,
  reservation: Reservation,
  attempt: number,
  tried: ReadonlySet<AccountView>,
  ports: HandlePorts,
): Promise<boolean> {
  const { live, ledger, journal, clock } = ports
  const startedMs = clock.monotonic()
  live.begin(account, call.key.group.id, clock.now())
  try {
    const wire = wireFor(call.client, account.serviceType)
    if (!wire) throw new AppError('protocol_not_served')
    const answer = answerFor(call, wire, model)
    const intent = intentOf(call, account, model, clock.now())
    await journal.append('intent', call.id, attempt, intent.json)
    const relay = send(call, account, answer, ports)
    const stopWatching = watchClient(call, relay)
    const outcome = await relay.outcome
    stopWatching()
    noteHealth(account, outcome, ports)
    const isFinal = !mayGoOn(call, outcome, attempt, tried, ports)
    const attempted = {
      requestId: call.id,
      attempt,
      intent,
      model,
      reservation,
      responseTimeMs: clock.monotonic() - startedMs,
    }
    const settled = await settle(attempted, outcome, isFinal, ledger, journal)
    if (!isFinal) return false
    const mayRelay =
      wire.isNative && !(outcome.kind === 'failed' && ports.credentials.isRepeatedIn(account, outcome.body))
    conclude(call, account, relay, outcome, settled, mayRelay)
    return true
  } finally {
    if (reservation.open) ledger.release(reservation)
    live.end(account, call.key.group.id)
  }
}

/** Whether the failure lets another account try, and there is one: only then is this attempt not the last. */
function mayGoOn(
  call: DecodedCall,
  outcome: RelayOutcome,
  attempt: number,
  tried: ReadonlySet<AccountView>,
  ports: HandlePorts,
): boolean {
  // Nobody waits for another answer, and each would be paid for.
  if (call.response.destroyed) return false
  if (outcome.kind !== 'failed' || disposition(outcome.failure, attempt) === 'give-up') return false
  return canServe(call, tried, ports.live, ports.clock.now())
}

/** Tells the relay when the client goes away before its answer is complete. */
function watchClient(call: DecodedCall, relay: Relay): () => void {
  const onClose = () => relay.clientGone()
  if (call.response.destroyed) onClose()
  call.response.once('close', onClose)
  return () => call.response.off('close', onClose)
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
  settled: Settled,
  mayRelay: boolean,
): void {
  if (outcome.kind === 'failed') {
    const isAboutRequest = outcome.failure.kind === 'invalid-request' || outcome.failure.kind === 'model-not-found'
    const isVerbatim = mayRelay && isAboutRequest && outcome.body.length > 0
    if (isVerbatim) relayRejection(call.response, call.id, outcome)
    else refuse(call, failureRefusal(outcome.failure))
    return
  }
  // An answer that was cut is never shown as complete (T47): it ends with an error in the client's dialect. What the provider
  // itself reported inside the answer has been passed on already.
  const isUntold = outcome.failure !== undefined && outcome.source.failure === undefined
  const errorTail = isUntold ? call.client.renderStreamError(new AppError('upstream_cut'), call.id) : undefined
  relay.finish({ usage: settled.usage, costNanoUsd: settled.costNanoUsd, account }, errorTail)
}

function answerError(call: Call, error: unknown, log: Log): void {
  if (error === bodyAborted) return
  if (error instanceof AppError) {
    refuse(call, error)
    return
  }
  log.error({ requestId: call.id, error }, 'A request ended in an unexpected error')
  refuse(call, new AppError('internal', { cause: error }))
}
