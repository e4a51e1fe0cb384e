// Runs `aicarpool` commands as real processes for tests: what they print, how they end, and who is left after them.
// Processes are found again by a mark in their environment, which children inherit, so this needs Linux's /proc.
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface CommandProcess {
  child: ChildProcess
  lines: readonly string[]
  complaints: readonly string[]
  /** Resolves at the line "ready"; rejects with what was complained when the process ends before it. */
  isReady: Promise<void>
  /** Resolves at the first line that begins so. */
  line(beginning: string): Promise<void>
  /** The exit code; null when a signal ended it. */
  exit: Promise<number | null>
  /** Ids of this process and of all that it started, as far as they live. */
  survivors(): number[]
  /** Ends all of them at once. */
  killAll(): void
}

/** Starts a command without a database server: what these tests are about is the data directory. */
export function startCommand(...args: string[]): CommandProcess {
  const { DATABASE_URL: _left, ...env } = process.env
  const mark = `COMMAND_PROCESS_MARK=${randomUUID()}`
  const [name = '', value] = mark.split('=')
  const child = spawn(process.execPath, [entry, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, [name]: value },
  })
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  const lines: string[] = []
  const complaints: string[] = []
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()))
  const output = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const line = async (beginning: string) => {
    if (lines.some((known) => known.startsWith(beginning))) return
    await new Promise<void>((resolve, reject) => {
      output.on('line', (text) => text.startsWith(beginning) && resolve())
      child.once('exit', (code) => reject(new RangeError(`exit ${code}: ${complaints.join('')}`)))
    })
  }
  const isReady = line('ready')
  isReady.catch(() => undefined)
  const survivors = () => processesWith(mark)
  const killAll = () => survivors().forEach((pid) => process.kill(pid, 'SIGKILL'))
  return { child, lines, complaints, isReady, line, exit, survivors, killAll }
}

/** Ids of the living processes with this `NAME=value` in their environment, as it was when they started. */
export function processesWith(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(mark))
    .map(Number)
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
  } catch {
    // It has just ended, or belongs to somebody else.
    return []
  }
}
