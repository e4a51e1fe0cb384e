// Starts what is measured: the simulator behind, and in front of it nginx, a bare relay and the gateway, each answering
// the same OpenAI chat request. Which of them are started is the caller's choice.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LoadKind } from './load-plan.ts'
import { startNginx } from './nginx.ts'
import type { BenchOptions, TargetName } from './options.ts'
import { ServerNotStarted, startServer, type ServerProcess } from './server-process.ts'

/** One event per 20 ms for 5 s: long enough that the cost of beginning a stream hardly shows in the cost of an event. */
const streamEvents = 250
export const streamIntervalMs = 20

const simulatorPath = '/openai/v1/chat/completions'
/** The simulator accepts any key of this form. */
const simulatorKey = 'sim-openai-bench'

export interface Target {
  name: TargetName
  pid: number
  model: string
  key: string
  url(kind: LoadKind): URL
}

export interface Testbed {
  targets: readonly Target[]
  /** What the simulator has answered so far. */
  ledger(): Promise<{ requests: number; events: number }>
  stop(): Promise<void>
}

export async function startTestbed(names: readonly TargetName[], database: BenchOptions['database']): Promise<Testbed> {
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const stopOne of stops.toReversed()) await stopOne()
  }
  try {
    const simulator = await startSimulator()
    stops.push(simulator.stop)
    const startGateway = (name: TargetName, journal: JournalMode = 'disk', modelPrefix = 'gpt-') =>
      startGatewayTarget({ simulator: simulator.url, name, journal, modelPrefix, database })
    const starters: Record<TargetName, () => Promise<StartedTarget>> = {
      nginx: () => startNginxTarget(simulator.url),
      relay: () => startRelayTarget(simulator.url),
      gateway: () => startGateway('gateway'),
      translated: () => startGateway('translated', 'disk', 'claude-'),
      'journal-off': () => startGateway('journal-off', 'off'),
      'journal-os': () => startGateway('journal-os', 'os'),
      'journal-strict': () => startGateway('journal-strict', 'strict'),
    }
    const targets: Target[] = []
    for (const name of names) {
      const started = await starters[name]()
      stops.push(started.stop)
      targets.push(started.target)
    }
    return { targets, stop, ledger: async () => readLedger(simulator.url) }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startSimulator(): Promise<ServerProcess & { url: URL }> {
  const events = ['--stream-events', String(streamEvents), '--stream-interval-ms', String(streamIntervalMs)]
  const args = ['simulator/src/main.ts', '--fast', '--port', '0', ...events]
  const server = await startServer('the simulator', process.execPath, args, isReadyLine)
  return { ...server, url: urlOf(server) }
}

/** How the gateway's journal reaches the disk; off: it is not written, and nothing is settled. */
type JournalMode = 'disk' | 'strict' | 'os' | 'off'

interface StartedTarget {
  target: Target
  stop(): Promise<void>
}

async function startNginxTarget(simulator: URL): Promise<StartedTarget> {
  const { pid, bufferedUrl, unbufferedUrl, stop } = await startNginx(simulator)
  const url = (kind: LoadKind) => new URL(simulatorPath, kind === 'stream' ? unbufferedUrl : bufferedUrl)
  return { target: { name: 'nginx', pid, url, model: 'gpt-4o-mini', key: simulatorKey }, stop }
}

async function startRelayTarget(simulator: URL): Promise<StartedTarget> {
  const args = ['bench/src/bare-relay-process.ts', simulator.origin]
  const server = await startServer('the bare relay', process.execPath, args, isReadyLine)
  const url = () => new URL(simulatorPath, urlOf(server))
  return { target: { name: 'relay', pid: server.pid, url, model: 'gpt-4o-mini', key: simulatorKey }, stop: server.stop }
}

/**
 * The demo with everything on, its accounts pointing at our simulator, without traffic of its own. A model of another vendor is
 * served by translation.
 */
async function startGatewayTarget(wanted: {
  simulator: URL
  name: TargetName
  journal: JournalMode
  modelPrefix: string
  database: BenchOptions['database']
}): Promise<StartedTarget> {
  const dataDir = await mkdtemp(join(tmpdir(), 'aicarpool-bench-'))
  const place = [dataDir, wanted.simulator.origin]
  const args = ['gateway/test/support/measured-gateway.ts', ...place, wanted.journal, wanted.database]
  const remove = async () => rm(dataDir, { recursive: true, force: true })
  try {
    const server = await startServer('the gateway', process.execPath, args, (line) => line.trim() === 'ready')
    const stop = async () => {
      await server.stop()
      await remove()
    }
    const { baseUrl, key, model } = await chooseKey(join(dataDir, 'demo.json'), wanted.modelPrefix)
    const url = () => new URL('/v1/chat/completions', baseUrl)
    return { target: { name: wanted.name, pid: server.pid, url, model, key }, stop }
  } catch (error) {
    await remove()
    throw error
  }
}

/** A group that serves a model of the vendor whose names begin like this. */
async function chooseKey(
  demoFile: string,
  modelPrefix: string,
): Promise<{ baseUrl: string; key: string; model: string }> {
  const { baseUrl, groups } = JSON.parse(await readFile(demoFile, 'utf8')) as {
    baseUrl: string
    groups: { mode: string; key: string }[]
  }
  for (const { key } of groups.toSorted((a, b) => b.mode.localeCompare(a.mode))) {
    const answer = await fetch(new URL('/api/keys/self', baseUrl), { headers: { authorization: `Bearer ${key}` } })
    const { data } = (await answer.json()) as { data?: { models: string[] } }
    const model = data?.models.find((candidate) => candidate.startsWith(modelPrefix))
    if (model !== undefined) return { baseUrl, key, model }
  }
  throw new ServerNotStarted(`no group of the demo serves a model ${modelPrefix}…`)
}

async function readLedger(simulator: URL): Promise<{ requests: number; events: number }> {
  const answer = await fetch(new URL('/__ledger', simulator))
  return (await answer.json()) as { requests: number; events: number }
}

const isReadyLine = (line: string) => line.startsWith('{') && line.includes('"ready":true')
const urlOf = (server: ServerProcess) => new URL((JSON.parse(server.readyLine) as { url: string }).url)
