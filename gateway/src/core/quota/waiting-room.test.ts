// Standing in line for room under a limit.
import { expect, test } from 'vitest'
import { WaitingRoom, type TryAgain } from './waiting-room.ts'

/** Somebody who needs so much, out of what is there. */
function needing(amount: number, stock: { left: number }, went: number[], cellId = 'a'): TryAgain {
  return () => {
    if (stock.left < amount) return { cellId }
    stock.left -= amount
    went.push(amount)
    return 'done'
  }
}

test('QU13 who came first goes first, and a large one is not overtaken', () => {
  const room = new WaitingRoom(10)
  const stock = { left: 0 }
  const went: number[] = []
  for (const amount of [5, 1, 2]) room.enter('a', needing(amount, stock, went))
  stock.left = 4
  room.freed(['a'])
  expect(went).toEqual([])
  stock.left = 6
  room.freed(['a'])
  expect([went, room.size]).toEqual([[5, 1], 1])
  stock.left = 2
  room.freed(['other'])
  expect(went).toEqual([5, 1])
  room.freed(['a'])
  expect([went, room.size]).toEqual([[5, 1, 2], 0])
})

test('QU13 who is held up by another limit now stands in line there', () => {
  const room = new WaitingRoom(10)
  let inTheWay = 'b'
  const went: string[] = []
  room.enter('a', () => (inTheWay === '' ? (went.push('one'), 'done') : { cellId: inTheWay }))
  room.enter('a', () => (went.push('two'), 'done'))
  room.freed(['a'])
  expect([went, room.size]).toEqual([['two'], 1])
  inTheWay = ''
  room.freed(['a'])
  expect(went).toEqual(['two'])
  room.freed(['b'])
  expect([went, room.size]).toEqual([['two', 'one'], 0])
})

test('QU13 the line is bounded, and whoever leaves it is asked no more', () => {
  const room = new WaitingRoom(1)
  let asked = 0
  const leave = room.enter('a', () => ((asked += 1), { cellId: 'a' }))
  expect(room.enter('a', () => 'done')).toBeUndefined()
  room.freed(['a'])
  leave?.()
  room.freed(['a'])
  expect([asked, room.size]).toEqual([1, 0])
  expect(room.awaited([])).toBeUndefined()
})
