// Cheap looks at bytes: the counted text is that of the decoded JSON, and found words are those of the event.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteSearch, countTextBytes, memberValueStart, textKeys } from './byte-search.ts'

test('the text below the keys is counted as UTF-8, however it is escaped', () => {
  const keys = textKeys('content', 'arguments')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.boolean(), (content, other, isAscii) => {
      const well = content.toWellFormed()
      let json = JSON.stringify({
        role: other,
        content: well,
        tool_calls: [{ id: other, function: { arguments: other } }],
      })
      if (isAscii) json = json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      const bytes = Buffer.from(json)
      expect(countTextBytes(bytes, 0, bytes.length, keys)).toBe(Buffer.byteLength(well) + Buffer.byteLength(other))
    }),
    { numRuns: 500 },
  )
})

test('only the value that begins at the place is counted', () => {
  const bytes = Buffer.from('{"delta":{"content":"abc"},"other":{"content":"defg"}}')
  expect(countTextBytes(bytes, bytes.indexOf('{"content'), bytes.length, textKeys('content'))).toBe(3)
  expect(countTextBytes(bytes, 0, 15, textKeys('content'))).toBe(0)
})

test('a word is found within the span only, in order, in each chunk anew', () => {
  const search = new ByteSearch('"u"')
  const bytes = Buffer.from('..."u"...."u"...')
  expect(search.find(bytes, 0, 3)).toBe(-1)
  expect(search.find(bytes, 3, 8)).toBe(3)
  expect(search.find(bytes, 4, 8)).toBe(-1)
  expect(search.find(bytes, 8, 16)).toBe(10)
  expect(search.find(bytes, 13, 16)).toBe(-1)
  expect(search.find(Buffer.from('"u"'), 0, 3)).toBe(0)
  expect(search.find(bytes, 0, 16)).toBe(3)
})

test('a key is followed by a colon and is no end of a string', () => {
  const valueOf = (text: string) => memberValueStart(Buffer.from(text), text.indexOf('"u"'), 3, text.length)
  expect(valueOf('{"u": 1}')).toBe(6)
  expect(valueOf('{"a":"u"}')).toBe(-1)
  expect(valueOf('{"x\\"u":1,"a":2}')).toBe(-1)
  expect(valueOf('{"a\\"u":1}')).toBe(-1)
})
