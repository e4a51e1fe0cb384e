// The journal's writer over a disk that fails when told to, read back by the settler's reader: one behaviour at a time.
// journal-faults.test.ts sweeps over all places where a fault can strike.
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { JournalReader } from '../../src/controlplane/usage/journal-reader.ts'
import { frameBytesMax, frameSizeMax, writeFrame, type FrameType } from '../../src/core/journal/frame.ts'
import { MemoryDisk } from '../support/memory-disk.ts'
import { openManualJournal, readAll, requestId, settlePromises, type Found } from '../support/manual-journal.ts'

const idsOf = (found: Found) => found.rows.map((row) => row.requestId)

/** What became of a record so far. */
function follow(appended: Promise<void>) {
  const record = { outcome: 'waiting' as 'waiting' | 'written' | 'refused' }
  void appended.then(
    () => (record.outcome = 'written'),
    () => (record.outcome = 'refused'),
  )
  return record
}

test('records of one turn share one write and are read back in order', async () => {
  const disk = new MemoryDisk()
  const { journal, endTurn } = openManualJournal(disk)
  const appended = [1, 2, 3, 4].map((index) => journal.append('final', requestId(index), 1, `{"n":${index}}`))
  appended.push(journal.append('intent', requestId(9), 1, '{"time":1}'))
  endTurn()
  await Promise.all(appended)
  const found = await readAll(disk)
  expect(idsOf(found)).toEqual([1, 2, 3, 4].map(requestId))
  expect(found).toMatchObject({ open: [requestId(9)], problems: [] })
})

test('ME7 an INTENT that was refused but stands whole on the disk is ended at no cost and pins nothing', async () => {
  const disk = new MemoryDisk()
  const { journal, endTurn, pass } = openManualJournal(disk)
  disk.plan({ operation: 'write', first: 1, count: 1, lands: 'all' })
  const intent = follow(journal.append('intent', requestId(1), 1, '{"time":5,"priceVersion":"v","inputPrice":3}'))
  endTurn()
  await pass()
  expect(intent.outcome).toBe('refused')
  const found = await readAll(disk)
  expect(found.open).toEqual([])
  expect(found.rows).toHaveLength(1)
  const end = { status: 'error', errorCode: 'journal_unavailable', usageSource: 'none', cost: 0, isUnpriced: false }
  expect(found.rows[0]).toMatchObject({ requestId: requestId(1), attempt: 1, entry: { time: 5, ...end } })
  expect(journal.isAvailable).toBe(true)
})

test('ME7 the ends of refused INTENTs wait for a disk that stays away, and their number does not grow meanwhile', async () => {
  const disk = new MemoryDisk()
  const { journal, endTurn, pass } = openManualJournal(disk)
  disk.plan({ operation: 'write', first: 1, count: 12, lands: 'all' })
  const followed = []
  for (let index = 0; index < 10; index += 1) {
    followed.push(follow(journal.append('intent', requestId(index), 1, '{"time":1}')))
    endTurn()
    await pass(1)
  }
  expect(followed.every((each) => each.outcome === 'refused')).toBe(true)
  await pass(20)
  const found = await readAll(disk)
  expect(found.open).toEqual([])
  // Only the first was ever written: while its end waits, others are refused before they touch the disk.
  expect(new Set(idsOf(found))).toEqual(new Set([requestId(0)]))
  expect(journal.isAvailable).toBe(true)
})

test('ME7 INTENTs that were queued when the disk went away are refused and do not wait for it', async () => {
  const disk = new MemoryDisk()
  const { journal, pass } = openManualJournal(disk, { sync: 'strict' })
  const first = follow(journal.append('final', requestId(1), 1, '{"n":1}'))
  await settlePromises()
  disk.plan({ operation: 'sync', first: 1, count: Number.POSITIVE_INFINITY, lands: 'all' })
  await pass(1)
  const queued = follow(journal.append('intent', requestId(2), 1, '{"time":1}'))
  await pass(3)
  expect([first.outcome, queued.outcome]).toEqual(['waiting', 'refused'])
  disk.heal()
  await pass()
  expect(first.outcome).toBe('written')
})

test('ME7 who waits for what was appended waits for the FINAL, whatever becomes of the INTENT behind it', async () => {
  const disk = new MemoryDisk()
  const run = openManualJournal(disk)
  void run.journal.append('intent', requestId(0), 1, '{"time":1}')
  await run.pass(1)
  const gone = { first: 1, count: 3, lands: 'nothing' } as const
  disk.plan({ operation: 'write', ...gone }, { operation: 'open', ...gone })
  void run.journal.append('final', requestId(0), 1, '{"time":1}')
  run.journal.append('intent', requestId(1), 1, '{"time":1}').catch(() => undefined)
  let isWritten = false
  void run.journal.written().then(() => (isWritten = true))
  run.endTurn()
  await settlePromises()
  expect([isWritten, (await readAll(disk)).rows.length]).toEqual([false, 0])
  await run.pass()
  // The refused INTENT has its end too.
  expect([isWritten, (await readAll(disk)).rows.length]).toEqual([true, 2])
})

test('ME7 a disk whose syncs fail again and again is tried with each timer, not in a loop', async () => {
  const disk = new MemoryDisk()
  const { journal, pass } = openManualJournal(disk, { sync: 'strict' })
  disk.plan({ operation: 'sync', first: 1, count: Number.POSITIVE_INFINITY, lands: 'all' })
  const final = follow(journal.append('final', requestId(1), 1, '{"n":1}'))
  await pass(10)
  expect(final.outcome).toBe('waiting')
  expect(disk.files.size).toBeLessThanOrEqual(12)
  expect(journal.isAvailable).toBe(false)
  disk.heal()
  await pass()
  expect(final.outcome).toBe('written')
  expect(journal.isAvailable).toBe(true)
})

test('ME7 a disk that falls too far behind takes no new requests until it has caught up', async () => {
  const disk = new MemoryDisk()
  const { journal, endTurn, runTimers, pass } = openManualJournal(disk, { sync: 'disk' })
  // Its sync does not end before the test says so.
  for (let index = 0; index < 50_000; index += 1) void journal.append('final', requestId(index), 1, '{"n":1}')
  expect(journal.isAvailable).toBe(true)
  endTurn()
  runTimers()
  expect(journal.isAvailable).toBe(false)
  await expect(journal.append('intent', requestId(0), 2, '{"time":1}')).rejects.toMatchObject({
    code: 'journal_unavailable',
  })
  await pass()
  expect(journal.isAvailable).toBe(true)
})

test('in strict mode a FINAL waits for the disk, and a failed sync writes it again elsewhere', async () => {
  const disk = new MemoryDisk()
  const { journal, endTurn, pass } = openManualJournal(disk, { sync: 'strict' })
  disk.plan({ operation: 'sync', first: 1, count: 1, lands: 'nothing' })
  const final = follow(journal.append('final', requestId(1), 1, '{"n":1}'))
  endTurn()
  await settlePromises()
  expect(final.outcome).toBe('waiting')
  disk.runSyncs()
  await settlePromises()
  expect(final.outcome).toBe('waiting')
  await pass()
  expect(final.outcome).toBe('written')
  expect(idsOf(await readAll(disk.afterPowerCut()))).toEqual([requestId(1)])
})

test.each(['rotation', 'close'])('in strict mode a sync that fails at %s acknowledges nothing', async (occasion) => {
  const disk = new MemoryDisk()
  const { journal, endTurn, pass } = openManualJournal(disk, { sync: 'strict', segmentBytesMax: 100 })
  disk.plan({ operation: 'sync', first: 1, count: 1, lands: 'nothing' })
  // Larger than a segment may become: written, and rotated away at once.
  const payload = JSON.stringify({ n: 'x'.repeat(occasion === 'rotation' ? 200 : 1) })
  const final = follow(journal.append('final', requestId(1), 1, payload))
  endTurn()
  const closing = occasion === 'close' ? journal.close() : Promise.resolve()
  disk.runSyncs()
  await settlePromises()
  expect(final.outcome).toBe('waiting')
  await pass()
  await closing
  expect(final.outcome).toBe('written')
  expect(idsOf(await readAll(disk.afterPowerCut()))).toEqual([requestId(1)])
  expect(disk.misuses).toEqual([])
})

test.each(['strict', 'disk'] as const)('a file is not closed while its sync runs (%s)', async (sync) => {
  const disk = new MemoryDisk()
  const { journal, endTurn, runTimers, pass } = openManualJournal(disk, { sync, segmentBytesMax: 300 })
  void journal.append('final', requestId(1), 1, '{"n":1}')
  endTurn()
  runTimers()
  expect(disk.counts.sync).toBe(1)
  void journal.append('final', requestId(2), 1, JSON.stringify({ n: 'x'.repeat(300) }))
  endTurn()
  expect(disk.files.size).toBe(2)
  const closing = journal.close()
  await pass()
  await closing
  expect(disk.misuses).toEqual([])
  expect(disk.openFiles).toBe(0)
  expect(idsOf(await readAll(disk.afterPowerCut()))).toEqual([1, 2].map(requestId))
})

test('an acknowledged record that a failed sync lost is written again, and an INTENT never after its FINAL', async () => {
  const disk = new MemoryDisk()
  const { journal, endTurn, runTimers, pass } = openManualJournal(disk, { sync: 'disk' })
  const append = async (type: FrameType, index: number) => {
    const appended = journal.append(type, requestId(index), 1, '{"time":1}')
    endTurn()
    await appended
  }
  await append('intent', 1)
  await append('intent', 2)
  disk.plan({ operation: 'sync', first: 1, count: 1, lands: 'nothing' })
  runTimers()
  await append('final', 1)
  disk.runSyncs()
  await pass()
  const found = await readAll(disk)
  expect(idsOf(found)).toContain(requestId(1))
  expect(found.open).toEqual([requestId(2)])
})

test('HO4 what the last flush could not write is written at close by further tries', async () => {
  const disk = new MemoryDisk()
  const { journal, pass } = openManualJournal(disk)
  disk.plan({ operation: 'write', first: 1, count: 2, lands: 'half' })
  const final = follow(journal.append('final', requestId(1), 1, '{"n":1}'))
  const closing = journal.close()
  await pass()
  await closing
  expect(final.outcome).toBe('written')
  expect(idsOf(await readAll(disk))).toEqual([requestId(1)])
  expect(disk.openFiles).toBe(0)
})

test('HO4 what cannot be written at close is reported and its caller told; closing still ends', async () => {
  for (const operation of ['open', 'write', 'sync'] as const) {
    const disk = new MemoryDisk()
    const { journal, endTurn, errors, pass } = openManualJournal(disk, { sync: 'strict' })
    const always = { first: 1, count: Number.POSITIVE_INFINITY, lands: 'nothing' } as const
    // Without a failed write no other segment would have to be opened.
    if (operation === 'open') disk.plan({ ...always, operation: 'write', count: 1 }, { ...always, operation })
    else disk.plan({ ...always, operation })
    const final = follow(journal.append('final', requestId(1), 1, '{"n":1}'))
    endTurn()
    let isClosed = false
    void journal.close().then(() => (isClosed = true))
    await pass(30)
    expect(isClosed, operation).toBe(true)
    expect(final.outcome, operation).toBe('refused')
    expect(String(errors.at(-1))).toContain(`${requestId(1)}-1`)
    expect(disk.openFiles).toBe(0)
    const late = follow(journal.append('final', requestId(2), 1, '{"n":2}'))
    await pass(1)
    expect(late.outcome).toBe('refused')
  }
})

test('a segment whose header cannot be written leaves no file open and the number is not used again', async () => {
  const disk = new MemoryDisk()
  disk.plan({ operation: 'write', first: 1, count: 1, lands: 'half' })
  expect(() => openManualJournal(disk)).toThrow('i/o error')
  expect(disk.openFiles).toBe(0)
  const { journal, endTurn } = openManualJournal(disk)
  void journal.append('final', requestId(1), 1, '{"n":1}')
  endTurn()
  expect(journal.segment).toBe(2)
  expect(idsOf(await readAll(disk))).toEqual([requestId(1)])
})

test('a record that no reader would take is refused alone, and leaves room for the end of its attempt', async () => {
  const disk = new MemoryDisk()
  const { journal, endTurn } = openManualJournal(disk)
  const large = JSON.stringify({ n: 'x'.repeat(frameBytesMax) })
  const records = [follow(journal.append('final', requestId(1), 1, large))]
  records.push(follow(journal.append('intent', requestId(2), 1, `{"n":"${'x'.repeat(frameBytesMax / 3 - 1000)}"}`)))
  records.push(follow(journal.append('final', requestId(3), 1, '{"n":3}')))
  endTurn()
  await settlePromises()
  expect(records.map((each) => each.outcome)).toEqual(['refused', 'refused', 'written'])
  expect(idsOf(await readAll(disk))).toEqual([requestId(3)])
})

/** A frame as a writer without a limit would leave it. */
function oversizeFrame(payloadBytes: number): Buffer {
  const small = Buffer.alloc(frameSizeMax(''))
  const fixed = small.subarray(0, writeFrame(small, 0, frameOf('final', 1, '')))
  const frame = Buffer.concat([fixed, Buffer.alloc(payloadBytes, 'x')])
  frame.writeUInt32LE(frame.length - 8, 0)
  frame.writeUInt32LE(crc32(frame.subarray(8)), 4)
  return frame
}

const frameOf = (type: FrameType, index: number, payload: string) => ({
  type,
  sequence: index,
  requestId: requestId(index),
  attempt: 1,
  payload,
})

test('ME4 an oversize frame that is whole is skipped by its length; a damaged or torn one ends its segment', async () => {
  const written = new MemoryDisk()
  const { journal, endTurn } = openManualJournal(written)
  void journal.append('final', requestId(5), 1, '{"n":5}')
  endTurn()
  const bytes = written.files.get(1)?.bytes ?? Buffer.alloc(0)
  const [header, record] = [bytes.subarray(0, 64), bytes.subarray(64)]
  for (const payloadBytes of [frameBytesMax, frameBytesMax * 2, frameBytesMax * 5 + 7]) {
    const oversize = oversizeFrame(payloadBytes)
    const damaged = Buffer.from(oversize)
    damaged[payloadBytes] = 0
    const cases: [name: string, segment: Buffer, rows: number[], problem: string][] = [
      ['whole', Buffer.concat([header, record, oversize, record]), [5, 5, 5], 'skipped'],
      ['damaged', Buffer.concat([header, record, damaged, record]), [5, 5], 'damaged'],
      ['torn', Buffer.concat([header, record, oversize.subarray(0, -1)]), [5, 5], 'torn'],
    ]
    for (const [name, segment, rows, problem] of cases) {
      const disk = new MemoryDisk()
      disk.files.set(1, { bytes: segment, syncedBytes: 0 })
      disk.files.set(2, { bytes, syncedBytes: 0 })
      const found = await readAll(disk)
      expect(idsOf(found), name).toEqual(rows.map(requestId))
      expect(found.problems, name).toEqual([expect.stringContaining(problem)])
    }
  }
})

test('ME8 an oversize frame that cannot be read to its end for a moment is tried again and loses nothing', async () => {
  const disk = new MemoryDisk()
  const { journal, endTurn } = openManualJournal(disk)
  void journal.append('final', requestId(5), 1, '{"n":5}')
  endTurn()
  const bytes = disk.files.get(1)?.bytes ?? Buffer.alloc(0)
  const record = bytes.subarray(64)
  disk.files.set(1, { bytes: Buffer.concat([bytes, oversizeFrame(frameBytesMax * 5), record]), syncedBytes: 0 })
  for (let failing = 1; failing <= 5; failing += 1) {
    let reads = 0
    const flaky = {
      ...disk.directory,
      read: (segment: number, offset: number, length: number) => {
        reads += 1
        if (reads === failing) return Promise.reject(new RangeError('i/o error'))
        return disk.directory.read(segment, offset, length)
      },
    }
    const reader = new JournalReader(flaky, () => undefined)
    const rows: string[] = []
    for (let isAtEnd = false; !isAtEnd;) {
      const batch = await reader.next(10).catch(() => ({ rows: [], isAtEnd: false }))
      rows.push(...batch.rows.map((row) => row.requestId))
      isAtEnd = batch.isAtEnd
    }
    expect(rows, `read ${failing}`).toEqual([5, 5].map(requestId))
  }
})

test('ME4 a tail torn at any byte loses nothing before it and the next segment is read', async () => {
  const whole = new MemoryDisk()
  const { journal, endTurn } = openManualJournal(whole)
  for (const index of [1, 2, 3]) void journal.append('final', requestId(index), 1, `{"n":${index},"t":"拼车"}`)
  endTurn()
  const bytes = whole.files.get(1)?.bytes ?? Buffer.alloc(0)
  for (let length = 64; length <= bytes.length; length += 1) {
    const disk = new MemoryDisk()
    disk.files.set(1, { bytes: bytes.subarray(0, length), syncedBytes: 0 })
    const later = openManualJournal(disk)
    void later.journal.append('final', requestId(7), 1, '{"n":7}')
    later.endTurn()
    const rows = idsOf(await readAll(disk))
    expect(rows.at(-1), `torn at ${length}`).toBe(requestId(7))
    const before = rows.slice(0, -1)
    expect(before).toEqual([1, 2, 3].slice(0, before.length).map(requestId))
    if (length === bytes.length) expect(before).toHaveLength(3)
  }
})
