// The journal's file format: a segment header, then frames. Pure bytes; dataplane/journal.ts writes them, the settler and
// the replay at start read them.
//
// Segment header, 64 bytes: magic "AICPJRNL" (8) | format version u32 | reserved u32 | epoch u64 | segment u64 |
//   node id, 28 bytes ASCII padded with NUL | CRC-32 of the 60 bytes before it.
// Frame: length u32 of what follows the CRC | CRC-32 u32 of that | type u8 | attempt u8 | reserved u16 | sequence f64 |
//   request id, 36 bytes ASCII | payload, UTF-8 JSON. All integers little-endian.
import { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { assert } from '@aicarpool/contract'

const formatVersion = 1
export const segmentHeaderBytes = 64
const magic = 'AICPJRNL'
const nodeIdBytes = 28
const prefixBytes = 8
const fixedBytes = 48 // type, attempt, reserved, sequence, request id
const requestIdBytes = 36
/**
 * Bytes of a frame's content at most; a usage row is under 4 KiB. Nothing larger is written, and a reader that meets
 * something larger holds no more than this in memory: it checks it piece by piece and passes over it.
 */
export const frameBytesMax = 1_048_576
/** An INTENT leaves so much of `frameBytesMax` free, because its FINAL repeats it and adds how the attempt ended. */
const endBytesMax = 65_536

export type FrameType = 'intent' | 'progress' | 'final'
const typeCodes: Record<FrameType, number> = { intent: 1, progress: 2, final: 3 }
const typesByCode = new Map<number, FrameType>([
  [1, 'intent'],
  [2, 'progress'],
  [3, 'final'],
])

export interface Frame {
  type: FrameType
  sequence: number
  requestId: string
  attempt: number
  payload: string
}

export interface SegmentHeader {
  nodeId: string
  epoch: number
  segment: number
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  assert(header.nodeId.length <= nodeIdBytes, 'a node id fits the segment header')
  const bytes = Buffer.alloc(segmentHeaderBytes)
  bytes.write(magic, 0, 'latin1')
  bytes.writeUInt32LE(formatVersion, 8)
  bytes.writeBigUInt64LE(BigInt(header.epoch), 16)
  bytes.writeBigUInt64LE(BigInt(header.segment), 24)
  bytes.write(header.nodeId, 32, 'latin1')
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60)
  return bytes
}

export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < segmentHeaderBytes || bytes.toString('latin1', 0, 8) !== magic) return undefined
  if (bytes.readUInt32LE(60) !== crc32(bytes.subarray(0, 60)) || bytes.readUInt32LE(8) !== formatVersion)
    return undefined
  return {
    nodeId: bytes.toString('latin1', 32, 32 + nodeIdBytes).replace(/\0+$/, ''),
    epoch: Number(bytes.readBigUInt64LE(16)),
    segment: Number(bytes.readBigUInt64LE(24)),
  }
}

/** The bytes that a frame can take at most, for sizing the buffer before writing into it. */
export function frameSizeMax(payload: string): number {
  return prefixBytes + fixedBytes + payload.length * 3
}

/** Whether a record with this payload may be written: neither it nor the FINAL that repeats it can exceed the limit. */
export function fitsFrame(type: FrameType, payload: string): boolean {
  return frameSizeMax(payload) <= prefixBytes + frameBytesMax - (type === 'intent' ? endBytesMax : 0)
}

/** Writes a frame into `target` at `offset`, which has room for `frameSizeMax`; returns the bytes written. */
export function writeFrame(target: Buffer, offset: number, frame: Frame): number {
  const start = offset + prefixBytes
  target[start] = typeCodes[frame.type]
  target[start + 1] = frame.attempt
  target.writeUInt16LE(0, start + 2)
  target.writeDoubleLE(frame.sequence, start + 4)
  target.write(frame.requestId, start + 12, requestIdBytes, 'latin1')
  const payloadBytes = target.write(frame.payload, start + fixedBytes, 'utf8')
  const length = fixedBytes + payloadBytes
  assert(length <= frameBytesMax, 'a frame is no larger than its readers take')
  target.writeUInt32LE(length, offset)
  target.writeUInt32LE(crc32(target.subarray(start, start + length)), offset + 4)
  return prefixBytes + length
}

export type ReadResult =
  | { kind: 'frame'; frame: Frame; nextOffset: number }
  /** The bytes end inside a frame: more may follow, or this is a torn tail. */
  | { kind: 'incomplete' }
  /**
   * Larger than any record may be. Whether `checksum` is the CRC-32 of the `length` bytes that follow the frame's first
   * `prefixBytes` is for the caller to find out; if it is, the next frame stands behind them, otherwise this is damage.
   */
  | { kind: 'oversize'; prefixBytes: number; length: number; checksum: number }
  /** The checksum or the length is wrong: nothing behind this point can be trusted. */
  | { kind: 'damaged' }

/** Reads the frame at `offset`. Total: whatever stands there is one of the results, never an error. */
export function readFrame(bytes: Buffer, offset: number): ReadResult {
  if (bytes.length - offset < prefixBytes) return { kind: 'incomplete' }
  const length = bytes.readUInt32LE(offset)
  if (length < fixedBytes) return { kind: 'damaged' }
  const start = offset + prefixBytes
  const checksum = bytes.readUInt32LE(offset + 4)
  if (length > frameBytesMax) return { kind: 'oversize', prefixBytes, length, checksum }
  if (bytes.length - start < length) return { kind: 'incomplete' }
  const content = bytes.subarray(start, start + length)
  const type = typesByCode.get(content[0] ?? 0)
  if (type === undefined || checksum !== crc32(content)) return { kind: 'damaged' }
  const frame: Frame = {
    type,
    attempt: content[1] ?? 0,
    sequence: content.readDoubleLE(4),
    requestId: content.toString('latin1', 12, 12 + requestIdBytes),
    payload: content.toString('utf8', fixedBytes),
  }
  return { kind: 'frame', frame, nextOffset: start + length }
}
