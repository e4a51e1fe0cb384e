// The load generator's process: a child of the benchmark, so that its own CPU is never counted to anyone. It takes one
// plan over IPC, loads the target, and reports the window it measured.
import { performance } from 'node:perf_hooks'
import { openConnection, type LoadConnection } from './load-connection.ts'
import type { LoadCounts, LoadPlan, LoadReport } from './load-plan.ts'

/** Connections are opened over this time, so that streams do not all begin and end in the same instant. */
const openingMs = 500
/** How often the bound on the number of answers is looked at. */
const watchEveryMs = 20

const report = (message: LoadReport) => process.send?.(message)

process.once('message', (plan: LoadPlan) => run(plan))
process.once('disconnect', () => process.exit(0))

function run(plan: LoadPlan): void {
  const counts: LoadCounts = { answers: 0, events: 0 }
  const latenciesMs: number[] = []
  const connections: LoadConnection[] = []
  let isInWindow = false

  let openCount = plan.connections
  const end = (message: LoadReport) => {
    report(message)
    process.disconnect()
  }
  const observer = {
    counts,
    onAnswer: (latencyMs: number) => {
      if (isInWindow) latenciesMs.push(latencyMs)
    },
    onFinished: () => {
      openCount -= 1
      if (openCount === 0) end({ type: 'load-ended', total: { ...counts } })
    },
    onFailure: (why: string) => {
      end({ type: 'failed', why })
    },
  }
  for (let index = 0; index < plan.connections; index += 1) {
    setTimeout(() => connections.push(openConnection(plan, observer)), (index * openingMs) / plan.connections)
  }
  setTimeout(() => {
    const atStart = { ...counts }
    const startedAt = performance.now()
    isInWindow = true
    report({ type: 'window-started' })
    const watch = setInterval(() => {
      const elapsedMs = performance.now() - startedAt
      const answers = counts.answers - atStart.answers
      if (elapsedMs < plan.windowMs && answers < plan.answersMax) return
      clearInterval(watch)
      isInWindow = false
      report({
        type: 'window-ended',
        window: { answers, events: counts.events - atStart.events },
        windowMs: elapsedMs,
        latencyMs: { p50: quantile(latenciesMs, 0.5), p99: quantile(latenciesMs, 0.99) },
      })
      for (const connection of connections) connection.finish()
    }, watchEveryMs)
  }, openingMs + plan.warmUpMs)
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
