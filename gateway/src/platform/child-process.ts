// Helper programs of the command line (the console's build, the demo's simulator): started, watched, and ended with us.
// Each is a process group of its own, so that Ctrl-C reaches us alone and we end them in order.
import { spawn, type ChildProcess } from 'node:child_process'
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

/**
 * Starts a program that runs until it is stopped. Its standard input is a pipe that closes when this process ends, also by
 * `kill -9`, which no handler of ours could answer; a program that minds this cannot be left behind.
 */
export function startChild(command: string, args: readonly string[], cwd: string): RunningChild {
  const child = spawn(command, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  endWithUs(child)
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const firstLine = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('error', reject)
    child.once('close', (code) => reject(new ChildProcessError(`${command} ${args[0] ?? ''} ended with code ${code}`)))
  })
  return {
    firstLine,
    async stop() {
      signalGroup(child, 'SIGTERM')
      await ended
    },
  }
}

/** Runs a program to its end, its complaints among ours. Rejects when it fails, and when the signal ends it before. */
export function runToEnd(command: string, args: readonly string[], cwd: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'], detached: true })
    endWithUs(child)
    const onAbort = () => signalGroup(child, 'SIGTERM')
    signal.addEventListener('abort', onAbort, { once: true })
    child.once('error', reject)
    child.once('close', (code) => {
      signal.removeEventListener('abort', onAbort)
      if (code === 0) resolve()
      else reject(new ChildProcessError(`${command} ${args.join(' ')} ended with code ${code}`))
    })
  })
}

/** Where the process ends without stopping anything, at a second Ctrl-C for one. */
function endWithUs(child: ChildProcess): void {
  const onExit = () => signalGroup(child, 'SIGKILL')
  process.once('exit', onExit)
  child.once('close', () => process.off('exit', onExit))
}

/** The program and what it started itself: npm runs a shell that runs the build. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has ended already, or the system knows no process groups.
    child.kill(signal)
  }
}
