// Who listens to which NOTIFY channel. One LISTEN per channel, however many listeners.
// Owns the list; the statement itself is run by the engine that embeds this (embedded.ts, server-listener.ts).
import { DatabaseError } from './errors.ts'

export type OnNotice = (payload: string) => void

export class NoticeBoard {
  readonly #listeners = new Map<string, Set<OnNotice>>()

  /** Adds a listener; `execute` runs LISTEN for its first and UNLISTEN after its last. The answer removes it. */
  async add(
    channel: string,
    onNotice: OnNotice,
    execute: (statement: string) => Promise<void>,
  ): Promise<() => Promise<void>> {
    // A function of its own, so that the same callback may be added twice and removed once.
    const listener: OnNotice = (payload) => onNotice(payload)
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners)
    listeners.add(listener)
    try {
      if (listeners.size === 1) await execute(`LISTEN "${channel}"`)
    } catch (error) {
      listeners.delete(listener)
      throw error
    }
    return async () => {
      if (!listeners.delete(listener) || listeners.size > 0) return
      await execute(`UNLISTEN "${channel}"`).catch((error: unknown) => {
        // Where the database is closed or gone, nobody is left to tell us anything.
        if (!isGone(error)) throw error
      })
    }
  }

  post(channel: string, payload: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener(payload)
  }

  /** Tells every listener that notices may have been lost, by an empty payload. */
  postLoss(): void {
    for (const channel of this.channels()) this.post(channel, '')
  }

  channels(): string[] {
    return [...this.#listeners].filter(([, listeners]) => listeners.size > 0).map(([channel]) => channel)
  }
}

function isGone(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === 'database_closed' || error.code === 'database_stopped')
}
