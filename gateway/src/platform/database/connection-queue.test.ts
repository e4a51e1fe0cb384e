// The waiting line, without any database: never more inside than slots, order kept, settler first, nobody forgotten.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConnectionQueue } from './connection-queue.ts'
import { DatabaseError } from './errors.ts'

const closed = new DatabaseError('database_closed', 'closed')

describe('the connection queue', () => {
  test('any mix of callers is served, never more at once than there are slots', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ lane: fc.constantFrom('settler' as const, 'ordinary' as const), turns: fc.nat(3) }), {
          maxLength: 30,
        }),
        async (slots, callers) => {
          const queue = new ConnectionQueue({ slots })
          let inside = 0
          let served = 0
          await Promise.all(
            callers.map(async ({ lane, turns }) => {
              await queue.enter(lane)
              inside += 1
              expect(inside).toBeLessThanOrEqual(slots)
              for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
              inside -= 1
              served += 1
              queue.leave()
            }),
          )
          expect(served).toBe(callers.length)
          await queue.drain(closed)
          await expect(queue.enter('ordinary')).rejects.toBe(closed)
        },
      ),
    )
  })

  test('draining serves those who already wait and waits for them', async () => {
    const queue = new ConnectionQueue({ slots: 1 })
    const order: string[] = []
    await queue.enter('ordinary')
    const waiting = queue.enter('ordinary').then(() => {
      order.push('waiting')
      queue.leave()
    })
    const drained = queue.drain(closed).then(() => order.push('drained'))
    await expect(queue.enter('settler')).rejects.toBe(closed)
    queue.leave()
    await Promise.all([waiting, drained])
    expect(order).toEqual(['waiting', 'drained'])
  })

  test('the bound counts both lanes', async () => {
    const queue = new ConnectionQueue({ slots: 1, waitersMax: 2 })
    await queue.enter('ordinary')
    const waiting = [queue.enter('ordinary'), queue.enter('settler')]
    await expect(queue.enter('settler')).rejects.toMatchObject({ code: 'queue_full' })
    const all = Promise.allSettled(waiting)
    queue.fail(closed)
    expect(await all).toMatchObject([{ reason: closed }, { reason: closed }])
  })
})
