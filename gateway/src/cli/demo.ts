// `aicarpool demo`: the whole product on this machine against simulated vendors. Builds the console if it is missing, starts
// the simulator and the gateway, makes the demo's enterprise at the first start, and prints calls that work as they are.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import type { EnterpriseId } from '@aicarpool/contract'
import { startApp, type App } from '../app.ts'
import type { Config } from '../config.ts'
import { runToEnd, startChild } from '../platform/child-process.ts'
import type { Log } from '../platform/log.ts'
import { systemRandom } from '../platform/random.ts'
import type { Terminal } from '../platform/terminal.ts'
import { systemTimers } from '../platform/timers.ts'
import { DemoError } from './demo-error.ts'
import {
  createDemoData,
  demoAdmin,
  demoEnterpriseName,
  demoQuota,
  loadQuota,
  moveDemoAccounts,
  type DemoAccount,
  type DemoGroup,
} from './demo-data.ts'
import { demoCalls, startDemoTraffic } from './demo-traffic.ts'

export interface DemoOptions {
  config: Config
  log: Log
  terminal: Terminal
  /** A simulator that runs already; without it the demo starts its own. */
  simulatorUrl: string | undefined
  hasTraffic: boolean
}

export interface DemoFile {
  baseUrl: string
  simulatorUrl: string
  enterpriseId: string
  admin: { email: string; password: string }
  groups: DemoGroup[]
  accounts: DemoAccount[]
}

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const simulatorSeed = '1'

/** Starts everything; the answer stops it again. */
export async function startDemo(options: DemoOptions): Promise<{ stop: () => Promise<void> }> {
  const { config, terminal } = options
  await buildConsole(terminal)
  const simulator = options.simulatorUrl === undefined ? await startSimulator(terminal) : undefined
  const simulatorUrl = options.simulatorUrl ?? simulator?.url ?? ''
  let app: App | undefined
  try {
    app = await startApp({ config, log: options.log })
    const file = await prepareData(app, options, simulatorUrl)
    await firstRequest(file)
    printDemo(file, config.dataDir, terminal)
    const stopTraffic = options.hasTraffic
      ? startDemoTraffic({
          ...file,
          random: systemRandom,
          timers: systemTimers,
          report: (line) => terminal.complain(line),
        })
      : () => undefined
    terminal.print('ready')
    const running = app
    return {
      async stop() {
        stopTraffic()
        await running.stop()
        await simulator?.stop()
      },
    }
  } catch (error) {
    await app?.stop()
    await simulator?.stop()
    throw error
  }
}

/** Built when there is no build, or when a source is newer than it. */
async function buildConsole(terminal: Terminal): Promise<void> {
  const console = join(repository, 'console')
  const built = join(console, 'dist', 'index.html')
  const builtMs = existsSync(built) ? statSync(built).mtimeMs : 0
  const newestMs = readdirSync(join(console, 'src'), { recursive: true, encoding: 'utf8' })
    .map((file) => statSync(join(console, 'src', file)).mtimeMs)
    .reduce((newest, mtimeMs) => Math.max(newest, mtimeMs), 0)
  if (builtMs > newestMs) return
  terminal.print('Building the console …')
  await runToEnd('npm', ['run', 'build', '--silent'], repository)
}

async function startSimulator(terminal: Terminal): Promise<{ url: string; stop: () => Promise<void> }> {
  terminal.print('Starting the simulated vendors …')
  const child = startChild(process.execPath, ['simulator/src/main.ts', '--seed', simulatorSeed], repository)
  const { url } = JSON.parse(await child.firstLine) as { url: string }
  return { url, stop: () => child.stop() }
}

async function prepareData(app: App, options: DemoOptions, simulatorUrl: string): Promise<DemoFile> {
  const path = join(options.config.dataDir, 'demo.json')
  const baseUrl = app.url
  let file: DemoFile
  if (app.setupToken === undefined) {
    if (!existsSync(path)) {
      throw new DemoError(
        `${options.config.dataDir} has data but no demo.json: its first start was interrupted. Remove it and start again.`,
      )
    }
    const earlier = JSON.parse(readFileSync(path, 'utf8')) as DemoFile
    await moveDemoAccounts(app, earlier.accounts, simulatorUrl)
    file = { ...earlier, baseUrl, simulatorUrl }
  } else {
    const enterpriseId = await setUp(baseUrl, app.setupToken)
    const quota = options.simulatorUrl === undefined ? demoQuota : loadQuota
    const data = await createDemoData(app, enterpriseId, simulatorUrl, quota)
    file = { baseUrl, simulatorUrl, enterpriseId, admin: demoAdmin, ...data }
  }
  await app.publisher.refresh()
  // It holds working keys: for the owner's eyes only.
  writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 })
  return file
}

/** Through the front door, as an administrator's browser would. */
async function setUp(baseUrl: string, token: string): Promise<EnterpriseId> {
  const { body } = await request(`${baseUrl}/api/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, enterpriseName: demoEnterpriseName, ...demoAdmin }),
  })
  const answer = (await body.json()) as { success: boolean; data?: { enterpriseId: EnterpriseId }; error?: string }
  if (!answer.data) throw new DemoError(`The demo could not be set up: ${answer.error ?? 'no answer'}`)
  return answer.data.enterpriseId
}

async function firstRequest(file: DemoFile): Promise<void> {
  const [group] = file.groups
  const call = group && demoCalls(group, '你好，拼车！', false)[0]
  if (!group || !call) throw new DemoError('The demo has no group.')
  const { statusCode, body } = await request(file.baseUrl + call.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${group.key}` },
    body: JSON.stringify(call.body),
  })
  const text = await body.text()
  if (statusCode !== 200) throw new DemoError(`The first request was answered ${statusCode}: ${text}`)
}

function printDemo(file: DemoFile, dataDir: string, terminal: Terminal): void {
  const lines = [
    '',
    `AiCarpool demo · 拼车演示   ${file.baseUrl}`,
    `Details for scripts: ${join(dataDir, 'demo.json')}`,
  ]
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
