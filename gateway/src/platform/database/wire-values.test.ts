// Any value that goes out comes back: the array literal and its reader are inverse, whatever the texts hold.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DatabaseError } from './errors.ts'
import { encodeParameter, parserOf } from './wire-values.ts'

const textArray = 1009
const bigintArray = 1016

describe('wire values', () => {
  test('arrays of any text come back', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.string({ unit: 'grapheme' }))), (texts) => {
        expect(parserOf(textArray)(encodeParameter(texts) ?? '')).toEqual(texts)
      }),
    )
  })

  test('nested arrays of bigints come back', () => {
    const int8 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    fc.assert(
      fc.property(fc.array(fc.array(int8, { minLength: 1 }), { minLength: 1 }), (numbers) => {
        expect(parserOf(bigintArray)(encodeParameter(numbers) ?? '')).toEqual(numbers)
      }),
    )
  })

  test.each([
    ['{}', []],
    ['{NULL,"NULL",a b}', [null, 'NULL', 'a b']],
    ['[0:1]={a,b}', ['a', 'b']],
    [
      '{{a,b},{c,d}}',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
  ])('reads what PostgreSQL writes: %s', (text, values) => {
    expect(parserOf(textArray)(text)).toEqual(values)
  })

  test('scalars are encoded as PostgreSQL reads them', () => {
    expect(encodeParameter(2n ** 62n)).toBe('4611686018427387904')
    expect(encodeParameter(true)).toBe('true')
    expect(encodeParameter(new Uint8Array([0, 255]).subarray(1))).toBe('\\xff')
    expect(encodeParameter({ a: ['x'] })).toBe('{"a":["x"]}')
    expect(encodeParameter(undefined)).toBeNull()
    expect(() => encodeParameter(() => 1)).toThrow(DatabaseError)
  })
})
