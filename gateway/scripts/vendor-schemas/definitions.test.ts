// What is left of a vendor's definitions in the files that the tests read.
import { expect, test } from 'vitest'
import { printDefinitions, pruned } from './definitions.ts'

test('prose goes, names that look like prose stay, and so does what the roots reach', () => {
  const all = {
    Root: {
      type: 'object',
      description: 'prose',
      properties: { description: { $ref: '#/$defs/Part' }, title: { const: { description: 'kept' } } },
    },
    Part: { enum: ['a'], example: 'b', anyOf: [{ $ref: '#/$defs/Missing' }, { $ref: '#/$defs/Root' }] },
    Other: { type: 'string' },
  }
  expect(pruned(all, ['Root'])).toEqual({
    Root: {
      type: 'object',
      properties: { description: { $ref: '#/$defs/Part' }, title: { const: { description: 'kept' } } },
    },
    Part: { enum: ['a'], anyOf: [{ $ref: '#/$defs/Missing' }, { $ref: '#/$defs/Root' }] },
    Missing: {},
  })
  expect(() => pruned(all, ['Gone'])).toThrow('no definition is called Gone')
})

test('a definition is a line, in the order of names', () => {
  const text = printDefinitions('c', { B: {}, A: { type: 'null' } })
  expect(text.split('\n')).toEqual(['{"$comment": "c", "$defs": {', '"A": {"type":"null"},', '"B": {}', '}}', ''])
  expect(JSON.parse(text)).toEqual({ $comment: 'c', $defs: { A: { type: 'null' }, B: {} } })
})
