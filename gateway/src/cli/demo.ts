// `aicarpool demo`: the whole product on this machine against simulated vendors. Builds the console if it is missing, starts
// the simulator and the gateway, makes the demo's enterprise at the first start, and prints calls that work as they are.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { startApp, type AppOptions } from '../app.ts'
import type { Config } from '../config.ts'
import { runToEnd, startChild } from '../platform/child-process.ts'
import type { Log } from '../platform/log.ts'
import { systemRandom } from '../platform/random.ts'
import type { Terminal } from '../platform/terminal.ts'
import { systemTimers } from '../platform/timers.ts'
import { demoQuota, loadQuota } from './demo-data.ts'
import { demoFilePath, prepareEnterprise } from './demo-enterprise.ts'
import { DemoError } from './demo-error.ts'
import type { DemoFile } from './demo-file.ts'
import { demoCalls, startDemoTraffic } from './demo-traffic.ts'
import type { Startup } from './signals.ts'

export interface DemoOptions {
  config: Config
  log: Log
  terminal: Terminal
  /** A simulator that runs already; without it the demo starts its own. */
  simulatorUrl: string | undefined
  hasTraffic: boolean
  /** Where the journal is kept, if not in the data directory. */
  openSegments?: AppOptions['openSegments']
}

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const simulatorSeed = '1'

/** Starts everything, in the order in which each part needs the others; what has started is handed to `startup`. */
export async function startDemo(options: DemoOptions, startup: Startup): Promise<void> {
  const { config, terminal } = options
  await buildConsole(terminal, startup.signal)
  const simulatorUrl = options.simulatorUrl ?? (await startSimulator(terminal, startup))
  const app = await startApp({ config, log: options.log, openSegments: options.openSegments })
  startup.onStop(() => app.stop())
  startup.signal.throwIfAborted()
  const quota = options.simulatorUrl === undefined ? demoQuota : loadQuota
  const file = await prepareEnterprise(app, { dataDir: config.dataDir, simulatorUrl, quota })
  await firstRequest(file, startup.signal)
  startup.signal.throwIfAborted()
  printDemo(file, config.dataDir, terminal)
  if (options.hasTraffic) {
    const report = (line: string) => terminal.complain(line)
    startup.onStop(startDemoTraffic({ ...file, random: systemRandom, timers: systemTimers, report }))
  }
  terminal.print('ready')
}

/** Built when there is no build, or when a source is newer than it. */
async function buildConsole(terminal: Terminal, signal: AbortSignal): Promise<void> {
  const console = join(repository, 'console')
  const built = join(console, 'dist', 'index.html')
  const builtMs = existsSync(built) ? statSync(built).mtimeMs : 0
  const newestMs = readdirSync(join(console, 'src'), { recursive: true, encoding: 'utf8' })
    .map((file) => statSync(join(console, 'src', file)).mtimeMs)
    .reduce((newest, mtimeMs) => Math.max(newest, mtimeMs), 0)
  if (builtMs > newestMs) return
  terminal.print('Building the console …')
  await runToEnd('npm', ['run', 'build', '--silent'], repository, signal)
}

/** Answers its address. It ends with its standard input, so it cannot outlive this process. */
async function startSimulator(terminal: Terminal, { signal, onStop }: Startup): Promise<string> {
  signal.throwIfAborted()
  terminal.print('Starting the simulated vendors …')
  const args = ['simulator/src/main.ts', '--seed', simulatorSeed, '--stop-with-stdin']
  const child = startChild(process.execPath, args, repository)
  const stop = () => child.stop()
  onStop(stop)
  // Nothing that comes later has started yet, so a wish to end need not wait for the first line.
  signal.addEventListener('abort', stop)
  const { url } = JSON.parse(await child.firstLine) as { url: string }
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  return url
}

async function firstRequest(file: DemoFile, signal: AbortSignal): Promise<void> {
  const [group] = file.groups
  const call = group && demoCalls(group, '你好，拼车！', false)[0]
  if (!group || !call) throw new DemoError('The demo has no group.')
  const { statusCode, body } = await request(file.baseUrl + call.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${group.key}` },
    body: JSON.stringify(call.body),
    signal,
  })
  const text = await body.text()
  if (statusCode !== 200) throw new DemoError(`The first request was answered ${statusCode}: ${text}`)
}

function printDemo(file: DemoFile, dataDir: string, terminal: Terminal): void {
  const lines = ['', `AiCarpool demo · 拼车演示   ${file.baseUrl}`, `Details for scripts: ${demoFilePath(dataDir)}`]
  for (const group of file.groups) {
    lines.push('', `── ${group.name} (${group.mode}) · key ${group.key}`)
    for (const call of demoCalls(group, '用一句话介绍你自己。', false))
      lines.push('', curlOf(file.baseUrl, group.key, call.path, call.body))
  }
  const [first] = file.groups
  const streamed = first && demoCalls(first, '数到五。', true)[0]
  if (first && streamed) {
    lines.push('', '── streaming · 流式', '', curlOf(file.baseUrl, first.key, streamed.path, streamed.body))
  }
  lines.push('', 'Ctrl-C stops everything; the next start keeps the data.', '')
  for (const line of lines) terminal.print(line)
}

function curlOf(baseUrl: string, key: string, path: string, body: Record<string, unknown>): string {
  const flags = body['stream'] === true ? '-sSN' : '-sS'
  return (
    `curl ${flags} ${baseUrl}${path} -H 'authorization: Bearer ${key}' ` +
    `-H 'content-type: application/json' -d '${JSON.stringify(body)}'`
  )
}
