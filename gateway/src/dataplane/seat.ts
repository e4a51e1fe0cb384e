// A seat is what an attempt needs before it begins: an account, a slot on it, and a reservation in every limit. It is taken in
// one synchronous step, so that two requests never plan for the same last slot, and given back exactly once. It is taken on the
// configuration of this moment, not of the request's beginning: a limit or a revocation counts from the next attempt on.
import { AppError, assert, type GroupId } from '@aicarpool/contract'
import type { Ledger, Reservation } from '../core/quota/ledger.ts'
import type { Candidate } from '../core/routing/eligible.ts'
import type { RoutingSnapshot } from '../core/routing/snapshot.ts'
import type { Clock } from '../platform/clock.ts'
import { answerFor, type Answer } from './answer.ts'
import { requireUsable } from './authenticate.ts'
import type { DecodedCall } from './call.ts'
import { routeOf } from './decode.ts'
import type { Live } from './live.ts'
import { plan, type Tried } from './plan.ts'
import { limitUncounted, reserve } from './reserve.ts'
import { wireFor } from './wire.ts'

export interface Seat {
  candidate: Candidate
  /** What is sent to the account and how its answer is read; made first, because only its body bounds what is consumed. */
  answer: Answer
  reservation: Reservation
  groupId: GroupId
}

export interface SeatPorts {
  snapshot: RoutingSnapshot
  live: Live
  ledger: Ledger
  clock: Clock
}

/** Throws AppError when nobody can serve, when a limit of the caller is in the way, or when the key is no longer valid. */
export function takeSeat(call: DecodedCall, attempt: number, tried: Tried, ports: SeatPorts): Seat {
  const { live, ledger, clock } = ports
  const nowMs = clock.now()
  renewKey(call, ports.snapshot, nowMs)
  for (;;) {
    const candidate = plan(call, tried, live, nowMs)
    tried.accounts.add(candidate.account.id)
    const answer = prepared(call, candidate, tried, nowMs)
    if (!answer) continue
    const reservation = reserve(call, attempt, candidate, answer.body.length, ledger, nowMs)
    if (reservation.kind === 'granted') {
      const groupId = call.key.group.id
      live.begin(candidate.account, groupId, nowMs)
      return { candidate, answer, reservation, groupId }
    }
    if (reservation.kind === 'uncounted') tried.uncounted ??= limitUncounted(reservation)
    else tried.resetsAtMs = Math.min(tried.resetsAtMs ?? Number.POSITIVE_INFINITY, reservation.resetsAtMs)
  }
}

/** Gives the slot back, and what is still held. */
export function giveBack({ candidate, reservation, groupId }: Seat, { live, ledger }: SeatPorts): void {
  if (reservation.open) ledger.release(reservation)
  live.end(candidate.account, groupId)
}

/** Undefined when the request cannot be told to this account; another one may speak the client's own protocol. */
function prepared(call: DecodedCall, { account, model }: Candidate, tried: Tried, nowMs: number): Answer | undefined {
  const wire = wireFor(call.client, account.provider, model)
  assert(wire, 'a candidate speaks the protocol')
  try {
    return answerFor(call, wire, model, nowMs)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_translatable') throw error
    tried.untranslatable ??= error
    return undefined
  }
}

/** The body may have taken minutes to come, and an attempt to fail: meanwhile the configuration may have changed. */
function renewKey(call: DecodedCall, snapshot: RoutingSnapshot, nowMs: number): void {
  const key = snapshot.key(call.key.publicId)
  if (!key) throw new AppError('invalid_key')
  requireUsable(key, nowMs)
  if (key === call.key) return
  call.key = key
  call.route = routeOf(call.client, call.facts, key)
}
