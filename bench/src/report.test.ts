// Tests of report.ts.
import { expect, test } from 'vitest'
import type { Measurement } from './measure.ts'
import { median, printSummary, summarise, type Round } from './report.ts'

function round(target: Round['target'], cpu: number, changes: Partial<Measurement> = {}): Round {
  const measurement: Measurement = {
    count: 100,
    perSecond: 10_000,
    cpuMicrosecondsPerUnit: cpu,
    deferredMicrosecondsPerUnit: 0,
    isDrained: true,
    cpuByThread: { main: cpu - 0.2, tiny: 0.2, ...(target === 'gateway' ? { 'embedded-databa': 9 } : {}) },
    total: { answers: 120, events: 120 },
    latencyMs: { p50: 1, p99: 2 },
    ...changes,
  }
  return { target, measurement, answered: { requests: 120, events: 120 } }
}

test('the median of rounds is the middle one, or between the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([4, 1, 3, 2])).toBe(2.5)
})

test('targets are compared with nginx by their medians', () => {
  const rounds = [20, 22, 90].flatMap((cpu) => [round('nginx', cpu), round('gateway', cpu * 3)])
  const { targets, problems } = summarise('request', rounds, true)
  expect(targets.map(({ target, cpuMicroseconds, ratioToNginx }) => [target, cpuMicroseconds, ratioToNginx])).toEqual([
    ['nginx', 22, 1],
    ['gateway', 66, 3],
  ])
  expect(targets[0]?.threads).toEqual({ main: 21.8, others: 0.2 })
  expect(problems).toEqual([])
})

test('without nginx there is no ratio', () => {
  expect(summarise('request', [round('gateway', 50)], true).targets[0]?.ratioToNginx).toBeUndefined()
})

test('more answers than the simulator gave, are a problem; streams that fall behind are noted', () => {
  const invented = round('gateway', 50, { total: { answers: 121, events: 121 } })
  expect(summarise('request', [invented], true).problems).toHaveLength(1)
  expect(summarise('stream', [invented], true).problems).toHaveLength(2)
  const slow = round('gateway', 50, { perSecond: 8_000 })
  expect(summarise('stream', [slow], true).problems).toEqual([])
  expect(summarise('stream', [slow], true).notes).toEqual(['gateway: 8000 events/s instead of 10000'])
})

test('a gateway that does not settle, or is still busy afterwards, is a problem', () => {
  expect(summarise('request', [round('gateway', 50, { cpuByThread: { main: 50 } })], true).problems).toHaveLength(1)
  // With a database server, settling is its work.
  expect(summarise('request', [round('gateway', 50, { cpuByThread: { main: 50 } })], false).problems).toEqual([])
  expect(summarise('request', [round('nginx', 50, { isDrained: false })], true).problems).toHaveLength(1)
})

test('the table names each target with its ratio', () => {
  const lines: string[] = []
  printSummary(summarise('request', [round('nginx', 20), round('gateway', 70)], true), (line) => lines.push(line))
  expect(lines.find((line) => line.startsWith('gateway'))).toMatch(/^gateway +70\.0 +3\.50 +10000 +70\.0$/)
})
