// A disk in memory under the journal: files survive their writer, syncs end when the test says so, and the N-th opening,
// write or sync can be made to fail, with its bytes lost, torn or landed all the same. Says what its user did wrong.
import type { SegmentDirectory } from '../../src/platform/segments.ts'

export type Operation = 'open' | 'write' | 'sync'

export interface Fault {
  operation: Operation
  /** The first operation of its kind that fails, counted from 1 since the faults were planned. */
  first: number
  /** How many in a row fail. */
  count: number
  /** What becomes of the bytes all the same. A sync that lands nothing loses what was written since the last good one. */
  lands: 'nothing' | 'half' | 'all'
}

interface MemoryFile {
  bytes: Buffer
  /** So many bytes would survive a power cut. */
  syncedBytes: number
}

const inputOutputError = () => Object.assign(new RangeError('i/o error'), { code: 'EIO' })

export class MemoryDisk {
  readonly files = new Map<number, MemoryFile>()
  /** Openings, writes and syncs so far, or since faults were last planned. */
  readonly counts: Record<Operation, number> = { open: 0, write: 0, sync: 0 }
  /** Uses that a real disk would punish: a close while a sync runs, anything after a close. */
  readonly misuses: string[] = []
  openFiles = 0
  #faults: readonly Fault[] = []
  #pendingSyncs: (() => void)[] = []

  readonly directory: SegmentDirectory = {
    create: (segment) => this.#create(segment),
    list: () => [...this.files.keys()].toSorted((a, b) => a - b),
    read: async (segment, offset, length) => this.#bytesOf(segment).subarray(offset, offset + length),
    remove: (segment) => void this.files.delete(segment),
    keepReserve: () => undefined,
    dropReserve: () => undefined,
  }

  /** From now on these faults strike, and no others. */
  plan(...faults: Fault[]): void {
    this.#faults = faults
    Object.assign(this.counts, { open: 0, write: 0, sync: 0 })
  }

  heal(): void {
    this.plan()
  }

  /** Lets the syncs that run now end. */
  runSyncs(): void {
    for (const end of this.#pendingSyncs.splice(0)) end()
  }

  /** The same disk as the next start finds it after the power went. */
  afterPowerCut(): MemoryDisk {
    const disk = new MemoryDisk()
    for (const [segment, { bytes, syncedBytes }] of this.files)
      disk.files.set(segment, { bytes: bytes.subarray(0, syncedBytes), syncedBytes })
    return disk
  }

  #bytesOf(segment: number): Buffer {
    return this.files.get(segment)?.bytes ?? Buffer.alloc(0)
  }

  /** What lands although the operation fails; undefined when it works. */
  #failing(operation: Operation): Fault['lands'] | undefined {
    const count = (this.counts[operation] += 1)
    const strikes = (fault: Fault) =>
      fault.operation === operation && count >= fault.first && count < fault.first + fault.count
    return this.#faults.find(strikes)?.lands
  }

  #create(segment: number): ReturnType<SegmentDirectory['create']> {
    if (this.files.has(segment)) throw Object.assign(new RangeError('file exists'), { code: 'EEXIST' })
    if (this.#failing('open') !== undefined) throw inputOutputError()
    const file: MemoryFile = { bytes: Buffer.alloc(0), syncedBytes: 0 }
    this.files.set(segment, file)
    this.openFiles += 1
    let isOpen = true
    let syncs = 0
    const requireOpen = (what: string) => {
      if (!isOpen) this.misuses.push(`${what} of the closed segment ${segment}`)
    }
    return {
      write: (bytes, length) => {
        requireOpen('write')
        const lands = this.#failing('write')
        const landing = lands === 'nothing' ? 0 : lands === 'half' ? Math.floor(length / 2) : length
        file.bytes = Buffer.concat([file.bytes, bytes.subarray(0, landing)])
        if (lands !== undefined) throw inputOutputError()
      },
      sync: (done) => {
        requireOpen('sync')
        syncs += 1
        const lands = this.#failing('sync')
        const length = file.bytes.length
        this.#pendingSyncs.push(() => {
          syncs -= 1
          if (lands === undefined) file.syncedBytes = Math.max(file.syncedBytes, length)
          else if (lands === 'nothing') file.bytes = Buffer.from(file.bytes).fill(0, file.syncedBytes, length)
          done(lands === undefined ? null : inputOutputError())
        })
      },
      close: () => {
        requireOpen('close')
        if (syncs > 0) this.misuses.push(`close of segment ${segment} while it was synced`)
        if (isOpen) this.openFiles -= 1
        isOpen = false
      },
    }
  }
}
