// Keeps a running command alive until somebody asks it to end, then ends it in order. A second signal ends it at once.
import type { Terminal } from '../platform/terminal.ts'
import { exitCodes } from './help.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export function untilSignal(running: { stop: () => Promise<void> }, terminal: Terminal): Promise<number> {
  return new Promise((resolve, reject) => {
    let isStopping = false
    const onSignal = () => {
      if (isStopping) process.exit(exitCodes.failed)
      isStopping = true
      terminal.complain('Stopping: running requests may end; press Ctrl-C again to cut them.')
      running.stop().then(() => resolve(exitCodes.ok), reject)
    }
    for (const signal of signals) process.on(signal, onSignal)
  })
}
