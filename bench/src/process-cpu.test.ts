// Tests of process-cpu.ts.
import { expect, test } from 'vitest'
import { parseStat, processTree, readProcesses, readThreads, usedByThread } from './process-cpu.ts'

test('a stat line is read behind a name with parentheses and spaces', () => {
  const stat = '42 (a (b) c) S 1 42 42 0 -1 4194304 500 0 0 0 123 45 0 0 20 0 11 0 100 1000 200'
  expect(parseStat(stat)).toEqual({ name: 'a (b) c', microseconds: 1_680_000 })
  expect(parseStat('')).toBeUndefined()
})

test('what a thread used is the difference, the first thread is called main', () => {
  const before = [{ pid: 1, tid: 1, name: 'node', microseconds: 100 }]
  const after = [
    { pid: 1, tid: 1, name: 'node', microseconds: 150 },
    { pid: 1, tid: 2, name: 'worker', microseconds: 70 },
    { pid: 1, tid: 3, name: 'worker', microseconds: 30 },
  ]
  expect(usedByThread(before, after)).toEqual({ worker: 100, main: 50 })
})

test('this very process uses CPU, and is in its own tree', () => {
  expect(processTree(process.pid)).toContain(process.pid)
  expect(readProcesses([process.pid])).toBeGreaterThan(0)
  expect(readThreads([process.pid]).some(({ tid }) => tid === process.pid)).toBe(true)
})
