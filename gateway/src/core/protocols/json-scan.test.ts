// Scanning and splicing: the meaning is that of parsing and serialising, and the bytes around a change stay as they were.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  closesOneLevel,
  findMember,
  insertMember,
  removeMember,
  removalSpan,
  replaceMember,
  scanObject,
} from './json-scan.ts'

const spaces = fc.constantFrom(undefined, 1, '\t')
const anyObject = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 5 }), { maxKeys: 8 })
const serialised = fc.tuple(anyObject, spaces).map(([value, space]) => ({
  value,
  bytes: Buffer.from(JSON.stringify(value, undefined, space)),
}))

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

const parse = (bytes: Buffer | undefined): unknown => JSON.parse(bytes?.toString('utf8') ?? '')

describe('scanObject', () => {
  test('finds every member and the depth of any JSON object', () => {
    fc.assert(
      fc.property(serialised, ({ value, bytes }) => {
        const scan = scanObject(bytes)
        const members = scan?.members.map(({ key, valueStart, valueEnd }) => [
          key,
          parse(bytes.subarray(valueStart, valueEnd)),
        ])
        expect(members).toEqual(Object.entries(parse(bytes) as object))
        expect(scan?.depth).toBe(depthOf(value))
      }),
      { numRuns: 1000 },
    )
  })

  test('long strings with quotes and backslashes end where they end', () => {
    for (const text of ['"'.repeat(100), '\\'.repeat(99), `${'x'.repeat(40)}\\"`, 'ä'.repeat(50)]) {
      const bytes = Buffer.from(JSON.stringify({ a: text, b: 1 }))
      const member = findMember(scanObject(bytes) ?? { start: 0, end: 0, depth: 0, members: [] }, 'a')
      expect(parse(bytes.subarray(member?.valueStart, member?.valueEnd))).toBe(text)
    }
  })

  test('an escaped key is the key it spells', () => {
    expect(scanObject(Buffer.from('{"m\\u006fdel":1}'))?.members[0]?.key).toBe('model')
  })

  test('what is no complete object is undefined', () => {
    const texts = [
      '',
      '[]',
      'null',
      '{',
      '{"a"',
      '{"a":',
      '{"a":1',
      '{"a":1,',
      '{"a":"x',
      '{"a":[1}',
      '{a:1}',
      '{"a":}',
    ]
    const more = ['{} {}', '{"a":1}x', '{"\\x":1}', '{"a" 1}', '{"a":1 "b":2}', '<html>']
    expect([...texts, ...more].filter((text) => scanObject(Buffer.from(text)) !== undefined)).toEqual([])
  })

  test('never throws and never leaves the span it was given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), fc.nat(60), (noise, from, to) => {
        const bytes = Buffer.from(noise.map((byte, index) => (index % 2 === 0 ? byte : (33 + (byte % 94)) & 0x7f)))
        const scan = scanObject(bytes, from, Math.min(to, bytes.length))
        expect(scan === undefined || (scan.start >= from && scan.end <= to)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test('deep nesting is counted, not recursed into', () => {
    const levels = 200_000
    expect(scanObject(Buffer.from(`{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`))?.depth).toBe(levels + 1)
  })
})

describe('splices', () => {
  const key = 'stream_options'
  const newValue = fc.jsonValue({ maxDepth: 2 })

  test('replace, insert and remove mean what re-serialising means', () => {
    fc.assert(
      fc.property(serialised, newValue, ({ value, bytes }, added) => {
        const json = JSON.stringify(added)
        const first = Object.keys(value)[0] ?? key
        expect(parse(replaceMember(bytes, first, json))).toEqual(
          parse(Buffer.from(JSON.stringify({ ...value, [first]: added }))),
        )
        const { [key]: _gone, ...without } = value
        const bare = removeMember(bytes, key)
        expect(parse(bare)).toEqual(parse(Buffer.from(JSON.stringify(without))))
        expect(parse(insertMember(bare ?? bytes, key, json))).toEqual(
          parse(Buffer.from(JSON.stringify({ ...without, [key]: added }))),
        )
        for (const name of Object.keys(value)) {
          const { [name]: _removed, ...rest } = value
          expect(parse(removeMember(bytes, name))).toEqual(parse(Buffer.from(JSON.stringify(rest))))
        }
      }),
      { numRuns: 500 },
    )
  })

  test('the bytes before and behind the splice stay identical', () => {
    fc.assert(
      fc.property(serialised, ({ bytes }) => {
        const scan = scanObject(bytes)
        for (const member of scan?.members ?? []) {
          const replaced = replaceMember(bytes, member.key, '"new"') ?? Buffer.alloc(0)
          expect(replaced.subarray(0, member.valueStart)).toEqual(bytes.subarray(0, member.valueStart))
          expect(replaced.subarray(member.valueStart + 5)).toEqual(bytes.subarray(member.valueEnd))
          const span = scan && removalSpan(scan, member)
          const removed = removeMember(bytes, member.key) ?? Buffer.alloc(0)
          expect(removed).toEqual(Buffer.concat([bytes.subarray(0, span?.start), bytes.subarray(span?.end)]))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('a repeated name is replaced and removed everywhere', () => {
    const bytes = Buffer.from('{"a":1,"b":2,"a":3}')
    expect(replaceMember(bytes, 'a', '9')?.toString()).toBe('{"a":9,"b":2,"a":9}')
    expect(removeMember(bytes, 'a')?.toString()).toBe('{"b":2}')
  })

  test('whitespace, an empty object and a body that is none', () => {
    expect(insertMember(Buffer.from(' { } '), 'a', '1')?.toString()).toBe(' {"a":1 } ')
    expect(insertMember(Buffer.from('{ "b" : 2 }'), 'a', '1')?.toString()).toBe('{ "b" : 2,"a":1 }')
    expect(removeMember(Buffer.from('{ "b" : 2 , "a" : 1 }'), 'b')?.toString()).toBe('{ "a" : 1 }')
    const same = Buffer.from('{"b":2}')
    expect(removeMember(same, 'a')).toBe(same)
    expect(replaceMember(Buffer.from('[]'), 'a', '1')).toBeUndefined()
  })
})

test('closesOneLevel tells a top-level member from a nested one', () => {
  const tail = (text: string) => closesOneLevel(Buffer.from(text), 0, text.length)
  expect(tail('}')).toBe(true)
  expect(tail(',"o":"}}}","p":[{}]}')).toBe(true)
  expect(tail('}}')).toBe(false)
  expect(tail('}],"x":1}')).toBe(false)
  expect(tail(',"o":"x')).toBe(false)
})
