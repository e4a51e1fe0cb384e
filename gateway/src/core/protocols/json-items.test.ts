// Items of arrays, found in their bytes.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { itemSpans } from './json-items.ts'

test('every item of every array stands where it is said to', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.nat({ max: 3 }), (items, spaces) => {
      const bytes = Buffer.from(JSON.stringify(items, null, spaces))
      const found = itemSpans(bytes, 0, bytes.length).map(({ start, end }) => bytes.toString('utf8', start, end))
      expect(found.map((text) => JSON.parse(text) as unknown)).toEqual(JSON.parse(JSON.stringify(items)))
    }),
  )
})

test('what is no array has none', () => {
  for (const json of ['{}', '7', '""']) expect(itemSpans(Buffer.from(json), 0, json.length)).toEqual([])
})
