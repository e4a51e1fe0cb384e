// The reserve/settle state machine. For every limit of a chain `posted + pending + bound ≤ amount` holds, or nothing at all
// is reserved; checking and taking is one synchronous step, so concurrent requests can never pass together.
// A window is fixed at admission: what is reserved in one window is settled in it, also after the next has begun.
import { assert } from '@aicarpool/contract'
import { amountOf, type Amounts, type LimitView } from './limits.ts'
import { windowAt } from './window.ts'

interface WindowCount {
  readonly startMs: number
  readonly endMs: number
  posted: number
  pending: number
}

export interface Refusal {
  kind: 'refused'
  limit: LimitView
  required: number
  remaining: number
  /** Epoch milliseconds; Infinity when the limit never resets. */
  resetsAtMs: number
}

/** Held amounts, one for each limit of the chain. Spent exactly once, by `settle` or by `release`. */
export interface Reservation {
  kind: 'granted'
  readonly limits: readonly LimitView[]
  readonly windows: readonly WindowCount[]
  readonly held: Amounts
  open: boolean
}

export interface LimitStatus {
  limit: LimitView
  used: number
  pending: number
  resetsAtMs: number
}

/** Owns all counts. One instance a process; with several nodes it is granted slices, and nothing else changes. */
export class Ledger {
  readonly #cells = new Map<string, WindowCount>()

  /** Takes the bound in all limits or in none. */
  reserve(limits: readonly LimitView[], bound: Amounts, nowMs: number): Reservation | Refusal {
    assert(bound.tokens >= 0 && bound.costNanoUsd >= 0, 'bounds are not negative')
    const windows: WindowCount[] = []
    for (const limit of limits) {
      const window = this.#windowOf(limit, nowMs)
      const required = amountOf(bound, limit.metric)
      if (
        limit.amount !== undefined &&
        (limit.amount === 0 || window.posted + window.pending + required > limit.amount)
      ) {
        const remaining = Math.max(0, limit.amount - window.posted - window.pending)
        return { kind: 'refused', limit, required, remaining, resetsAtMs: window.endMs }
      }
      windows.push(window)
    }
    limits.forEach((limit, index) => {
      const window = windows[index]
      if (window) window.pending += amountOf(bound, limit.metric)
    })
    return { kind: 'granted', limits, windows, held: bound, open: true }
  }

  /** Posts what was really consumed and frees the rest. What exceeds the reservation is posted too and returned as overrun. */
  settle(reservation: Reservation, actual: Amounts): Amounts {
    this.#close(reservation, actual)
    const { held } = reservation
    return {
      tokens: Math.max(0, actual.tokens - held.tokens),
      costNanoUsd: Math.max(0, actual.costNanoUsd - held.costNanoUsd),
      requests: Math.max(0, actual.requests - held.requests),
    }
  }

  /** Counts a settled reservation's request: known only when no other attempt follows. */
  countRequest(reservation: Reservation): void {
    assert(!reservation.open, 'a request is counted behind its settlement')
    reservation.limits.forEach((limit, index) => {
      const window = reservation.windows[index]
      if (window && limit.metric === 'requests') window.posted += 1
    })
  }

  /** Frees the whole reservation: nothing was consumed. */
  release(reservation: Reservation): void {
    this.#close(reservation, undefined)
  }

  /** Whether the limit is being counted already. */
  counts(limit: LimitView): boolean {
    return this.#cells.has(limit.cellId)
  }

  /** Drops the count of a limit that is no more, unless something is still held in it. Answers whether it is gone. */
  forget(cellId: string): boolean {
    const window = this.#cells.get(cellId)
    if (window && window.pending > 0) return false
    this.#cells.delete(cellId)
    return true
  }

  /** Start-up: what the database says was already consumed in the limit's present window. */
  restore(limit: LimitView, posted: number, nowMs: number): void {
    this.#windowOf(limit, nowMs).posted += posted
  }

  status(limit: LimitView, nowMs: number): LimitStatus {
    const window = this.#windowOf(limit, nowMs)
    return { limit, used: window.posted, pending: window.pending, resetsAtMs: window.endMs }
  }

  /** The sum of everything held: zero when nothing is in flight. */
  pendingTotal(): number {
    let total = 0
    for (const window of this.#cells.values()) total += window.pending
    return total
  }

  #windowOf(limit: LimitView, nowMs: number): WindowCount {
    const present = this.#cells.get(limit.cellId)
    // A clock that is set back stays in the window it was in: window ids never move backwards.
    if (present && nowMs < present.endMs) return present
    const window = { ...windowAt(limit.windowKind, limit.timeZone, nowMs), posted: 0, pending: 0 }
    this.#cells.set(limit.cellId, window)
    return window
  }

  #close(reservation: Reservation, actual: Amounts | undefined): void {
    assert(reservation.open, 'a reservation is spent exactly once')
    reservation.open = false
    reservation.limits.forEach((limit, index) => {
      const window = reservation.windows[index]
      if (!window) return
      window.pending -= amountOf(reservation.held, limit.metric)
      assert(window.pending >= 0, 'pending never falls below zero')
      if (actual) window.posted += amountOf(actual, limit.metric)
    })
  }
}
