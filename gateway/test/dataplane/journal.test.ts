// The journal's writer over a disk that fails when told to, read back by the settler's reader.
import { expect, test } from 'vitest'
import { JournalReader } from '../../src/controlplane/usage/journal-reader.ts'
import type { SegmentDirectory } from '../../src/platform/segments.ts'
import type { Timers } from '../../src/platform/timers.ts'
import { Journal, type JournalSync } from '../../src/dataplane/journal.ts'

const requestId = (index: number) => `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`

/** A disk in memory: files survive, and the N-th write or sync can be made to fail, whole or half done. */
function memoryDisk() {
  const files = new Map<number, Buffer>()
  let writesLeft = Number.POSITIVE_INFINITY
  let syncsLeft = Number.POSITIVE_INFINITY
  const pendingSyncs: (() => void)[] = []
  const directory: SegmentDirectory = {
    create(segment) {
      files.set(segment, Buffer.alloc(0))
      return {
        write(bytes, length) {
          const part = writesLeft <= 0 ? Math.floor(length / 2) : length
          files.set(segment, Buffer.concat([files.get(segment) ?? Buffer.alloc(0), bytes.subarray(0, part)]))
          writesLeft -= 1
          if (part < length) throw Object.assign(new RangeError('no space left'), { code: 'ENOSPC' })
        },
        sync(done) {
          syncsLeft -= 1
          const failed = syncsLeft < 0
          pendingSyncs.push(() => done(failed ? new RangeError('i/o error') : null))
        },
        close: () => undefined,
      }
    },
    list: () => [...files.keys()].toSorted((a, b) => a - b),
    read: async (segment, offset, length) => (files.get(segment) ?? Buffer.alloc(0)).subarray(offset, offset + length),
    remove: (segment) => void files.delete(segment),
    keepReserve: () => undefined,
    dropReserve: () => undefined,
  }
  return {
    directory,
    files,
    failWriteAfter: (count: number) => (writesLeft = count),
    failSyncAfter: (count: number) => (syncsLeft = count),
    heal() {
      writesLeft = Number.POSITIVE_INFINITY
      syncsLeft = Number.POSITIVE_INFINITY
    },
    runSyncs() {
      for (const run of pendingSyncs.splice(0)) run()
    },
  }
}

/** Timers that run when the test says so. */
function manualTimers() {
  const due = new Set<() => void>()
  const timers: Timers = {
    after(_ms, fn) {
      due.add(fn)
      return () => due.delete(fn)
    },
    every: () => () => undefined,
  }
  const run = () => {
    for (const fn of Array.from(due)) {
      due.delete(fn)
      fn()
    }
  }
  return { timers, run }
}

function openJournal(disk: ReturnType<typeof memoryDisk>, sync: JournalSync = 'os') {
  const clock = manualTimers()
  const turns: (() => void)[] = []
  const errors: unknown[] = []
  const journal = new Journal({
    directory: disk.directory,
    nodeId: 'node-test',
    epoch: 1,
    sync,
    timers: clock.timers,
    endOfTurn: (work) => void turns.push(work),
    onError: (error) => void errors.push(error),
    onWritten: () => undefined,
  })
  const endTurn = () => {
    for (const work of turns.splice(0)) work()
  }
  return { journal, endTurn, errors, runTimers: clock.run }
}

async function readAll(disk: ReturnType<typeof memoryDisk>) {
  const problems: string[] = []
  const reader = new JournalReader(disk.directory, (problem) => problems.push(problem))
  const rows: string[] = []
  for (;;) {
    const batch = await reader.next(3)
    rows.push(...batch.rows.map((row) => row.requestId))
    if (batch.isAtEnd) return { rows, open: reader.openIntents().map((intent) => intent.requestId), problems }
  }
}

test('records of one turn share one write and are read back in order', async () => {
  const disk = memoryDisk()
  const { journal, endTurn } = openJournal(disk)
  const appended = [1, 2, 3, 4].map((index) => journal.append('final', requestId(index), 1, `{"n":${index}}`))
  appended.push(journal.append('intent', requestId(9), 1, '{"time":1}'))
  endTurn()
  await Promise.all(appended)
  expect(await readAll(disk)).toEqual({ rows: [1, 2, 3, 4].map(requestId), open: [requestId(9)], problems: [] })
})

test('ME7 for every N, a write that fails refuses the INTENT and keeps the FINAL until the disk is well', async () => {
  for (let failing = 0; failing < 6; failing += 1) {
    const disk = memoryDisk()
    const { journal, endTurn, errors, runTimers } = openJournal(disk)
    disk.failWriteAfter(failing)
    const finals: Promise<void>[] = []
    const intents: Promise<string>[] = []
    for (let index = 0; index < 6; index += 1) {
      finals.push(journal.append('final', requestId(index), 1, `{"n":${index}}`))
      const told = (outcome: string) => () => outcome
      intents.push(
        journal.append('intent', requestId(100 + index), 1, '{"time":1}').then(told('written'), told('refused')),
      )
      endTurn()
    }
    expect(errors.length).toBeGreaterThan(0)
    disk.heal()
    for (let count = 0; count < 5; count += 1) {
      runTimers()
      endTurn()
    }
    expect(journal.isAvailable).toBe(true)
    await Promise.all(finals)
    const outcomes = await Promise.all(intents)
    const { rows, open } = await readAll(disk)
    // Nothing that was acknowledged is missing, and nothing that was refused is there.
    expect([...new Set(rows)].toSorted(), `failing write ${failing}`).toEqual([0, 1, 2, 3, 4, 5].map(requestId))
    for (const [index, outcome] of outcomes.entries())
      expect(open.includes(requestId(100 + index))).toBe(outcome === 'written')
  }
})

test('in strict mode a FINAL waits for the disk, and a failed sync writes it again elsewhere', async () => {
  const disk = memoryDisk()
  const { journal, endTurn, runTimers } = openJournal(disk, 'strict')
  let isDone = false
  const final = journal.append('final', requestId(1), 1, '{"n":1}').then(() => (isDone = true))
  endTurn()
  await Promise.resolve()
  expect(isDone).toBe(false)
  disk.failSyncAfter(0)
  disk.runSyncs()
  disk.heal()
  for (let count = 0; count < 5; count += 1) {
    runTimers()
    endTurn()
    disk.runSyncs()
  }
  await final
  expect(isDone).toBe(true)
  expect(new Set((await readAll(disk)).rows)).toEqual(new Set([requestId(1)]))
})

test('ME4 a tail torn at any byte loses nothing before it and the next segment is read', async () => {
  const whole = memoryDisk()
  const { journal, endTurn } = openJournal(whole)
  for (const index of [1, 2, 3]) void journal.append('final', requestId(index), 1, `{"n":${index},"t":"拼车"}`)
  endTurn()
  const bytes = whole.files.get(1) ?? Buffer.alloc(0)
  for (let length = 64; length <= bytes.length; length += 1) {
    const disk = memoryDisk()
    disk.files.set(1, bytes.subarray(0, length))
    const later = openJournal(disk)
    void later.journal.append('final', requestId(7), 1, '{"n":7}')
    later.endTurn()
    const { rows } = await readAll(disk)
    expect(rows.at(-1), `torn at ${length}`).toBe(requestId(7))
    const before = rows.slice(0, -1)
    expect(before).toEqual([1, 2, 3].slice(0, before.length).map(requestId))
    if (length === bytes.length) expect(before).toHaveLength(3)
  }
})
