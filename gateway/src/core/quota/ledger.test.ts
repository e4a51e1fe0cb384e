// The ledger against a naive model: any interleaving of reserve, settle, release and passing time.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ledger, type Reservation } from './ledger.ts'
import {
  cellIdOf,
  type Amounts,
  type LimitMetric,
  type LimitView,
  type LimitWindowKind,
  type Spender,
} from './limits.ts'

function limit(
  amount: number | undefined,
  metric: LimitMetric = 'tokens',
  scopeId = 'g',
  windowKind: LimitWindowKind = 'day',
): LimitView {
  return {
    cellId: cellIdOf('group', scopeId, metric, windowKind),
    scope: 'group',
    scopeId,
    metric,
    windowKind,
    amount,
    timeZone: 'Asia/Shanghai',
    warningThreshold: 80,
    alertThreshold: 95,
  }
}
const amounts = (tokens: number, costNanoUsd = 0, requests = 1): Amounts => ({ tokens, costNanoUsd, requests })
const noon = Date.parse('2026-11-23T04:00:00Z')

function spender(requestId: string, groupId: string, attempt = 1): Spender {
  const payer = { id: 'k', userId: undefined, group: { id: groupId, departmentId: undefined }, enterprise: { id: 'e' } }
  return { requestId, attempt, payer, accountId: 'a' }
}
const anyone = spender('r', 'nobody')

test('QU1 all limits of the chain or none', () => {
  const ledger = new Ledger()
  const wide = limit(1000, 'tokens', 'wide')
  const narrow = limit(5, 'tokens', 'narrow')
  expect(ledger.reserve([wide, narrow], amounts(6), noon, anyone).kind).toBe('refused')
  expect(ledger.status(wide, noon).pending).toBe(0)
  expect(ledger.reserve([wide, narrow], amounts(5), noon, anyone).kind).toBe('granted')
  expect(ledger.status(wide, noon).pending).toBe(5)
})

test('QU3 null never blocks and zero always does (T12, T13)', () => {
  const ledger = new Ledger()
  expect(ledger.reserve([limit(undefined)], amounts(10 ** 12), noon, anyone).kind).toBe('granted')
  expect(ledger.reserve([limit(0, 'tokens', 'zero')], amounts(0), noon, anyone).kind).toBe('refused')
})

test('QU5 a reservation is settled in the window it was made in', () => {
  const ledger = new Ledger()
  const day = limit(100)
  const reservation = ledger.reserve([day], amounts(60), noon, anyone) as Reservation
  const tomorrow = noon + 86_400_000
  expect(ledger.reserve([day], amounts(100), tomorrow, anyone).kind).toBe('granted')
  ledger.settle(reservation, amounts(50))
  expect(ledger.status(day, tomorrow)).toMatchObject({ used: 0, pending: 100 })
})

test('QU5 a limit whose window ends before it is published counts in the next one what belongs there', () => {
  const ledger = new Ledger()
  const day = limit(1000)
  const midnight = Date.parse('2026-11-23T16:00:00Z')
  const started = ledger.start([day], midnight - 100)
  const reserveAt = (id: string, atMs: number) =>
    ledger.reserve([], amounts(600), atMs, spender(id, 'g')) as Reservation
  const before = reserveAt('before', midnight - 50)
  const behind = reserveAt('behind', midnight + 100)
  ledger.tellPosted(started, new Map([[day, 7]]))
  ledger.tellPublished(started)
  ledger.settle(before, amounts(500))
  expect(ledger.status(day, midnight + 300)).toMatchObject({ used: 0, pending: 600 })
  ledger.settle(behind, amounts(400))
  expect(ledger.status(day, midnight + 300)).toMatchObject({ used: 400, pending: 0 })
  expect(ledger.reserve([day], amounts(601), midnight + 400, anyone).kind).toBe('refused')
  expect(ledger.reserve([day], amounts(600), midnight + 400, anyone).kind).toBe('granted')
})

test('QU5 a clock that is set back does not go back to an earlier window', () => {
  const ledger = new Ledger()
  const day = limit(100)
  ledger.settle(ledger.reserve([day], amounts(70), noon, anyone) as Reservation, amounts(70))
  expect(ledger.status(day, noon - 86_400_000).used).toBe(70)
})

test('QU16 a threshold is crossed once in each window, by whatever reaches it', () => {
  const ledger = new Ledger()
  const day = limit(100)
  const spend = (tokens: number, atMs = noon) => {
    const reservation = ledger.reserve([day], amounts(tokens), atMs, anyone) as Reservation
    return ledger.settle(reservation, amounts(tokens)).crossings?.map(({ level, used }) => [level, used])
  }
  expect(spend(79)).toBeUndefined()
  expect(spend(1)).toEqual([['warning', 80]])
  expect(spend(14)).toBeUndefined()
  expect(spend(6)).toEqual([['alert', 100]])
  const tomorrow = noon + 86_400_000
  expect(spend(96, tomorrow)).toEqual([
    ['warning', 96],
    ['alert', 96],
  ])
})

test('QU16 a request that reaches a threshold of requests tells it when it is counted', () => {
  const ledger = new Ledger()
  const few = limit(2, 'requests')
  const count = () => {
    const reservation = ledger.reserve([few], amounts(1), noon, anyone) as Reservation
    expect(ledger.settle(reservation, amounts(1, 0, 0)).crossings).toBeUndefined()
    return ledger.countRequest(reservation)?.map(({ level }) => level)
  }
  expect(count()).toBeUndefined()
  expect(count()).toEqual(['warning', 'alert'])
})

test('QU15 a pace of tokens refuses behind what was used, one of requests before it', () => {
  const ledger = new Ledger()
  const pace = limit(100, 'tokens', 'g', 'minute')
  const first = ledger.reserve([pace], amounts(5000), noon, anyone) as Reservation
  expect(first.kind).toBe('granted')
  expect(ledger.reserve([pace], amounts(5000), noon, anyone).kind).toBe('granted')
  ledger.settle(first, amounts(100))
  const refused = ledger.reserve([pace], amounts(1), noon + 1000, anyone)
  expect(refused).toMatchObject({ kind: 'refused', mayFitLater: false, resetsAtMs: noon + 60_000 })
  expect(ledger.reserve([pace], amounts(1), noon + 60_000, anyone).kind).toBe('granted')
  const requests = limit(1, 'requests', 'g', 'minute')
  expect(ledger.reserve([requests], amounts(1), noon, anyone).kind).toBe('granted')
  expect(ledger.reserve([requests], amounts(1), noon, anyone).kind).toBe('refused')
})

test('a reservation is spent once', () => {
  const ledger = new Ledger()
  const reservation = ledger.reserve([limit(10)], amounts(1), noon, anyone) as Reservation
  ledger.release(reservation)
  expect(() => ledger.settle(reservation, amounts(1))).toThrow(/exactly once/)
})

test('what a provider bills beyond the reservation is posted and reported as overrun', () => {
  const ledger = new Ledger()
  const day = limit(100)
  const reservation = ledger.reserve([day], amounts(10), noon, anyone) as Reservation
  const overrun = { tokens: 5, costNanoUsd: 0, requests: 0 }
  expect(ledger.settle(reservation, amounts(15)).overrun).toEqual(overrun)
  expect(ledger.status(day, noon).used).toBe(15)
})

test('QU2 any interleaving keeps the counts exact (T16, T19, T22)', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('reserve' as const), tokens: fc.nat(50), cost: fc.nat(500), chain: fc.nat(7) }),
    fc.record({ do: fc.constant('settle' as const), pick: fc.nat(), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ do: fc.constant('release' as const), pick: fc.nat() }),
  )
  const limits = [limit(200, 'tokens', 'a'), limit(1000, 'money', 'b'), limit(12, 'requests', 'c')]
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const ledger = new Ledger()
      const open: Reservation[] = []
      const posted = [0, 0, 0]
      const inMetric = (amount: Amounts, index: number) =>
        [amount.tokens, amount.costNanoUsd, amount.requests][index] ?? 0
      const check = () => {
        limits.forEach((each, index) => {
          const status = ledger.status(each, noon)
          const pending = open
            .filter((reservation) => reservation.limits.includes(each))
            .reduce((sum, reservation) => sum + inMetric(reservation.held, index), 0)
          expect(status).toMatchObject({ used: posted[index], pending })
          expect(status.used + status.pending).toBeLessThanOrEqual(each.amount ?? 0)
        })
      }
      for (const each of steps) {
        if (each.do === 'reserve') {
          const chain = limits.filter((_, index) => (each.chain >> index) & 1)
          const outcome = ledger.reserve(chain, amounts(each.tokens, each.cost), noon, anyone)
          if (outcome.kind === 'granted') open.push(outcome)
        } else if (open.length > 0) {
          const [reservation] = open.splice(each.pick % open.length, 1)
          if (!reservation) continue
          if (each.do === 'release') ledger.release(reservation)
          else {
            const { held } = reservation
            const actual = amounts(Math.floor(held.tokens * each.part), Math.floor(held.costNanoUsd * each.part))
            ledger.settle(reservation, actual)
            limits.forEach((one, index) => {
              if (reservation.limits.includes(one)) posted[index] = (posted[index] ?? 0) + inMetric(actual, index)
            })
          }
        }
        check()
        expect(ledger.isBalanced()).toBe(true)
      }
      for (const reservation of open.splice(0)) ledger.release(reservation)
      expect(ledger.pendingTotal()).toBe(0)
    }),
    { numRuns: 300 },
  )
})

test('QU8 a limit that is made while attempts run counts them, once, whenever they end (T19)', () => {
  const ledger = new Ledger()
  const day = limit(100)
  const running = ledger.reserve([], amounts(60), noon, spender('running', 'g')) as Reservation
  const elsewhere = ledger.reserve([], amounts(60), noon, spender('elsewhere', 'other')) as Reservation
  const started = ledger.start([day], noon)
  // The configuration is not published yet: this one does not know the limit, and belongs to it all the same.
  const late = ledger.reserve([], amounts(10), noon, spender('late', 'g', 2)) as Reservation
  expect([...started.attempts.keys()]).toEqual(['running-1', 'late-2'])
  ledger.settle(late, amounts(10))
  ledger.tellPosted(started, new Map([[day, 25]]))
  ledger.tellPublished(started)
  expect(ledger.status(day, noon)).toMatchObject({ used: 35, pending: 60 })
  expect(ledger.reserve([day], amounts(6), noon, anyone).kind).toBe('refused')
  expect(ledger.reserve([day], amounts(5), noon, anyone).kind).toBe('granted')
  ledger.settle(running, amounts(40))
  ledger.settle(elsewhere, amounts(60))
  expect(ledger.status(day, noon)).toMatchObject({ used: 75, pending: 5 })
})

test('QU8 nothing is granted under a limit of which it is unknown what is left', () => {
  const ledger = new Ledger()
  const day = limit(100)
  const unlimited = limit(undefined, 'money')
  const started = ledger.start([day, unlimited], noon)
  ledger.tellPublished(started)
  expect(ledger.reserve([day], amounts(1), noon, anyone).kind).toBe('uncounted')
  const free = ledger.reserve([unlimited], amounts(1, 7), noon, spender('free', 'g')) as Reservation
  ledger.settle(free, amounts(1, 7))
  expect([...started.attempts.keys()]).toEqual(['free-1'])
  ledger.tellPosted(started, new Map([[unlimited, 30]]))
  expect(ledger.reserve([day], amounts(99), noon, anyone).kind).toBe('granted')
  expect(ledger.status(unlimited, noon)).toMatchObject({ used: 37, pending: 0 })
})

test('QU8 a limit that is taken away and put back does not go on from the count it was left with', () => {
  const ledger = new Ledger()
  const day = limit(100)
  const running = ledger.reserve([day], amounts(30), noon, spender('running', 'g')) as Reservation
  ledger.forget(day.cellId)
  expect(ledger.status(day, noon)).toMatchObject({ used: 0, pending: 0 })
  const started = ledger.start([day], noon)
  ledger.tellPosted(started, new Map([[day, 50]]))
  ledger.tellPublished(started)
  expect(ledger.status(day, noon)).toMatchObject({ used: 50, pending: 30 })
  ledger.settle(running, amounts(20))
  expect(ledger.status(day, noon)).toMatchObject({ used: 70, pending: 0 })
})

test('QU5 an attempt of yesterday is not counted by a limit of today', () => {
  const ledger = new Ledger()
  const day = limit(100)
  const running = ledger.reserve([], amounts(30), noon - 86_400_000, spender('running', 'g')) as Reservation
  const started = ledger.start([day], noon)
  ledger.tellPosted(started, new Map())
  ledger.settle(running, amounts(30))
  expect(ledger.status(day, noon)).toMatchObject({ used: 0, pending: 0 })
})

test('QU16 a threshold is reported by the settlement that crosses it, and by none behind it', () => {
  const ledger = new Ledger()
  const day = limit(100)
  const levelsAfter = (tokens: number) => {
    const reservation = ledger.reserve([day], amounts(tokens), noon, anyone) as Reservation
    return ledger.settle(reservation, amounts(tokens)).crossings?.map(({ level, used }) => [level, used])
  }
  expect(levelsAfter(79)).toBeUndefined()
  expect(levelsAfter(1)).toEqual([['warning', 80]])
  expect(levelsAfter(14)).toBeUndefined()
  expect(levelsAfter(2)).toEqual([['alert', 96]])
  expect(levelsAfter(1)).toBeUndefined()
})
