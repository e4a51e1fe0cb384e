// The waiting line in front of a limited number of connections: first come, first served, the settler first of all.
// Owns order, bound and waiting time; knows nothing of connections. Used by embedded.ts (one slot) and server.ts.
import { DatabaseError } from './errors.ts'
import type { Lane } from './connection.ts'

// The request path never waits here, so a line of this length means that the database is minutes behind; refusing
// then keeps memory bounded and tells the caller at once.
const connectionWaitersMax = 1_000

// Longer than any healthy transaction. Its other purpose: a transaction whose work calls the database itself
// instead of the transaction waits for its own end, and this turns that silence into an error that says so.
const connectionWaitMaxMs = 30_000

interface Waiter {
  admit(): void
  refuse(error: DatabaseError): void
}

export interface ConnectionQueueOptions {
  slots: number
  waitersMax?: number | undefined
  waitMaxMs?: number | undefined
}

export class ConnectionQueue {
  readonly #waitersMax: number
  readonly #waitMaxMs: number
  readonly #lanes: Record<Lane, Set<Waiter>> = { settler: new Set(), ordinary: new Set() }
  readonly #slots: number
  #taken = 0
  #closedBecause: DatabaseError | undefined
  #onIdle: (() => void) | undefined

  constructor(options: ConnectionQueueOptions) {
    this.#slots = options.slots
    this.#waitersMax = options.waitersMax ?? connectionWaitersMax
    this.#waitMaxMs = options.waitMaxMs ?? connectionWaitMaxMs
  }

  /** Resolves when the caller may use one connection; it must then call `leave` exactly once. */
  async enter(lane: Lane): Promise<void> {
    if (this.#closedBecause) throw this.#closedBecause
    if (this.#taken < this.#slots) {
      this.#taken += 1
      return
    }
    if (this.#lanes.settler.size + this.#lanes.ordinary.size >= this.#waitersMax) {
      throw new DatabaseError('queue_full', `the database has ${this.#waitersMax} callers waiting; try again later`)
    }
    await this.#wait(lane)
  }

  leave(): void {
    const next = first(this.#lanes.settler) ?? first(this.#lanes.ordinary)
    // The slot passes from hand to hand: freeing it first would let a newcomer overtake those who wait.
    if (next) next.admit()
    else {
      this.#taken -= 1
      if (this.#taken === 0) this.#onIdle?.()
    }
  }

  /** Refuses newcomers from now on and resolves when the last user has left. Those already waiting are still served. */
  async drain(because: DatabaseError): Promise<void> {
    this.#closedBecause ??= because
    if (this.#taken === 0) return
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
  }

  /** The engine is gone: everybody who waits is refused at once. */
  fail(because: DatabaseError): void {
    this.#closedBecause = because
    for (const lane of [this.#lanes.settler, this.#lanes.ordinary]) {
      for (const waiter of lane) waiter.refuse(because)
    }
  }

  #wait(lane: Lane): Promise<void> {
    const line = this.#lanes[lane]
    return new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        admit() {
          line.delete(waiter)
          clearTimeout(timer)
          resolve()
        },
        refuse(error) {
          line.delete(waiter)
          clearTimeout(timer)
          reject(error)
        },
      }
      const timer = setTimeout(() => waiter.refuse(waitedTooLong(this.#waitMaxMs)), this.#waitMaxMs)
      line.add(waiter)
    })
  }
}

function first(line: Set<Waiter>): Waiter | undefined {
  const [waiter] = line
  return waiter
}

function waitedTooLong(waitMaxMs: number): DatabaseError {
  return new DatabaseError(
    'queue_timeout',
    `no database connection became free within ${waitMaxMs} ms; ` +
      'either it is overloaded, or a transaction waits for a query that was not made through the transaction',
  )
}
