// Helper programs of the command line (the console's build, the demo's simulator): started, watched, and ended with us.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export class ChildProcessError extends Error {
  override readonly name = 'ChildProcessError'
}

export interface RunningChild {
  /** Resolves with the first line of standard output; rejects when the program ends before it. */
  firstLine: Promise<string>
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>
}

export function startChild(command: string, args: readonly string[], cwd: string): RunningChild {
  // A group of its own, so that Ctrl-C reaches us alone and we end it in order.
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const firstLine = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('error', reject)
    child.once('close', (code) => reject(new ChildProcessError(`${command} ${args[0] ?? ''} ended with code ${code}`)))
  })
  // A child must not outlive us, whatever ends us.
  const onExit = () => void child.kill('SIGKILL')
  process.once('exit', onExit)
  return {
    firstLine,
    async stop() {
      child.kill('SIGTERM')
      await ended
      process.off('exit', onExit)
    },
  }
}

/** Runs a program to its end, its output on ours. */
export function runToEnd(command: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new ChildProcessError(`${command} ${args.join(' ')} ended with code ${code}`))
    })
  })
}
