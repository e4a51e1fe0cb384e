// The archive format alone: what is written is read again, however the stream is cut into chunks; damage is noticed.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeTarHeader, readTar, tarEnd, tarPadding } from './tar-archive.ts'

interface File {
  path: string
  content: Buffer
}

function writeAll(files: readonly File[]): Buffer {
  const blocks = files.flatMap(({ path, content }) => [
    encodeTarHeader({ path, kind: 'file', mode: 0o600, sizeBytes: content.length }, 1_790_000_000_000),
    content,
    tarPadding(content.length),
  ])
  return Buffer.concat([...blocks, tarEnd])
}

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let position = 0
  for (let index = 0; position < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1
    yield bytes.subarray(position, position + size)
    position += size
  }
}

async function readAll(source: AsyncIterable<Buffer>): Promise<File[]> {
  const files: File[] = []
  for await (const { path, body } of readTar(source)) {
    const chunks: Buffer[] = []
    for await (const chunk of body) chunks.push(chunk)
    files.push({ path, content: Buffer.concat(chunks) })
  }
  return files
}

const fileArbitrary = fc.record({
  path: fc
    .array(fc.stringMatching(/^[a-zA-Z0-9._\u4e00-\u4e10-]{1,30}$/), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/')),
  content: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
})

describe('the tar archive', () => {
  test('any files come back from any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fileArbitrary, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 1_500 }), { minLength: 1, maxLength: 5 }),
        async (files, sizes) => {
          expect(await readAll(cut(writeAll(files), sizes))).toEqual(files)
        },
      ),
    )
  })

  test('a path of 200 bytes uses the prefix, a longer name than fits is refused', async () => {
    const path = `${'folder/'.repeat(20)}${'n'.repeat(60)}`
    expect(await readAll(cut(writeAll([{ path, content: Buffer.from('x') }]), [512]))).toMatchObject([{ path }])
    expect(() => encodeTarHeader({ path: 'n'.repeat(101), kind: 'file', mode: 0, sizeBytes: 0 }, 0)).toThrow('too long')
  })

  test('an archive cut anywhere is refused', async () => {
    const whole = writeAll([{ path: 'a', content: Buffer.alloc(700, 1) }])
    await fc.assert(
      // The second block of the end mark may be missing: many writers leave it out.
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1025 }), async (length) => {
        await expect(readAll(cut(whole.subarray(0, length), [512]))).rejects.toMatchObject({ code: 'backup_corrupt' })
      }),
    )
  })

  test('a flipped bit in a header is noticed', async () => {
    const whole = writeAll([{ path: 'a', content: Buffer.alloc(10, 1) }])
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 511 }), fc.integer({ min: 0, max: 7 }), async (at, bit) => {
        const damaged = Buffer.from(whole)
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit)
        // The last two bytes of the checksum field carry nothing.
        fc.pre(at !== 154 && at !== 155)
        await expect(readAll(cut(damaged, [512]))).rejects.toMatchObject({ code: 'backup_corrupt' })
      }),
    )
  })
})
