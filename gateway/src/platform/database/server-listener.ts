// LISTEN on a PostgreSQL server: one dedicated connection that comes back after it was lost. Owns that connection and
// its reconnecting; a pooled one would lose its channels when it is given back. Used by server.ts.
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import type { DatabaseLog } from './database.ts'
import { DatabaseError } from './errors.ts'
import { NoticeBoard } from './notice-board.ts'
import type { OnNotice } from './notice-board.ts'

// Quick enough that a restarted server is noticed at once, slow enough that a dead one costs nothing.
const reconnectDelayMinMs = 100
const reconnectDelayMaxMs = 10_000

export interface ListenerOptions {
  createClient: () => Client
  log: DatabaseLog
}

export class ServerListener {
  readonly #options: ListenerOptions
  readonly #board = new NoticeBoard()
  readonly #closing = new AbortController()
  #client: Promise<Client> | undefined

  constructor(options: ListenerOptions) {
    this.#options = options
  }

  listen(channel: string, onNotice: OnNotice): Promise<() => Promise<void>> {
    return this.#board.add(channel, onNotice, async (statement) => {
      this.#assertOpen()
      this.#client ??= this.#connect()
      const client = await this.#client.catch((error: unknown) => {
        this.#client = undefined
        throw error
      })
      await client.query(statement)
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const client = await this.#client?.catch(() => undefined)
    await client?.end()
  }

  /** A client that listens on every wanted channel and starts its own replacement when it is lost. */
  async #connect(): Promise<Client> {
    const client = this.#options.createClient()
    client.on('notification', ({ channel, payload }) => this.#board.post(channel, payload ?? ''))
    let isLost = false
    const onLoss = (): void => {
      if (isLost || this.#closing.signal.aborted) return
      isLost = true
      this.#options.log.warn({}, 'the database connection for notices was lost')
      this.#client = this.#reconnect()
      // Ends by rejecting only when the listener is closed meanwhile, which nobody needs to hear.
      this.#client.catch(() => undefined)
    }
    try {
      await client.connect()
      for (const channel of this.#board.channels()) await client.query(`LISTEN "${channel}"`)
    } catch (error) {
      client.on('error', () => undefined) // It is being thrown away; a late error of it says nothing new.
      await client.end().catch(() => undefined)
      throw new DatabaseError('database_unreachable', `no connection for notices: ${nameOf(error)}`)
    }
    client.on('error', onLoss)
    client.on('end', onLoss)
    return client
  }

  async #reconnect(): Promise<Client> {
    for (let delayMs = reconnectDelayMinMs; ; delayMs = Math.min(delayMs * 2, reconnectDelayMaxMs)) {
      await delay(delayMs, undefined, { signal: this.#closing.signal })
      try {
        const client = await this.#connect()
        this.#options.log.info({}, 'the database connection for notices is back')
        // Whatever was notified in between is gone; the listeners must look for themselves.
        this.#board.postLoss()
        return client
      } catch {
        // Said once when it was lost; the next round tries again.
      }
    }
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new DatabaseError('database_closed', 'the database has been closed')
  }
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
