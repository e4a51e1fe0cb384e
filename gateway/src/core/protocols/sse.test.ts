// The event splitter: whatever the boundaries of the chunks, the events are the same.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutsArbitrary, splitAt, splitEvery } from './__fixtures__/feed.ts'
import { SseReader } from './sse.ts'

interface Seen {
  raw: string
  data: string | undefined
  name: string | undefined
}

function read(chunks: readonly Buffer[], reader = new SseReader()): Seen[] {
  const seen: Seen[] = []
  const drain = () => {
    while (reader.next()) {
      const { bytes, start, end, data, dataStart, dataEnd } = reader
      seen.push({
        raw: bytes.toString('utf8', start, end),
        data: dataStart < 0 ? undefined : data.toString('utf8', dataStart, dataEnd),
        name: reader.eventName(),
      })
    }
  }
  for (const chunk of chunks) {
    reader.push(chunk)
    drain()
    // Asking once more changes nothing.
    drain()
  }
  reader.finish()
  drain()
  return seen
}

const dataOf = (text: string) => read([Buffer.from(text)]).map(({ data }) => data)

describe('events', () => {
  test('LF, CRLF and CR end lines, also mixed', () => {
    const endings = ['\n\n', '\r\n\r\n', '\r\r', '\n\r\n', '\r\n\n', '\r\r\n']
    for (const ending of endings) expect(dataOf(`data: a${ending}data: b${ending}`)).toEqual(['a', 'b'])
  })

  test('several data lines are joined, one space after the colon is not data', () => {
    expect(dataOf('data: a\ndata:b\ndata\ndata:  c\n\n')).toEqual(['a\nb\n\n c'])
    expect(dataOf('data: x\n\ndata: ä\r\ndata: 世\r\n\r\n')).toEqual(['x', 'ä\n世'])
  })

  test('comments and other fields are no data; names are read', () => {
    expect(read([Buffer.from(': ping\n\nid: 7\nevent: done\ndata: 1\nretry: 3\n\n')])).toEqual([
      { raw: ': ping\n\n', data: undefined, name: undefined },
      { raw: 'id: 7\nevent: done\ndata: 1\nretry: 3\n\n', data: '1', name: 'done' },
    ])
    expect(dataOf('datax: 1\n\ndat: 2\n\n')).toEqual([undefined, undefined])
  })

  test('a BOM opens the stream and is no part of the first field', () => {
    expect(dataOf('\uFEFFdata: a\n\ndata: b\n\n')).toEqual(['a', 'b'])
    expect(dataOf('\uFEFFdata: a\r\n\r\n')).toEqual(['a'])
  })

  test('the rest without a blank line is delivered at the end', () => {
    expect(dataOf('data: a\n\ndata: b')).toEqual(['a', 'b'])
    expect(dataOf('data: a\r\n\r\ndata: b\r\n\r')).toEqual(['a', 'b'])
    expect(dataOf('')).toEqual([])
  })

  test('an event that stands whole in a chunk is not copied', () => {
    const chunk = Buffer.from('data: a\n\ndata: b\n\n')
    const reader = new SseReader()
    reader.push(chunk)
    reader.next()
    expect(reader.next()).toBe(true)
    expect(reader.bytes).toBe(chunk)
    expect(reader.data).toBe(chunk)
    expect(reader.next()).toBe(false)
    expect(reader.consumed).toBe(chunk.length)
  })
})

describe('any split', () => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 6 }).map((text) => text.replace(/[\r\n]/g, '')),
    fc.constantFrom('data: 世界', 'data:', 'event: x', ': c', 'data: "a\\nb"', ''),
  )
  const stream = fc
    .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 20 })
    .map((lines) => Buffer.from(lines.map(([text, ending]) => text + ending).join('')))

  test('gives the same events', () => {
    fc.assert(
      fc.property(stream, cutsArbitrary, (bytes, cuts) => {
        const whole = read([bytes])
        expect(read(splitAt(bytes, cuts))).toEqual(whole)
        expect(read(splitEvery(bytes, 1))).toEqual(whole)
        expect(Buffer.from(whole.map(({ raw }) => raw).join(''))).toEqual(bytes)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('bounds', () => {
  const limit = 64
  const overflows = (chunks: Buffer[]) => {
    const reader = new SseReader(limit)
    const seen = read(chunks, reader)
    return { overflowed: reader.overflowed, seen: seen.length }
  }

  test('an event of the limit passes, one byte more overflows, however it is cut', () => {
    const fits = Buffer.from(`data: ${'x'.repeat(limit - 8)}\n\n`)
    const exceeds = Buffer.from(`data: ${'x'.repeat(limit - 7)}\n\n`)
    for (const size of [1, 7, 1000]) {
      expect(overflows(splitEvery(fits, size))).toEqual({ overflowed: false, seen: 1 })
      expect(overflows(splitEvery(exceeds, size))).toEqual({ overflowed: true, seen: 0 })
    }
  })

  test('what never ends is given up, and nothing is read behind it', () => {
    const chunks = [Buffer.from('data: 1\n\n'), Buffer.from('x'.repeat(65)), Buffer.from('\n\ndata: 2\n\n')]
    expect(overflows(chunks)).toEqual({ overflowed: true, seen: 1 })
  })
})
