// One measurement: loads one target from a process of its own and reads the target's CPU at the edges of the window.
import { fork } from 'node:child_process'
import { on, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
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
/** Work put off until after the load is waited for this long; then it is reported as unfinished. */
const drainMaxMs = 60_000
const drainSampleMs = 1_000
/** A target that uses less of a core than this is resting: timers and upkeep, no backlog. */
const restingShare = 0.03
/** Beyond the window itself, for opening connections and a slow machine. */
const graceMs = 30_000

export interface Measurement {
  /** Whole answers of the window for requests, events for streams. */
  count: number
  perSecond: number
  /** In the window, plus the share of what was put off until after it. */
  cpuMicrosecondsPerUnit: number
  /** The part of it that was put off, such as writing usage to the database behind the answers. */
  deferredMicrosecondsPerUnit: number
  isDrained: boolean
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
  const exited = once(load, 'exit')
  const nextReport = reportsOf(load, target)
  const windowMs = seconds * 1000
  const overdue = setTimeout(() => load.kill('SIGKILL'), warmUpMs + windowMs + graceMs)
  try {
    load.send(planOf(target, kind, windowMs))
    await nextReport('window-started')
    const pids = processTree(target.pid)
    const [threads, processes] = [readThreads(pids), readProcesses(pids)]
    const report = await nextReport('window-ended')
    const usedMicroseconds = readProcesses(pids) - processes
    const used = usedByThread(threads, readThreads(pids))
    const count = kind === 'stream' ? report.window.events : report.window.answers
    if (count === 0) throw new MeasurementFailed(`${target.name} answered nothing in the window`)
    const ended = await nextReport('load-ended')
    const atLoadEnd = readThreads(pids)
    const drain = await drained(pids)
    // What is put off comes from the whole load, warm-up included, so it is shared among all of its units.
    const units = kind === 'stream' ? ended.total.events : ended.total.answers
    const later = usedByThread(atLoadEnd, readThreads(pids))
    const names = [...new Set([...Object.keys(used), ...Object.keys(later)])]
    const perUnit = (name: string) => (used[name] ?? 0) / count + (later[name] ?? 0) / units
    return {
      count,
      perSecond: (count / report.windowMs) * 1000,
      cpuMicrosecondsPerUnit: usedMicroseconds / count + drain.microseconds / units,
      deferredMicrosecondsPerUnit: drain.microseconds / units,
      isDrained: drain.isDrained,
      cpuByThread: Object.fromEntries(names.map((name) => [name, perUnit(name)])),
      total: ended.total,
      latencyMs: report.latencyMs,
    }
  } finally {
    clearTimeout(overdue)
    if (load.connected) load.disconnect()
    await exited
  }
}

/** Waits until the target rests, so that a server cannot look fast by doing its book-keeping after the window. */
async function drained(pids: readonly number[]): Promise<{ microseconds: number; isDrained: boolean }> {
  const atStart = readProcesses(pids)
  let before = atStart
  for (let waitedMs = 0; waitedMs < drainMaxMs; waitedMs += drainSampleMs) {
    await delay(drainSampleMs)
    const now = readProcesses(pids)
    if (now - before < drainSampleMs * 1000 * restingShare) return { microseconds: now - atStart, isDrained: true }
    before = now
  }
  return { microseconds: before - atStart, isDrained: false }
}

type LoadChild = ReturnType<typeof fork>

/** Reports are queued, because two that come together would otherwise be one too many for a listener that waits for one. */
function reportsOf(load: LoadChild, target: Target) {
  const messages = on(load, 'message', { close: ['exit'] })
  return async <Type extends LoadReport['type']>(type: Type): Promise<Extract<LoadReport, { type: Type }>> => {
    const next = await messages.next()
    const report = next.done === true ? undefined : (next.value[0] as LoadReport)
    if (report?.type === type) return report as Extract<LoadReport, { type: Type }>
    const why = report?.type === 'failed' ? report.why : `${report?.type ?? 'an early end'} instead of ${type}`
    throw new MeasurementFailed(`${target.name}: ${why}`)
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
