// The journal's frames: what is written is read back, and damage anywhere is seen.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  fitsFrame,
  frameBytesMax,
  frameSizeMax,
  readFrame,
  writeFrame,
  type Frame,
} from './frame.ts'

const requestId = '01234567-89ab-7cde-8f01-23456789abcd'
const frame = (payload: string, sequence = 1): Frame => ({ type: 'final', sequence, requestId, attempt: 1, payload })

function encode(frames: Frame[]): Buffer {
  const bytes = Buffer.alloc(frames.reduce((sum, each) => sum + frameSizeMax(each.payload), 0))
  let length = 0
  for (const each of frames) length += writeFrame(bytes, length, each)
  return bytes.subarray(0, length)
}

test('what is written is read back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 200 }), { minLength: 1, maxLength: 5 }),
      (payloads) => {
        const frames = payloads.map((payload, index) => frame(payload, index + 1))
        const bytes = encode(frames)
        let offset = 0
        for (const each of frames) {
          const read = readFrame(bytes, offset)
          expect(read).toMatchObject({ kind: 'frame', frame: each })
          if (read.kind === 'frame') offset = read.nextOffset
        }
        expect(offset).toBe(bytes.length)
      },
    ),
  )
})

test('ME4 a tail torn at any byte is incomplete and never a frame', () => {
  const bytes = encode([frame('{"a":"拼车"}')])
  for (let length = 0; length < bytes.length; length += 1) {
    expect(readFrame(bytes.subarray(0, length), 0).kind).toBe('incomplete')
  }
})

test('ME4 a flipped bit anywhere is damage or an incomplete frame, never a wrong frame', () => {
  const bytes = encode([frame('{"cost":123}')])
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const damaged = Buffer.from(bytes)
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(readFrame(damaged, 0).kind, `bit ${bit}`).not.toBe('frame')
  }
})

test('the largest frame is written and read, and one byte more is a broken invariant', () => {
  const fixed = encode([frame('')]).length
  const largest = 'x'.repeat(frameBytesMax - fixed + 8)
  const bytes = encode([frame(largest)])
  expect(bytes).toHaveLength(frameBytesMax + 8)
  expect(readFrame(bytes, 0)).toMatchObject({ kind: 'frame', nextOffset: bytes.length })
  expect(() => encode([frame(`${largest}x`)])).toThrow('invariant broken')
})

test('a record that fits by its characters fits by its bytes, and an INTENT leaves room for its end', () => {
  const fixed = frameSizeMax('') - 8
  const ideographs = Math.floor((frameBytesMax - fixed) / 3)
  expect(fitsFrame('final', '车'.repeat(ideographs))).toBe(true)
  expect(encode([frame('车'.repeat(ideographs))]).length).toBeLessThanOrEqual(frameBytesMax + 8)
  expect(fitsFrame('final', '车'.repeat(ideographs + 1))).toBe(false)
  expect(fitsFrame('intent', '车'.repeat(ideographs))).toBe(false)
  expect(fitsFrame('intent', 'x'.repeat(4096))).toBe(true)
})

test('ME4 a frame larger than any record says how long it is and by what it can be checked', () => {
  const bytes = encode([frame('{}')])
  bytes.writeUInt32LE(frameBytesMax + 1, 0)
  const checksum = bytes.readUInt32LE(4)
  expect(readFrame(bytes, 0)).toEqual({ kind: 'oversize', prefixBytes: 8, length: frameBytesMax + 1, checksum })
})

test('a segment header is read back and its damage is seen', () => {
  const header = { nodeId: 'node-abc', epoch: 7, segment: 12 }
  const bytes = encodeSegmentHeader(header)
  expect(decodeSegmentHeader(bytes)).toEqual(header)
  for (let index = 0; index < bytes.length; index += 1) {
    const damaged = Buffer.from(bytes)
    damaged[index] = (damaged[index] ?? 0) ^ 1
    expect(decodeSegmentHeader(damaged), `byte ${index}`).toBeUndefined()
  }
})
