// Starts a server as a child process and waits for the line that says it is ready; stops it again. Used for the
// simulator, the gateway and the bare relay.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The gateway's embedded database creates its files at the first start, which takes seconds. */
const readyTimeoutMs = 90_000
/** Clean ends write snapshots; past this the process is killed. */
const stopTimeoutMs = 30_000
const keptOutputLines = 40

const root = fileURLToPath(new URL('../..', import.meta.url))

export class ServerNotStarted extends Error {
  override readonly name = 'ServerNotStarted'
}

export interface ServerProcess {
  pid: number
  /** The line that said it is ready. */
  readyLine: string
  stop(): Promise<void>
}

export async function startServer(
  name: string,
  program: string,
  args: readonly string[],
  isReady: (line: string) => boolean,
): Promise<ServerProcess> {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    const readyLine = await waitForLine(name, child, isReady)
    return { pid: child.pid ?? 0, readyLine, stop: async () => stopProcess(child) }
  } catch (error) {
    await stopProcess(child)
    throw error
  }
}

async function waitForLine(name: string, child: ChildProcess, isReady: (line: string) => boolean): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const output: string[] = []
  const fail = (why: string) => reject(new ServerNotStarted(`${name} ${why}\n${output.join('\n')}`))
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface(stream).on('line', (line) => {
      output.push(line)
      if (output.length > keptOutputLines) output.shift()
      if (isReady(line)) resolve(line)
    })
  }
  child.once('error', (error) => fail(`could not be started: ${error.message}`))
  child.once('exit', (code) => fail(`ended with code ${code}`))
  const overdue = setTimeout(() => fail(`was not ready after ${readyTimeoutMs / 1000} s`), readyTimeoutMs)
  try {
    return await promise
  } finally {
    clearTimeout(overdue)
  }
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const overdue = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await ended
  clearTimeout(overdue)
}
