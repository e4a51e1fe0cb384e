// Keeps a running command alive until somebody asks it to end, then ends it in order. A second signal ends it at once.
import { systemClock } from '../platform/clock.ts'
import type { Terminal } from '../platform/terminal.ts'
import { exitCodes } from './help.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Some runners hand on a signal that the terminal has sent to us as well: that is one wish, not two. */
const sameWishMs = 500

export function untilSignal(running: { stop: () => Promise<void> }, terminal: Terminal): Promise<number> {
  return new Promise((resolve, reject) => {
    let askedMs: number | undefined
    const onSignal = () => {
      const nowMs = systemClock.monotonic()
      if (askedMs !== undefined && nowMs - askedMs < sameWishMs) return
      if (askedMs !== undefined) process.exit(exitCodes.failed)
      askedMs = nowMs
      terminal.complain('Stopping: running requests may end; press Ctrl-C again to cut them.')
      running.stop().then(() => resolve(exitCodes.ok), reject)
    }
    for (const signal of signals) process.on(signal, onSignal)
  })
}
