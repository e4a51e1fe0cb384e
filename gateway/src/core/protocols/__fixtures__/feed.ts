// Feeds bytes to stream machines in every way that a network may cut them. Used by the tests of the protocols only.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import type { ChatEvent } from '../chat.ts'
import { assert } from '@aicarpool/contract'
import type { AccountProtocol, AccountTranslation, ResponseTransform, StreamDecoder } from '../protocol.ts'

/** The translating side of a protocol that has one. */
export function translationOf({ translation }: AccountProtocol): AccountTranslation {
  assert(translation, 'the protocol is translated to')
  return translation
}

export function readFixture(folder: string, name: string): Buffer {
  return readFileSync(new URL(`../${folder}/__fixtures__/${name}`, import.meta.url))
}

/** Places to cut at, as shares of the length; none leaves the bytes whole. */
export const cutsArbitrary = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })

export function splitAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = cuts.map((cut) => Math.floor(cut * bytes.length)).toSorted((a, b) => a - b)
  const edges = [0, ...places, bytes.length]
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end))
}

export function splitEvery(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
  return chunks
}

/** All bytes that come out, and the transform's notes as plain values. */
export function runTransform(transform: ResponseTransform, chunks: readonly Buffer[]) {
  const out = chunks.map((chunk) => transform.push(chunk))
  out.push(transform.end())
  const { committed, finished, failure, usage, rawUsage, usageFinal, outputBytes } = transform
  const text = Buffer.concat(out.filter((bytes) => bytes !== undefined)).toString('utf8')
  return { text, committed, finished, failure, usage, rawUsage, usageFinal, outputBytes }
}

export function runDecoder(decoder: StreamDecoder, chunks: readonly Buffer[]): ChatEvent[] {
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()]
}

export function textOf(events: readonly ChatEvent[]): string {
  return events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('')
}

/** The bytes with some overwritten, dropped or put in twice. */
export function mutatedArbitrary(bytes: Buffer): fc.Arbitrary<Buffer> {
  const place = fc.integer({ min: 0, max: bytes.length - 1 })
  const overwrite = fc.tuple(place, fc.integer({ min: 0, max: 255 })).map(([at, value]) => (target: Buffer) => {
    const copy = Buffer.from(target)
    copy[at % Math.max(1, copy.length)] = value
    return copy
  })
  const drop = fc.tuple(place, place).map(([a, b]) => (target: Buffer) => {
    const [from, to] = [Math.min(a, b), Math.max(a, b)]
    return Buffer.concat([target.subarray(0, from), target.subarray(to)])
  })
  const repeat = place.map((at) => (target: Buffer) => Buffer.concat([target.subarray(0, at), target.subarray(at / 2)]))
  const mutation = fc.oneof({ weight: 5, arbitrary: overwrite }, drop, repeat)
  return fc.array(mutation, { minLength: 1, maxLength: 6 }).map((mutations) => {
    return mutations.reduce((target, mutate) => mutate(target), bytes)
  })
}
