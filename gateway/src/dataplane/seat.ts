// A seat is what an attempt needs before it begins: an account, a slot on it, and a reservation in every limit. It is taken in
// one synchronous step, so that two requests never plan for the same last slot, and given back exactly once.
import { AppError, type ErrorCode } from '@aicarpool/contract'
import type { Ledger, Reservation } from '../core/quota/ledger.ts'
import type { Candidate } from '../core/routing/eligible.ts'
import type { AccountView } from '../core/routing/snapshot.ts'
import type { Clock } from '../platform/clock.ts'
import type { DecodedCall } from './call.ts'
import type { Live } from './live.ts'
import { plan } from './plan.ts'
import { reserve } from './reserve.ts'

export interface Seat {
  candidate: Candidate
  reservation: Reservation
}

/** What a request has been through so far. */
export interface Tried {
  accounts: Set<AccountView>
  /** When the first of the accounts that were passed over for a limit of their own has room again (epoch ms). */
  resetsAtMs: number | undefined
}

export interface SeatPorts {
  live: Live
  ledger: Ledger
  clock: Clock
}

/** Refusals of the accounts that were not passed over, which time does not mend. */
const permanentRefusals: ReadonlySet<ErrorCode> = new Set([
  'no_account_bound',
  'model_not_supported',
  'model_not_allowed',
  'protocol_not_served',
  'accounts_unavailable',
])

/** Throws AppError when nobody can serve, or when a limit of the caller is in the way. */
export function takeSeat(call: DecodedCall, tried: Tried, { live, ledger, clock }: SeatPorts): Seat {
  const nowMs = clock.now()
  for (;;) {
    const candidate = planned(call, tried, live, nowMs)
    tried.accounts.add(candidate.account)
    const reservation = reserve(call, candidate.account, candidate.model, ledger, nowMs)
    if (reservation.kind === 'granted') {
      live.begin(candidate.account, call.key.group.id, nowMs)
      return { candidate, reservation }
    }
    tried.resetsAtMs = Math.min(tried.resetsAtMs ?? Number.POSITIVE_INFINITY, reservation.resetsAtMs)
  }
}

/** Gives the slot back, and what is still held. */
export function giveBack(call: DecodedCall, { candidate, reservation }: Seat, { live, ledger }: SeatPorts): void {
  if (reservation.open) ledger.release(reservation)
  live.end(candidate.account, call.key.group.id)
}

function planned(call: DecodedCall, tried: Tried, live: Live, nowMs: number): Candidate {
  try {
    return plan(call, tried.accounts, live, nowMs)
  } catch (error) {
    const { resetsAtMs } = tried
    // Accounts that could serve are there and well; they have used up their own day. What keeps the others out is no answer.
    const isForLimits = error instanceof AppError && permanentRefusals.has(error.code) && resetsAtMs !== undefined
    if (!isForLimits) throw error
    throw new AppError('accounts_rate_limited', {
      detail: 'The accounts have used up their own limits.',
      ...(Number.isFinite(resetsAtMs) ? { retryAfterMs: Math.max(0, resetsAtMs - nowMs) } : {}),
      cause: error,
    })
  }
}
