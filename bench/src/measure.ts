// One measurement: loads one target from a process of its own and reads the target's CPU at the edges of the window.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LoadKind, LoadPlan, LoadReport } from './load-plan.ts'
import { processTree, readProcesses, readThreads, usedByThread } from './process-cpu.ts'
import { streamIntervalMs, type Target } from './targets.ts'

/** Connections kept busy, as the comparison is defined. */
export const connectionsOf: Record<LoadKind, number> = { request: 64, stream: 200 }
export const requestBodyBytes = 1024

/** Long enough for the just-in-time compiler to settle on the hot path. */
const warmUpMs = 2_500
/** Ends a window early; no server here comes near it in the longest allowed one. */
const answersMax = 5_000_000
/** Beyond the window itself, for opening connections and a slow machine. */
const graceMs = 30_000

export interface Measurement {
  /** Whole answers of the window for requests, events for streams. */
  count: number
  perSecond: number
  cpuMicrosecondsPerUnit: number
  cpuByThread: Record<string, number>
  /** Everything since the load began, warm-up included, to hold against the simulator's own count. */
  total: { answers: number; events: number }
  latencyMs: { p50: number; p99: number }
}

class MeasurementFailed extends Error {
  override readonly name = 'MeasurementFailed'
}

export async function measure(target: Target, kind: LoadKind, seconds: number): Promise<Measurement> {
  const load = fork(fileURLToPath(new URL('load-process.ts', import.meta.url)))
  const ended = once(load, 'exit')
  const windowMs = seconds * 1000
  const overdue = setTimeout(() => load.kill('SIGKILL'), warmUpMs + windowMs + graceMs)
  try {
    load.send(planOf(target, kind, windowMs))
    await windowStarted(load, target)
    const pids = processTree(target.pid)
    const [threads, processes] = [readThreads(pids), readProcesses(pids)]
    const report = await nextReport(load, target)
    const usedMicroseconds = readProcesses(pids) - processes
    const used = usedByThread(threads, readThreads(pids))
    if (report.type !== 'window-ended') throw new MeasurementFailed(`${target.name}: ${report.type}`)
    const count = kind === 'stream' ? report.window.events : report.window.answers
    if (count === 0) throw new MeasurementFailed(`${target.name} answered nothing in the window`)
    return {
      count,
      perSecond: (count / report.windowMs) * 1000,
      cpuMicrosecondsPerUnit: usedMicroseconds / count,
      cpuByThread: Object.fromEntries(Object.entries(used).map(([name, cpu]) => [name, cpu / count])),
      total: report.total,
      latencyMs: report.latencyMs,
    }
  } finally {
    clearTimeout(overdue)
    if (load.connected) load.disconnect()
    await ended
  }
}

type LoadChild = ReturnType<typeof fork>

async function windowStarted(load: LoadChild, target: Target): Promise<void> {
  const report = await nextReport(load, target)
  if (report.type !== 'window-started') throw new MeasurementFailed(`${target.name}: ${report.type} before the window`)
}

async function nextReport(load: LoadChild, target: Target): Promise<LoadReport> {
  const { promise, resolve, reject } = Promise.withResolvers<LoadReport>()
  const onExit = () => reject(new MeasurementFailed(`${target.name}: the load process ended without a report`))
  load.once('message', resolve)
  load.once('exit', onExit)
  try {
    const report = await promise
    if (report.type === 'failed') throw new MeasurementFailed(`${target.name}: ${report.why}`)
    return report
  } finally {
    load.off('message', resolve)
    load.off('exit', onExit)
  }
}

function planOf(target: Target, kind: LoadKind, windowMs: number): LoadPlan {
  const url = target.url(kind)
  return {
    kind,
    host: url.hostname,
    port: Number(url.port),
    path: url.pathname,
    headers: { authorization: `Bearer ${target.key}` },
    body: bodyOf(target.model, kind),
    connections: connectionsOf[kind],
    warmUpMs,
    windowMs,
    answersMax,
    marker: kind === 'stream' ? '[DONE]' : '"finish_reason"',
  }
}

/** An ordinary chat request, filled up to the size that the comparison is defined for. */
function bodyOf(model: string, kind: LoadKind): string {
  const withText = (text: string) =>
    JSON.stringify({
      model,
      ...(kind === 'stream' ? { stream: true } : {}),
      max_tokens: 512,
      messages: [
        { role: 'system', content: 'You are a helpful assistant.' },
        { role: 'user', content: text },
      ],
    })
  return withText('measure '.repeat(requestBodyBytes).slice(0, requestBodyBytes - withText('').length))
}

/** Events per second when nothing is late; far below it, the CPU figures are those of a server that cannot keep up. */
export const streamEventsPerSecond = (connectionsOf.stream * 1000) / streamIntervalMs
