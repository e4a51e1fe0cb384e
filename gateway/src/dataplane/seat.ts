// A seat is what an attempt needs before it begins: an account, a slot on it, and a reservation in every limit. It is taken in
// one synchronous step, so that two requests never plan for the same last slot, and given back exactly once. It is taken on the
// configuration of this moment, not of the request's beginning: a limit or a revocation counts from the next attempt on.
import { AppError, assert, type GroupId } from '@aicarpool/contract'
import type { Ledger, Reservation } from '../core/quota/ledger.ts'
import type { LimitView } from '../core/quota/limits.ts'
import type { Candidate } from '../core/routing/eligible.ts'
import type { RoutingSnapshot } from '../core/routing/snapshot.ts'
import type { Clock } from '../platform/clock.ts'
import { answerFor, type Answer } from './answer.ts'
import { requireUsable } from './authenticate.ts'
import type { DecodedCall } from './call.ts'
import { routeOf } from './decode.ts'
import type { Live } from './live.ts'
import { newTried, plan, type Tried } from './plan.ts'
import { limitUncounted, NoRoomYet, reserve } from './reserve.ts'
import type { Room } from './room.ts'
import { wireFor } from './wire.ts'

export interface Seat {
  candidate: Candidate
  /** What is sent to the account and how its answer is read; made first, because only its body bounds what is consumed. */
  answer: Answer
  reservation: Reservation
  /** The most that the whole answer can be, in tokens, all choices together. */
  outputTokensMax: number
  groupId: GroupId
}

export interface SeatPorts {
  snapshot: RoutingSnapshot
  live: Live
  ledger: Ledger
  room: Room
  clock: Clock
}

/** The seat of a request's first attempt, and what was tried for it. */
export interface FirstSeat {
  seat: Seat
  tried: Tried
}

/** As `takeSeat`, without waiting; the limit that has to be waited for where there is one. */
export function takeFirstSeat(call: DecodedCall, ports: SeatPorts): FirstSeat | LimitView {
  // Whoever waits already goes first.
  const awaited = ports.room.awaited(call.key.limits)
  if (awaited) return awaited
  try {
    return firstSeat(call, ports, true)
  } catch (error) {
    if (error instanceof NoRoomYet) return error.limit
    throw error
  }
}

/** Stands in line; when the time is over it takes what there is. */
export async function waitForFirstSeat(call: DecodedCall, limit: LimitView, ports: SeatPorts): Promise<FirstSeat> {
  return (await ports.room.wait(call, limit, () => firstSeat(call, ports, true))) ?? firstSeat(call, ports, false)
}

function firstSeat(call: DecodedCall, ports: SeatPorts, mayWait: boolean): FirstSeat {
  const tried = newTried()
  return { seat: takeSeat(call, 1, tried, ports, mayWait), tried }
}

/**
 * Throws AppError when nobody can serve, when a limit of the caller is in the way, or when the key is no longer valid; and
 * NoRoomYet, where waiting is allowed, when it is only what others hold that is in the way.
 */
export function takeSeat(call: DecodedCall, attempt: number, tried: Tried, ports: SeatPorts, mayWait = false): Seat {
  const { live, ledger, clock } = ports
  const nowMs = clock.now()
  renewKey(call, ports.snapshot, nowMs)
  for (;;) {
    const candidate = plan(call, tried, live, nowMs)
    tried.accounts.add(candidate.account.id)
    const answer = prepared(call, candidate, tried, nowMs)
    if (!answer) continue
    const lowered = (maximum: number) => prepared(call, candidate, tried, nowMs, maximum)
    const held = reserve({ call, attempt, candidate, answer, lowered, mayWait }, ledger, nowMs)
    if (!('kind' in held)) {
      const groupId = call.key.group.id
      live.begin(candidate.account, groupId, nowMs)
      const outputTokensMax = held.outputTokensMax * call.facts.choices
      return { candidate, answer: held.answer, reservation: held.reservation, outputTokensMax, groupId }
    }
    if (held.kind === 'uncounted') tried.uncounted ??= limitUncounted(held)
    else tried.resetsAtMs = Math.min(tried.resetsAtMs ?? Number.POSITIVE_INFINITY, held.resetsAtMs)
  }
}

/** Gives the slot back, and what is still held. */
export function giveBack({ candidate, reservation, groupId }: Seat, { live, ledger }: SeatPorts): void {
  if (reservation.open) ledger.release(reservation)
  live.end(candidate.account, groupId)
}

const translationRefusals: ReadonlySet<string> = new Set(['not_translatable', 'invalid_request'])

/** Undefined when the request cannot be told to this account; another one may speak the client's own protocol. */
function prepared(
  call: DecodedCall,
  { account, model }: Candidate,
  tried: Tried,
  nowMs: number,
  loweredTo?: number,
): Answer | undefined {
  const wire = wireFor(call.client, account.provider, model)
  assert(wire, 'a candidate speaks the protocol')
  try {
    return answerFor(call, wire, model, nowMs, loweredTo)
  } catch (error) {
    // What a translation finds wrong with a request, an account of the client's own wire may take all the same.
    const isOfTranslation = error instanceof AppError && !wire.isNative && translationRefusals.has(error.code)
    if (!isOfTranslation) throw error
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
