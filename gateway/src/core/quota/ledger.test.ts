// The ledger against a naive model: any interleaving of reserve, settle, release and passing time.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ledger, type Reservation } from './ledger.ts'
import { cellIdOf, type Amounts, type LimitMetric, type LimitView, type LimitWindowKind } from './limits.ts'

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

test('QU1 all limits of the chain or none', () => {
  const ledger = new Ledger()
  const wide = limit(1000, 'tokens', 'wide')
  const narrow = limit(5, 'tokens', 'narrow')
  expect(ledger.reserve([wide, narrow], amounts(6), noon).kind).toBe('refused')
  expect(ledger.status(wide, noon).pending).toBe(0)
  expect(ledger.reserve([wide, narrow], amounts(5), noon).kind).toBe('granted')
  expect(ledger.status(wide, noon).pending).toBe(5)
})

test('QU3 null never blocks and zero always does (T12, T13)', () => {
  const ledger = new Ledger()
  expect(ledger.reserve([limit(undefined)], amounts(10 ** 12), noon).kind).toBe('granted')
  expect(ledger.reserve([limit(0, 'tokens', 'zero')], amounts(0), noon).kind).toBe('refused')
})

test('QU5 a reservation is settled in the window it was made in', () => {
  const ledger = new Ledger()
  const day = limit(100)
  const reservation = ledger.reserve([day], amounts(60), noon) as Reservation
  const tomorrow = noon + 86_400_000
  expect(ledger.reserve([day], amounts(100), tomorrow).kind).toBe('granted')
  ledger.settle(reservation, amounts(50))
  expect(ledger.status(day, tomorrow)).toMatchObject({ used: 0, pending: 100 })
})

test('QU5 a clock that is set back does not go back to an earlier window', () => {
  const ledger = new Ledger()
  const day = limit(100)
  ledger.settle(ledger.reserve([day], amounts(70), noon) as Reservation, amounts(70))
  expect(ledger.status(day, noon - 86_400_000).used).toBe(70)
})

test('a reservation is spent once', () => {
  const ledger = new Ledger()
  const reservation = ledger.reserve([limit(10)], amounts(1), noon) as Reservation
  ledger.release(reservation)
  expect(() => ledger.settle(reservation, amounts(1))).toThrow(/exactly once/)
})

test('what a provider bills beyond the reservation is posted and reported as overrun', () => {
  const ledger = new Ledger()
  const day = limit(100)
  const reservation = ledger.reserve([day], amounts(10), noon) as Reservation
  expect(ledger.settle(reservation, amounts(15))).toEqual({ tokens: 5, costNanoUsd: 0, requests: 0 })
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
          const outcome = ledger.reserve(chain, amounts(each.tokens, each.cost), noon)
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
      }
      for (const reservation of open.splice(0)) ledger.release(reservation)
      expect(ledger.pendingTotal()).toBe(0)
    }),
    { numRuns: 300 },
  )
})
