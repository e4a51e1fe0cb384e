// A scripted run of the journal, once for every opening, write and sync that can fail in it and for every way in which it
// can fail; what callers were told against what a start finds on the disk.
import { expect, test } from 'vitest'
import type { JournalSync } from '../../src/dataplane/journal.ts'
import { MemoryDisk, type Fault, type Operation } from '../support/memory-disk.ts'
import { openManualJournal, readAll, requestId, settlePromises, type Found } from '../support/manual-journal.ts'

type Ending = 'killed' | 'closed'

interface Told {
  requestId: string
  intent: 'waiting' | 'written' | 'refused'
  final: 'none' | 'waiting' | 'written' | 'refused'
}

const attemptsMax = 12
/** An attempt ends so many turns after it began. */
const attemptTurns = 2
/** A few records each, so that the run rotates several times. */
const segmentBytesMax = 500

function startRun(disk: MemoryDisk, sync: JournalSync) {
  const run = openManualJournal(disk, { sync, segmentBytesMax })
  const told: Told[] = []
  const append = (type: 'intent' | 'final', record: Told) => {
    record[type] = 'waiting'
    void run.journal.append(type, record.requestId, 1, `{"time":1,"type":"${type}"}`).then(
      () => (record[type] = 'written'),
      () => (record[type] = 'refused'),
    )
  }
  const begin = () => {
    const record: Told = { requestId: requestId(told.length), intent: 'waiting', final: 'none' }
    told.push(record)
    append('intent', record)
  }
  /** As the request path does: no FINAL without an INTENT that was acknowledged. */
  const end = (index: number) => {
    const record = told[index]
    if (record?.intent === 'written' && record.final === 'none') append('final', record)
  }
  /** A long answer says how far it has come; whatever becomes of that, nothing else changes. */
  const note = (index: number) => {
    const record = told[index]
    if (record?.intent === 'written' && record.final === 'none') {
      run.journal.note(record.requestId, 1, `{"outputBytes":${index}}`)
    }
  }
  return { ...run, told, begin, note, end }
}

type Run = ReturnType<typeof startRun>

/** Attempts that overlap, with timers and syncs at uneven turns; `afterTurn` looks at the disk in between. */
async function play(run: Run, disk: MemoryDisk, afterTurn: () => Promise<void>): Promise<void> {
  for (let turn = 0; turn < attemptsMax + attemptTurns; turn += 1) {
    if (turn < attemptsMax) run.begin()
    run.note(turn - 1)
    run.end(turn - attemptTurns)
    run.endTurn()
    await settlePromises()
    await afterTurn()
    if (turn % 2 === 1) run.runTimers()
    if (turn % 3 === 2) disk.runSyncs()
    await settlePromises()
  }
}

/** The last two attempts are left without an end, as a kill would. */
async function finish(run: Run, disk: MemoryDisk, ending: Ending): Promise<void> {
  if (ending === 'closed') {
    const closing = run.journal.close()
    await run.pass()
    await closing
    return
  }
  disk.heal()
  await run.pass()
  expect(run.journal.isAvailable).toBe(true)
}

function expectKept(told: readonly Told[], found: Found): void {
  for (const record of told) {
    const rows = found.rows.filter((row) => row.requestId === record.requestId)
    const isOpen = found.open.filter((open) => open === record.requestId).length
    if (record.final === 'written') {
      // A record that was written again stands there twice; the database takes a key once, so the copies must be equal.
      expect(rows.length, record.requestId).toBeGreaterThan(0)
      for (const row of rows) expect(row).toEqual({ ...row, attempt: 1, entry: { time: 1, type: 'final' } })
      expect(isOpen, record.requestId).toBe(0)
    } else if (record.intent === 'written' && record.final === 'none') {
      expect([isOpen, rows.length], record.requestId).toEqual([1, 0])
    }
  }
}

/** What holds at the end, when nothing waits any more. */
function expectSettled(told: readonly Told[], found: Found): void {
  expectKept(told, found)
  for (const record of told) {
    expect([record.intent, record.final], record.requestId).not.toContain('waiting')
    expect(record.final).not.toBe('refused')
    if (record.intent !== 'refused') continue
    expect(found.open).not.toContain(record.requestId)
    for (const row of found.rows.filter((each) => each.requestId === record.requestId))
      expect(row.entry).toMatchObject({ usageSource: 'none', cost: 0 })
  }
}

async function sweepOne(sync: JournalSync, ending: Ending, fault: Fault | undefined) {
  const disk = new MemoryDisk()
  const run = startRun(disk, sync)
  disk.plan(...(fault ? [fault] : []))
  const losesPages = fault?.operation === 'sync' && fault.lands === 'nothing'
  await play(run, disk, async () => {
    // Pages that a sync has just lost are back with the next write; until then only the end can be judged.
    if (!losesPages) expectKept(run.told, await readAll(disk))
    if (sync !== 'strict') return
    const afterPowerCut = await readAll(disk.afterPowerCut())
    const safe = new Set(afterPowerCut.rows.map((row) => row.requestId))
    for (const record of run.told.filter((each) => each.final === 'written')) expect(safe).toContain(record.requestId)
  })
  const { counts } = disk
  const countsOfRun = { ...counts }
  await finish(run, disk, ending)
  expectSettled(run.told, await readAll(disk))
  // A clean stop leaves everything safe; only the mode that leaves syncs to the kernel does not make good a failed one.
  const isSafe = ending === 'closed' && (sync !== 'os' || fault?.operation !== 'sync')
  if (isSafe) expectSettled(run.told, await readAll(disk.afterPowerCut()))
  expect(disk.misuses).toEqual([])
  expect(disk.openFiles).toBe(ending === 'closed' ? 0 : 1)
  return { countsOfRun, counts: { ...counts }, refused: run.told.some((record) => record.intent === 'refused') }
}

/** In how many ways an operation can fail. The mode `os` promises nothing about pages that a sync loses. */
function landings(operation: Operation, sync: JournalSync): Fault['lands'][] {
  if (operation === 'open') return ['nothing']
  if (operation === 'write') return ['nothing', 'half', 'all']
  return sync === 'os' ? ['all'] : ['nothing', 'all']
}

test.each(
  (['os', 'disk', 'strict'] as const).flatMap((sync) =>
    (['killed', 'closed'] as const).map((ending) => [sync, ending] as const),
  ),
)(
  'ME7 for every N, the N-th opening, write or sync fails and what was acknowledged is found (%s, %s)',
  async (sync, ending) => {
    const clean = await sweepOne(sync, ending, undefined)
    expect(clean.refused).toBe(false)
    let refusals = 0
    for (const operation of ['open', 'write', 'sync'] as const) {
      const last = (ending === 'closed' ? clean.counts : clean.countsOfRun)[operation]
      expect(last, operation).toBeGreaterThan(2)
      for (let first = 1; first <= last; first += 1) {
        for (const lands of landings(operation, sync)) {
          for (const count of [1, 2]) {
            const fault: Fault = { operation, first, count, lands }
            const swept = await sweepOne(sync, ending, fault).catch((error: unknown) => {
              throw new RangeError(JSON.stringify(fault), { cause: error })
            })
            if (swept.refused) refusals += 1
          }
        }
      }
    }
    expect(refusals).toBeGreaterThan(0)
  },
)
