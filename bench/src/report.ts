// Puts the rounds of a load together: medians, the ratio to nginx, what the checks found, and the tables that are printed.
import type { LoadKind } from './load-plan.ts'
import { connectionsOf, requestBodyBytes, streamEventsPerSecond, type Measurement } from './measure.ts'
import type { TargetName } from './options.ts'
import { streamIntervalMs } from './targets.ts'

/** Below this share of the due events a server was not keeping up; timers on a busy machine alone cost a few percent. */
const keepingUpShare = 0.85
/** Threads that use less are noise of the runtime and are summed up as one. */
const shownThreadMicroseconds = 0.5

/**
 * The gateway writes every request to its embedded database; less CPU than this for a request in that thread means that it
 * did not, and that the figures leave out a part of its work. Linux cuts the thread's name to 15 characters.
 */
const settlingThread = 'embedded-databa'
const settlingMicrosecondsMin = 5
const nameWidth = 14

export interface Round {
  target: TargetName
  measurement: Measurement
  /** What the simulator counted meanwhile. */
  answered: { requests: number; events: number }
}

export interface TargetSummary {
  target: TargetName
  cpuMicroseconds: number
  /** Undefined when nginx was not measured. */
  ratioToNginx: number | undefined
  perSecond: number
  p50Ms: number
  p99Ms: number
  rounds: number[]
  deferredMicroseconds: number
  threads: Record<string, number>
}

export interface LoadSummary {
  kind: LoadKind
  targets: TargetSummary[]
  /** Counts that contradict each other; the figures are worthless then. */
  problems: string[]
  /** What makes the figures doubtful, such as a machine that is busy with something else. */
  notes: string[]
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

export function summarise(kind: LoadKind, rounds: readonly Round[], isEmbedded: boolean): LoadSummary {
  const names = [...new Set(rounds.map(({ target }) => target))]
  const cpuOf = (name: TargetName) =>
    rounds.filter(({ target }) => target === name).map(({ measurement }) => measurement.cpuMicrosecondsPerUnit)
  const nginx = names.includes('nginx') ? median(cpuOf('nginx')) : undefined
  const targets = names.map((target): TargetSummary => {
    const measured = rounds.filter((round) => round.target === target).map(({ measurement }) => measurement)
    const cpuMicroseconds = median(cpuOf(target))
    return {
      target,
      cpuMicroseconds,
      ratioToNginx: nginx === undefined ? undefined : cpuMicroseconds / nginx,
      perSecond: median(measured.map(({ perSecond }) => perSecond)),
      p50Ms: median(measured.map(({ latencyMs }) => latencyMs.p50)),
      p99Ms: median(measured.map(({ latencyMs }) => latencyMs.p99)),
      rounds: cpuOf(target),
      deferredMicroseconds: median(measured.map((one) => one.deferredMicrosecondsPerUnit)),
      threads: medianThreads(measured.map(({ cpuByThread }) => cpuByThread)),
    }
  })
  const problems = rounds.flatMap((round) => problemsOf(kind, round, isEmbedded))
  return { kind, targets, problems, notes: kind === 'stream' ? rounds.flatMap(lateness) : [] }
}

function medianThreads(rounds: readonly Record<string, number>[]): Record<string, number> {
  const names = [...new Set(rounds.flatMap((round) => Object.keys(round)))]
  const medians = names.map((name) => [name, median(rounds.map((round) => round[name] ?? 0))] as const)
  const [shown, rest] = [
    medians.filter(([, cpu]) => cpu >= shownThreadMicroseconds),
    medians.filter(([, cpu]) => cpu < shownThreadMicroseconds),
  ]
  const restSum = rest.reduce((sum, [, cpu]) => sum + cpu, 0)
  return Object.fromEntries(rest.length === 0 ? shown : [...shown, ['others', restSum]])
}

/** The simulator is the independent witness: what was counted here must have been answered there. */
function problemsOf(kind: LoadKind, { target, measurement, answered }: Round, isEmbedded: boolean): string[] {
  const problems: string[] = []
  const { answers, events } = measurement.total
  const settling = measurement.cpuByThread[settlingThread] ?? 0
  if (kind === 'request' && target === 'gateway' && isEmbedded && settling < settlingMicrosecondsMin) {
    problems.push(`gateway: ${settling.toFixed(1)} µs of settling for a request: usage did not reach the database`)
  }
  if (!measurement.isDrained) problems.push(`${target}: still busy long after the load; its backlog is not all counted`)
  if (answered.requests < answers) {
    problems.push(`${target}: ${answers} answers counted, but the simulator gave only ${answered.requests}`)
  }
  if (kind === 'stream' && answered.events < events) {
    problems.push(`${target}: ${events} events counted, but the simulator sent only ${answered.events}`)
  }
  return problems
}

/** Late events may be the target's fault or a busy machine's; when nginx is late too, it is the machine. */
function lateness({ target, measurement }: Round): string[] {
  if (measurement.perSecond >= streamEventsPerSecond * keepingUpShare) return []
  return [`${target}: ${Math.round(measurement.perSecond)} events/s instead of ${streamEventsPerSecond}`]
}

export function printSummary({ kind, targets, problems, notes }: LoadSummary, print: (line: string) => void): void {
  const unit = kind === 'stream' ? 'event' : 'request'
  const title =
    kind === 'stream'
      ? `streams: ${connectionsOf.stream} at once, one event per ${streamIntervalMs} ms each`
      : `requests: ${connectionsOf.request} connections, ${requestBodyBytes}-byte body, whole answer`
  print(`\n${title}`)
  print(
    `${'target'.padEnd(nameWidth)}${`CPU µs/${unit}`.padStart(15)}${'× nginx'.padStart(10)}${`${unit}s/s`.padStart(13)}   rounds`,
  )
  for (const { target, cpuMicroseconds, ratioToNginx, perSecond, rounds } of targets) {
    const ratio = ratioToNginx === undefined ? '–' : ratioToNginx.toFixed(2)
    const cells = [cpuMicroseconds.toFixed(1).padStart(15), ratio.padStart(10), perSecond.toFixed(0).padStart(13)]
    print(`${target.padEnd(nameWidth)}${cells.join('')}   ${rounds.map((cpu) => cpu.toFixed(1)).join(' ')}`)
  }
  for (const { target, threads, p50Ms, p99Ms, deferredMicroseconds } of targets) {
    const parts = Object.entries(threads).map(([name, cpu]) => `${name} ${cpu.toFixed(1)}`)
    const latency = kind === 'request' ? `; latency p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms` : ''
    print(
      `  ${target}: CPU µs by thread: ${parts.join(', ')}; after the window ${deferredMicroseconds.toFixed(1)}${latency}`,
    )
  }
  for (const note of notes) print(`  late: ${note}`)
  for (const problem of problems) print(`  check failed: ${problem}`)
}
