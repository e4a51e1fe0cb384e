// Numbered append-only files in one directory: what the journal is written to and read back from. No format knowledge.
import { closeSync, fdatasync, ftruncateSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

export interface SegmentFile {
  /** Hands bytes to the operating system before it returns. Throws the file system's error. */
  write(bytes: Buffer, length: number): void
  /** Calls back once what was written is on the disk. */
  sync(done: (error: Error | null) => void): void
  close(): void
}

export interface SegmentDirectory {
  create(segment: number): SegmentFile
  /** Ascending. */
  list(): number[]
  /** Reads at most `length` bytes; shorter only at the end of the file. */
  read(segment: number, offset: number, length: number): Promise<Buffer>
  remove(segment: number): void
  /** A file of that many bytes, to be given up when the disk is full. */
  keepReserve(bytes: number): void
  dropReserve(): void
}

const suffix = '.journal'
const numberDigits = 12

export function openSegmentDirectory(path: string): SegmentDirectory {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const fileOf = (segment: number) => join(path, String(segment).padStart(numberDigits, '0') + suffix)
  const reserve = join(path, 'reserve')
  return {
    create: (segment) => createSegment(fileOf(segment)),
    list: () =>
      readdirSync(path)
        .filter((name) => name.endsWith(suffix))
        .map((name) => Number(name.slice(0, -suffix.length)))
        .filter(Number.isSafeInteger)
        .toSorted((a, b) => a - b),
    read: (segment, offset, length) => readAt(fileOf(segment), offset, length),
    remove: (segment) => rmSync(fileOf(segment), { force: true }),
    keepReserve: (bytes) => {
      const descriptor = openSync(reserve, 'w', 0o600)
      try {
        // Zeros are really written: a sparse file would hold nothing back.
        ftruncateSync(descriptor, 0)
        writeSync(descriptor, Buffer.alloc(bytes))
      } finally {
        closeSync(descriptor)
      }
    },
    dropReserve: () => rmSync(reserve, { force: true }),
  }
}

function createSegment(file: string): SegmentFile {
  const descriptor = openSync(file, 'ax', 0o600)
  return {
    write: (bytes, length) => {
      let written = 0
      while (written < length) written += writeSync(descriptor, bytes, written, length - written)
    },
    sync: (done) => fdatasync(descriptor, done),
    close: () => closeSync(descriptor),
  }
}

async function readAt(file: string, offset: number, length: number): Promise<Buffer> {
  const handle = await open(file, 'r')
  try {
    const bytes = Buffer.allocUnsafe(length)
    const { bytesRead } = await handle.read(bytes, 0, length, offset)
    return bytes.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
