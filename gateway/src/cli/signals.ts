// Keeps a long-running command between its start and the wish to end it. The handlers stand before anything starts, so a
// wish that comes early stops what has started until then. A second wish ends the process at once.
import { once } from 'node:events'
import { systemClock } from '../platform/clock.ts'
import type { Terminal } from '../platform/terminal.ts'
import { exitCodes } from './help.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Some runners hand on a signal that the terminal has sent to us as well: that is one wish, not two. */
const sameWishMs = 500

type Stop = () => unknown

/** What a command starts with. */
export interface Startup {
  /** Aborted when somebody asks the command to end; a start looks at it between its steps. */
  readonly signal: AbortSignal
  /** Remembers how to end what has just been started. At the end these run in reverse order, each awaited. */
  onStop(stop: Stop): void
}

/** Starts a command, waits until a signal asks it to end, and stops it. Answers the exit code; rejects if the start fails. */
export async function runUntilSignal(start: (startup: Startup) => Promise<void>, terminal: Terminal): Promise<number> {
  const stops: Stop[] = []
  let isRunning = false
  const signal = abortAtSignal(() =>
    terminal.complain(
      isRunning
        ? 'Stopping: running requests may end; press Ctrl-C again to cut them.'
        : 'Stopping what has started so far; press Ctrl-C again to end at once.',
    ),
  )
  try {
    await start({ signal, onStop: (stop) => stops.push(stop) })
    isRunning = true
    if (!signal.aborted) await once(signal, 'abort')
  } catch (error) {
    // A start that was asked to end fails for no other reason than that.
    if (!signal.aborted) throw error
  } finally {
    for (const stop of stops.toReversed()) await stop()
  }
  return exitCodes.ok
}

function abortAtSignal(onWish: () => void): AbortSignal {
  const wish = new AbortController()
  let askedMs: number | undefined
  const onSignal = () => {
    const nowMs = systemClock.monotonic()
    if (askedMs !== undefined && nowMs - askedMs < sameWishMs) return
    if (askedMs !== undefined) process.exit(exitCodes.failed)
    askedMs = nowMs
    onWish()
    wish.abort()
  }
  for (const signal of signals) process.on(signal, onSignal)
  return wish.signal
}
