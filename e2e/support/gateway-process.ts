// Runs the real gateway for a test file, in a process of its own: as the demo with its simulator, or new and not set up,
// both in a temporary data directory; or on data that stand already. Tests talk to it over the network only.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The embedded database's very first start takes seconds, more on a busy build server. */
const readyTimeoutMs = 90_000
/** The demo writes a snapshot of its database when it stops. */
const stopTimeoutMs = 30_000
/** Enough to see why a start failed, without keeping everything a talkative process says. */
const keptOutputLines = 60

/** What the demo writes for scripts into `demo.json`. */
export interface DemoDescription {
  baseUrl: string
  simulatorUrl: string
  enterpriseId: string
  admin: { email: string; password: string }
  groups: { id: string; name: string; mode: 'dedicated' | 'shared' | 'hybrid'; key: string }[]
  accounts: { id: string; name: string; serviceType: string }[]
}

export interface RunningDemo extends DemoDescription {
  stop(): Promise<void>
}

const root = fileURLToPath(new URL('../..', import.meta.url))

export async function startDemo(): Promise<RunningDemo> {
  const { dataDir, stop } = await startOnNewData('demo', ['--no-traffic'])
  return { ...(JSON.parse(await readFile(join(dataDir, 'demo.json'), 'utf8')) as DemoDescription), stop }
}

/** A gateway at its very first start. */
export async function startNew(): Promise<{ baseUrl: string; token: string; stop(): Promise<void> }> {
  const { output, stop } = await startOnNewData('serve', ['--host', '127.0.0.1'])
  const text = output.join('\n')
  const baseUrl = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? ''
  // The one line that is a single long word.
  const token = /^\s*([A-Za-z0-9_-]{20,})\s*$/m.exec(text)?.[1] ?? ''
  return { baseUrl, token, stop }
}

/** A gateway on data of the caller, whose accounts may lie on this machine; nobody looks at its console. Stopping it leaves the data. */
export async function startOnData(dataDir: string): Promise<{ baseUrl: string; stop(): Promise<void> }> {
  const environment = { AICARPOOL_EGRESS_ALLOW_LOOPBACK: 'true', AICARPOOL_LOG_LEVEL: 'warn' }
  const { output, stop } = await startGateway(dataDir, ['serve', '--host', '127.0.0.1'], environment)
  // With its address as long as it is not set up, else with host and port.
  const port = /listens on (?:http:\/\/127\.0\.0\.1:|127\.0\.0\.1, port )(\d+)/.exec(output.join('\n'))?.[1]
  return { baseUrl: `http://127.0.0.1:${port}`, stop }
}

interface RunningGateway {
  /** What it printed until it was ready. */
  output: readonly string[]
  stop(): Promise<void>
}

async function startOnNewData(
  command: 'demo' | 'serve',
  options: readonly string[],
): Promise<RunningGateway & { dataDir: string }> {
  if (!existsSync(join(root, 'console/dist/index.html'))) {
    throw new TypeError('console/dist is missing; run `npm run build` first')
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'aicarpool-e2e-'))
  const remove = () => rm(dataDir, { recursive: true, force: true })
  try {
    const { output, stop } = await startGateway(dataDir, [command, ...options])
    return { dataDir, output, stop: () => stop().finally(remove) }
  } catch (error) {
    await remove()
    throw error
  }
}

async function startGateway(
  dataDir: string,
  command: readonly string[],
  environment: Record<string, string> = {},
): Promise<RunningGateway> {
  const args = ['gateway/src/main.ts', ...command, '--port', '0', '--data-dir', dataDir]
  // Nothing of the developer's own settings: not their database above all.
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...environment }
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const stop = () => stopProcess(child)
  try {
    return { stop, output: await waitForReady(child) }
  } catch (error) {
    await stop()
    throw error
  }
}

async function waitForReady(child: ChildProcess): Promise<readonly string[]> {
  const output: string[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface(stream).on('line', (line) => {
      output.push(line)
      if (output.length > keptOutputLines) output.shift()
      if (line.trim() === 'ready') resolve()
    })
  }
  const fail = (why: string) => reject(new TypeError(`the gateway ${why}; its output:\n${output.join('\n')}`))
  child.once('exit', (code) => fail(`ended with code ${code}`))
  const overdue = setTimeout(() => fail(`was not ready after ${readyTimeoutMs / 1000} s`), readyTimeoutMs)
  try {
    await promise
    return output
  } finally {
    clearTimeout(overdue)
  }
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const overdue = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await ended
  clearTimeout(overdue)
}
