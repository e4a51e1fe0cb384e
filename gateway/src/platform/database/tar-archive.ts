// The archive format of backups: POSIX ustar, written and read as streams with bounded memory, so that `tar` can open
// a backup as well. Owns headers and padding; knows nothing of what is in a backup (backup.ts, restore.ts).
// Format: POSIX.1-2001, pax utility, "ustar Interchange Format".
import { DatabaseError } from './errors.ts'

const blockBytes = 512
const nameBytesMax = 100
const prefixBytesMax = 155
// Eleven octal digits.
const sizeBytesMax = 8 * 1024 ** 3 - 1

export interface TarEntry {
  path: string
  kind: 'file' | 'folder'
  mode: number
  sizeBytes: number
}

export interface ReadEntry extends TarEntry {
  /** The file's bytes; must be read to the end before the next entry is asked for. */
  body: AsyncIterable<Buffer>
}

export function encodeTarHeader(entry: TarEntry, modifiedAtMs: number): Buffer {
  const { name, prefix } = splitPath(entry.path)
  if (entry.sizeBytes > sizeBytesMax) throw corrupt(`${entry.path} is too large for this archive format`)
  const header = Buffer.alloc(blockBytes)
  header.write(name, 0, 'utf8')
  writeOctal(header, entry.mode & 0o777, 100, 8)
  writeOctal(header, 0, 108, 8)
  writeOctal(header, 0, 116, 8)
  writeOctal(header, entry.sizeBytes, 124, 12)
  writeOctal(header, Math.floor(modifiedAtMs / 1000), 136, 12)
  header.write(entry.kind === 'folder' ? '5' : '0', 156)
  header.write('ustar\x0000', 257, 'latin1')
  header.write(prefix, 345, 'utf8')
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

/** The zeros that fill a file's last block. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes)
}

export const tarEnd = Buffer.alloc(2 * blockBytes)

/** Reads an archive entry by entry. Fails with `backup_corrupt` on anything that is no ustar, or on a cut end. */
export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<ReadEntry> {
  const bytes = new ByteSource(source)
  for (;;) {
    const header = await bytes.takeExactly(blockBytes)
    if (header.every((byte) => byte === 0)) return await bytes.drain()
    const entry = decodeHeader(header)
    let isRead = false
    const body = async function* (): AsyncGenerator<Buffer> {
      yield* bytes.take(entry.sizeBytes)
      await bytes.takeExactly(tarPadding(entry.sizeBytes).length)
      isRead = true
    }
    yield { ...entry, body: body() }
    if (!isRead) throw corrupt(`${entry.path} was not read to its end`)
  }
}

function decodeHeader(header: Buffer): TarEntry {
  const stated = readOctal(header, 148, 8)
  if (stated !== checksumOf(header)) throw corrupt('a header has a wrong checksum')
  const prefix = readText(header, 345, prefixBytesMax)
  const name = readText(header, 0, nameBytesMax)
  const type = header.toString('latin1', 156, 157)
  if (type !== '0' && type !== '5') throw corrupt(`${name} is neither a file nor a folder`)
  return {
    path: prefix ? `${prefix}/${name}` : name,
    kind: type === '5' ? 'folder' : 'file',
    mode: readOctal(header, 100, 8),
    sizeBytes: readOctal(header, 124, 12),
  }
}

function splitPath(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= nameBytesMax) return { name: path, prefix: '' }
  const parts = path.split('/')
  const cut = parts.findIndex((_, index) => Buffer.byteLength(parts.slice(index + 1).join('/')) <= nameBytesMax)
  const prefix = parts.slice(0, cut + 1).join('/')
  const name = parts.slice(cut + 1).join('/')
  if (name && Buffer.byteLength(prefix) <= prefixBytesMax) return { name, prefix }
  throw new DatabaseError('backup_target_invalid', `a path is too long for the archive format: ${path}`)
}

/** The sum of all header bytes, with the checksum's own field taken as spaces. */
function checksumOf(header: Buffer): number {
  let sum = 8 * 0x20
  for (const [index, byte] of header.entries()) if (index < 148 || index >= 156) sum += byte
  return sum
}

function writeOctal(header: Buffer, value: number, offset: number, width: number): void {
  header.write(value.toString(8).padStart(width - 1, '0'), offset, 'latin1')
}

function readOctal(header: Buffer, offset: number, width: number): number {
  const text = header.toString('latin1', offset, offset + width).replace(/[\0 ]+$/, '')
  if (!/^[0-7]+$/.test(text)) throw corrupt('a header holds no number where one belongs')
  return Number.parseInt(text, 8)
}

function readText(header: Buffer, offset: number, width: number): string {
  const field = header.subarray(offset, offset + width)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? width : end)
}

/** Gives out a stream's bytes in the portions asked for, holding at most one of its chunks. */
class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Buffer>) {
    this.#chunks = source[Symbol.asyncIterator]()
  }

  async *take(count: number): AsyncGenerator<Buffer> {
    let missing = count
    while (missing > 0) {
      if (this.#rest.length === 0) await this.#pull()
      const portion = this.#rest.subarray(0, missing)
      this.#rest = this.#rest.subarray(portion.length)
      missing -= portion.length
      yield portion
    }
  }

  async takeExactly(count: number): Promise<Buffer> {
    const portions: Buffer[] = []
    for await (const portion of this.take(count)) portions.push(portion)
    return Buffer.concat(portions)
  }

  /** Reads on to the end, so that the decompressor checks its own checksum. */
  async drain(): Promise<void> {
    while (!(await this.#chunks.next()).done) {
      // Only zeros are left.
    }
  }

  async #pull(): Promise<void> {
    const next = await this.#chunks.next()
    if (next.done) throw corrupt('it ends too early')
    this.#rest = next.value
  }
}

function corrupt(why: string): DatabaseError {
  return new DatabaseError('backup_corrupt', `the backup is damaged: ${why}`)
}
