// Requests that would fit under a limit once others settle, in the order in which they came. Whoever is first tries again when
// something is given back; nobody overtakes, so a large request is not starved by small ones. Pure: it knows neither time nor
// sockets.
import type { LimitView } from './limits.ts'

/** Tries to take what it waits for: done (taken, or given up), or the cell of the limit that is in its way now. */
export type TryAgain = () => 'done' | { cellId: string }

interface Waiter {
  readonly tryAgain: TryAgain
}

export class WaitingRoom {
  readonly #queues = new Map<string, Waiter[]>()
  readonly #sizeMax: number
  #size = 0

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax
  }

  get size(): number {
    return this.#size
  }

  /** The first of the limits that somebody waits for. */
  awaited(limits: readonly LimitView[]): LimitView | undefined {
    return this.#size === 0 ? undefined : limits.find(({ cellId }) => this.#queues.has(cellId))
  }

  /** Answers how to leave; undefined when the room is full. */
  enter(cellId: string, tryAgain: TryAgain): (() => void) | undefined {
    if (this.#size >= this.#sizeMax) return undefined
    const waiter: Waiter = { tryAgain }
    this.#size += 1
    this.#queue(cellId, waiter)
    return () => this.#leave(waiter)
  }

  /** Something was given back in these limits: whoever can go, goes. */
  freed(cellIds: Iterable<string>): void {
    for (const cellId of cellIds) {
      for (let first = this.#queues.get(cellId)?.[0]; first; first = this.#queues.get(cellId)?.[0]) {
        const next = first.tryAgain()
        if (next !== 'done' && next.cellId === cellId) break
        this.#leave(first)
        if (next === 'done') continue
        this.#size += 1
        this.#queue(next.cellId, first)
      }
    }
  }

  #queue(cellId: string, waiter: Waiter): void {
    const queue = this.#queues.get(cellId)
    if (queue) queue.push(waiter)
    else this.#queues.set(cellId, [waiter])
  }

  #leave(waiter: Waiter): void {
    for (const [cellId, queue] of this.#queues) {
      const at = queue.indexOf(waiter)
      if (at === -1) continue
      queue.splice(at, 1)
      if (queue.length === 0) this.#queues.delete(cellId)
      this.#size -= 1
      return
    }
  }
}
