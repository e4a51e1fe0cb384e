// The reserve/settle state machine. For every limit of a chain `posted + pending + bound ≤ amount` holds, or nothing at all
// is reserved; checking and taking is one synchronous step, so concurrent requests can never pass together.
// A window is fixed at admission: what is reserved in one window is settled in it, also after the next has begun.
// A limit can be made while attempts run: from that moment they count in it, and until somebody says what its window had seen
// before, nothing is granted under it.
import { assert } from '@aicarpool/contract'
import {
  amountOf,
  concerns,
  isThrottle,
  thresholdLevels,
  thresholdOf,
  type Amounts,
  type LimitView,
  type Spender,
  type ThresholdLevel,
} from './limits.ts'
import { windowAt } from './window.ts'

interface WindowCount {
  readonly startMs: number
  readonly endMs: number
  posted: number
  pending: number
  /** False while what the window had seen before the limit was made is unknown. */
  isCounted: boolean
  /** How many of the limit's thresholds were reported as crossed in this window. */
  thresholdsTold: number
}

/** A limit's window has used as much as its warning or alert threshold names: reported once for each window. */
export interface Crossing {
  limit: LimitView
  level: ThresholdLevel
  windowStartMs: number
  used: number
}

/** What settling found out; undefined for nearly all. */
export interface Settled {
  /** What the provider billed beyond the reservation. */
  overrun: Amounts | undefined
  crossings: readonly Crossing[] | undefined
}

export interface Refusal {
  /** `uncounted`: what is left under the limit is not known yet. */
  kind: 'refused' | 'uncounted'
  limit: LimitView
  required: number
  remaining: number
  /** It would fit if what is held for running requests were given back unused. */
  mayFitLater: boolean
  /** Epoch milliseconds; Infinity when the limit never resets. */
  resetsAtMs: number
}

/** Held amounts, one for each limit of the chain. Spent exactly once, by `settle` or by `release`. */
export interface Reservation {
  kind: 'granted'
  readonly spender: Spender
  /** When it was granted (epoch ms): the time of the attempt wherever usage is summed up. */
  readonly atMs: number
  /** Grow with the limits that are made while it is open. */
  limits: readonly LimitView[]
  windows: readonly WindowCount[]
  readonly held: Amounts
  /** What was left before it in the narrowest limit of each metric; Infinity where there is none. */
  readonly left: Amounts
  open: boolean
}

/**
 * Limits on their way into force: counted from their start on, until their configuration is published and they have been told
 * what came before.
 */
export interface StartedLimits {
  readonly limits: readonly LimitView[]
  readonly windows: readonly WindowCount[]
  /** Attempts that the limits count themselves; whoever sums up what came before leaves them out. */
  readonly attempts: Map<string, Spender>
  isCounted: boolean
  isPublished: boolean
}

/** What limits had counted at one moment, to be held against another book of the same consumption. */
export interface Watch {
  readonly limits: readonly { limit: LimitView; windowStartMs: number; used: number }[]
  /** Attempts that had not ended at that moment, and all that began since: the other book may have them already. */
  readonly attempts: Spender[]
}

export interface LimitStatus {
  limit: LimitView
  used: number
  pending: number
  resetsAtMs: number
}

/** Owns all counts. One instance a process; with several nodes it is granted slices, and nothing else changes. */
export class Ledger {
  /** Told of the limits in which something was given back; within the same turn more may be taken again. */
  onFreed: ((limits: readonly LimitView[]) => void) | undefined
  readonly #cells = new Map<string, WindowCount>()
  readonly #open = new Set<Reservation>()
  readonly #started = new Set<StartedLimits>()
  readonly #watches = new Set<Watch>()

  /** Takes the bound in all limits or in none. */
  reserve(limits: readonly LimitView[], bound: Amounts, nowMs: number, spender: Spender): Reservation | Refusal {
    assert(bound.tokens >= 0 && bound.costNanoUsd >= 0, 'bounds are not negative')
    const windows: WindowCount[] = []
    const left = unlimited()
    for (const limit of limits) {
      const window = this.#windowOf(limit, nowMs)
      windows.push(window)
      if (limit.amount === undefined) continue
      const refusal = refusalOf(limit, limit.amount, window, bound, nowMs)
      if (refusal) return refusal
      narrow(left, limit, limit.amount - window.posted - window.pending)
    }
    limits.forEach((limit, index) => {
      const window = windows[index]
      if (window) window.pending += amountOf(bound, limit.metric)
    })
    const reservation: Reservation = {
      kind: 'granted',
      spender,
      atMs: nowMs,
      limits,
      windows,
      held: bound,
      left,
      open: true,
    }
    this.#open.add(reservation)
    for (const started of this.#started) this.#count(reservation, started)
    for (const watch of this.#watches) watch.attempts.push(spender)
    return reservation
  }

  /** What is left in the narrowest of these limits for each metric; Infinity where there is none. */
  left(limits: readonly LimitView[], nowMs: number): Amounts {
    const left = unlimited()
    for (const limit of limits) {
      const window = this.#windowOf(limit, nowMs)
      if (limit.amount !== undefined) narrow(left, limit, limit.amount - window.posted - window.pending)
    }
    return left
  }

  /** Posts what was really consumed and frees the rest. What exceeds the reservation is posted too. */
  settle(reservation: Reservation, actual: Amounts): Settled {
    this.#close(reservation, actual)
    const { held } = reservation
    const isOver = actual.tokens > held.tokens || actual.costNanoUsd > held.costNanoUsd
    const overrun = isOver
      ? {
          tokens: Math.max(0, actual.tokens - held.tokens),
          costNanoUsd: Math.max(0, actual.costNanoUsd - held.costNanoUsd),
          requests: 0,
        }
      : undefined
    return { overrun, crossings: crossingsOf(reservation) }
  }

  /** Counts a settled reservation's request: known only when no other attempt follows. */
  countRequest(reservation: Reservation): readonly Crossing[] | undefined {
    assert(!reservation.open, 'a request is counted behind its settlement')
    reservation.limits.forEach((limit, index) => {
      const window = reservation.windows[index]
      if (window && limit.metric === 'requests') window.posted += 1
    })
    return crossingsOf(reservation)
  }

  /** Frees the whole reservation: nothing was consumed. */
  release(reservation: Reservation): void {
    this.#close(reservation, undefined)
  }

  /**
   * Limits that are not counted yet: from now on every attempt that they concern counts in them, those that run included.
   * Nothing is granted under them before `tellPosted`.
   */
  start(limits: readonly LimitView[], nowMs: number): StartedLimits {
    const windows = limits.map((limit) => {
      const window = { ...newWindow(limit, nowMs), isCounted: false }
      this.#cells.set(limit.cellId, window)
      return window
    })
    const started: StartedLimits = { limits, windows, attempts: new Map(), isCounted: false, isPublished: false }
    this.#started.add(started)
    for (const reservation of this.#open) this.#count(reservation, started)
    return started
  }

  /** What each of the limits had seen in its window before its start, without the attempts that it counts itself. */
  tellPosted(started: StartedLimits, posted: ReadonlyMap<LimitView, number>): void {
    started.limits.forEach((limit, index) => {
      const window = started.windows[index]
      if (!window) return
      window.posted += posted.get(limit) ?? 0
      window.isCounted = true
    })
    started.isCounted = true
    this.#endStart(started)
  }

  /** From now on the chains of new requests name the limits themselves. */
  tellPublished(started: StartedLimits): void {
    started.isPublished = true
    this.#endStart(started)
  }

  /** Drops the count of a limit that is no more; what is held in it is given back to nobody. */
  forget(cellId: string): void {
    this.#cells.delete(cellId)
  }

  /** Looking does not make a count: a limit that is no more stays forgotten. */
  status(limit: LimitView, nowMs: number): LimitStatus {
    const window = this.#presentWindow(limit, nowMs) ?? newWindow(limit, nowMs)
    return { limit, used: window.posted, pending: window.pending, resetsAtMs: window.endMs }
  }

  /** The sum of everything held: zero when nothing is in flight. */
  pendingTotal(): number {
    let total = 0
    for (const window of this.#cells.values()) total += window.pending
    return total
  }

  /** Those of the limits whose present window is fully counted. Every watch has to be ended. */
  watch(limits: readonly LimitView[], nowMs: number): Watch {
    const watched = limits.flatMap((limit) => {
      const window = this.#presentWindow(limit, nowMs)
      return window?.isCounted ? [{ limit, windowStartMs: window.startMs, used: window.posted }] : []
    })
    const watch = { limits: watched, attempts: [...this.#open].map(({ spender }) => spender) }
    this.#watches.add(watch)
    return watch
  }

  endWatch(watch: Watch): void {
    this.#watches.delete(watch)
  }

  /** Whether all that is held is held by an open reservation, and the other way round. */
  isBalanced(): boolean {
    const held = new Map<WindowCount, number>()
    for (const reservation of this.#open) {
      reservation.limits.forEach((limit, index) => {
        const window = reservation.windows[index]
        if (window) held.set(window, (held.get(window) ?? 0) + amountOf(reservation.held, limit.metric))
      })
    }
    return [...this.#cells.values()].every((window) => window.pending === (held.get(window) ?? 0))
  }

  #endStart(started: StartedLimits): void {
    if (started.isCounted && started.isPublished) this.#started.delete(started)
  }

  #presentWindow(limit: LimitView, nowMs: number): WindowCount | undefined {
    const present = this.#cells.get(limit.cellId)
    // A clock that is set back stays in the window it was in: window ids never move backwards.
    return present && nowMs < present.endMs ? present : undefined
  }

  #windowOf(limit: LimitView, nowMs: number): WindowCount {
    const present = this.#presentWindow(limit, nowMs)
    if (present) return present
    const window = newWindow(limit, nowMs)
    this.#cells.set(limit.cellId, window)
    return window
  }

  /** From now on the reservation belongs to those of the limits that concern it. */
  #count(reservation: Reservation, { limits, windows, attempts }: StartedLimits): void {
    const { spender, atMs, held } = reservation
    limits.forEach((limit, index) => {
      const first = windows[index]
      // Usage belongs to the window of its attempt's time; a rolling window begins with the limit and reaches back.
      if (!first || !concerns(limit, spender) || (limit.windowKind !== '5h' && atMs < first.startMs)) return
      attempts.set(`${spender.requestId}-${spender.attempt}`, spender)
      const window = atMs < first.endMs ? first : this.#windowOf(limit, atMs)
      if (reservation.windows.includes(window)) return
      reservation.limits = [...reservation.limits, limit]
      reservation.windows = [...reservation.windows, window]
      window.pending += amountOf(held, limit.metric)
    })
  }

  #close(reservation: Reservation, actual: Amounts | undefined): void {
    assert(reservation.open, 'a reservation is spent exactly once')
    reservation.open = false
    this.#open.delete(reservation)
    reservation.limits.forEach((limit, index) => {
      const window = reservation.windows[index]
      if (!window) return
      window.pending -= amountOf(reservation.held, limit.metric)
      assert(window.pending >= 0, 'pending never falls below zero')
      if (actual) window.posted += amountOf(actual, limit.metric)
    })
    this.onFreed?.(reservation.limits)
  }
}

function unlimited(): Amounts {
  return {
    tokens: Number.POSITIVE_INFINITY,
    costNanoUsd: Number.POSITIVE_INFINITY,
    requests: Number.POSITIVE_INFINITY,
  }
}

function narrow(left: Amounts, { metric }: LimitView, remaining: number): void {
  const known = Math.max(0, remaining)
  if (metric === 'tokens') left.tokens = Math.min(left.tokens, known)
  else if (metric === 'money') left.costNanoUsd = Math.min(left.costNanoUsd, known)
  else left.requests = Math.min(left.requests, known)
}

/** Why the limit does not take the bound; undefined when it does. */
function refusalOf(
  limit: LimitView,
  amount: number,
  { posted, pending, endMs, isCounted }: WindowCount,
  bound: Amounts,
  nowMs: number,
): Refusal | undefined {
  const required = amountOf(bound, limit.metric)
  const isRefused = isThrottle(limit) ? posted >= amount : posted + pending + required > amount
  if (amount === 0 || isRefused) {
    const remaining = Math.max(0, amount - posted - pending)
    const mayFitLater = amount > 0 && pending > 0 && posted + required <= amount
    return { kind: 'refused', limit, required, remaining, mayFitLater, resetsAtMs: endMs }
  }
  if (isCounted) return undefined
  return { kind: 'uncounted', limit, required, remaining: 0, mayFitLater: false, resetsAtMs: nowMs }
}

/** The thresholds that the windows have reached and that nobody was told of yet. */
function crossingsOf({ limits, windows }: Reservation): readonly Crossing[] | undefined {
  let crossings: Crossing[] | undefined
  limits.forEach((limit, index) => {
    const window = windows[index]
    if (!window || limit.amount === undefined || limit.amount === 0 || limit.windowKind === 'minute') return
    for (let told = window.thresholdsTold; told < thresholdLevels.length; told += 1) {
      const level = thresholdLevels[told]
      // In hundredths, so that no rounding decides.
      if (level === undefined || window.posted * 100 < limit.amount * thresholdOf(limit, level)) return
      window.thresholdsTold = told + 1
      crossings = [...(crossings ?? []), { limit, level, windowStartMs: window.startMs, used: window.posted }]
    }
  })
  return crossings
}

function newWindow(limit: LimitView, nowMs: number): WindowCount {
  return {
    ...windowAt(limit.windowKind, limit.timeZone, nowMs),
    posted: 0,
    pending: 0,
    isCounted: true,
    thresholdsTold: 0,
  }
}
