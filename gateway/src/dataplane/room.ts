// Waiting for room under a limit instead of being refused: a request that would fit once others settle stands in line, for a bounded
// time and as long as its client stays.
import type { Ledger } from '../core/quota/ledger.ts'
import type { LimitView } from '../core/quota/limits.ts'
import { WaitingRoom } from '../core/quota/waiting-room.ts'
import type { Timers } from '../platform/timers.ts'
import type { DecodedCall } from './call.ts'
import { NoRoomYet } from './reserve.ts'

/** Each holds its body in memory; beyond this many a request is refused at once. */
const waitingMax = 1000
/** Most answers end within it, and no client's own time limit is shorter. */
const waitMaxMs = 10_000

export interface Room {
  /** The first of the limits for which somebody stands in line already. */
  awaited(limits: readonly LimitView[]): LimitView | undefined
  /**
   * Calls `take` whenever there may be room, until it takes something; undefined when the time is over, the client has left, or
   * the line is full. Rejects with what `take` throws besides NoRoomYet.
   */
  wait<Taken>(call: DecodedCall, limit: LimitView, take: () => Taken): Promise<Taken | undefined>
}

export function createRoom(ledger: Ledger, timers: Timers): Room {
  const line = new WaitingRoom(waitingMax)
  const freed = new Set<string>()
  // Behind the work of whoever gave something back: it may take it again itself.
  ledger.onFreed = (limits) => {
    if (line.size === 0) return
    if (freed.size === 0) {
      queueMicrotask(() => {
        const cellIds = [...freed]
        freed.clear()
        line.freed(cellIds)
      })
    }
    for (const { cellId } of limits) freed.add(cellId)
  }
  return {
    awaited: (limits) => line.awaited(limits),
    wait: (call, limit, take) =>
      new Promise((resolve, reject) => {
        const { response } = call
        const leave = line.enter(limit.cellId, () => {
          try {
            const taken = take()
            end()
            resolve(taken)
          } catch (error) {
            if (error instanceof NoRoomYet) return { cellId: error.limit.cellId }
            end()
            reject(error instanceof Error ? error : new TypeError(String(error)))
          }
          return 'done'
        })
        const giveUp = () => {
          end()
          leave?.()
          resolve(undefined)
        }
        const cancel = timers.after(waitMaxMs, giveUp)
        response.once('close', giveUp)
        const end = () => {
          cancel()
          response.off('close', giveUp)
        }
        if (!leave || response.destroyed) giveUp()
      }),
  }
}
