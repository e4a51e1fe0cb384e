// Invented values fit their schemas, whichever of the usual constructs a schema is made of.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonRecord } from './json.ts'
import { isRecord } from './json.ts'
import { createRandom } from './random.ts'
import { inventValue } from './schema-value.ts'

/** A checker of its own, for what the generated schemas below contain. */
function fits(schema: JsonRecord, value: unknown): boolean {
  if ('const' in schema) return value === schema['const']
  if (Array.isArray(schema['enum'])) return schema['enum'].includes(value)
  if (Array.isArray(schema['anyOf'])) return schema['anyOf'].some((branch: JsonRecord) => fits(branch, value))
  switch (schema['type']) {
    case 'string':
      return (
        typeof value === 'string' &&
        value.length >= ((schema['minLength'] as number) ?? 0) &&
        value.length <= ((schema['maxLength'] as number) ?? Infinity)
      )
    case 'integer':
      return Number.isInteger(value) && inRange(schema, value as number)
    case 'number':
      return typeof value === 'number' && inRange(schema, value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'null':
      return value === null
    case 'array': {
      if (!Array.isArray(value) || value.length < ((schema['minItems'] as number) ?? 0)) return false
      if (value.length > ((schema['maxItems'] as number) ?? Infinity)) return false
      return value.every((item) => fits(schema['items'] as JsonRecord, item))
    }
    default:
      return isRecord(value) && fitsObject(schema, value)
  }
}

function inRange(schema: JsonRecord, value: number): boolean {
  return value >= ((schema['minimum'] as number) ?? -Infinity) && value <= ((schema['maximum'] as number) ?? Infinity)
}

function fitsObject(schema: JsonRecord, value: JsonRecord): boolean {
  const properties = schema['properties'] as Record<string, JsonRecord>
  const required = schema['required'] as string[]
  return (
    required.every((name) => name in value) &&
    Object.entries(value).every(([name, inner]) => properties[name] !== undefined && fits(properties[name], inner))
  )
}

const { schema: schemas } = fc.letrec<{ schema: JsonRecord }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ type: fc.constant('boolean') }),
    fc.record({ type: fc.constant('null') }),
    fc.record({ const: fc.oneof(fc.string(), fc.integer()) }),
    fc.record({ enum: fc.array(fc.string(), { minLength: 1, maxLength: 4 }) }),
    fc
      .tuple(fc.nat(40), fc.nat(40))
      .map(([least, more]) => ({ type: 'string', minLength: least, maxLength: least + more })),
    fc
      .tuple(fc.constantFrom('integer', 'number'), fc.integer(), fc.nat())
      .map(([type, least, more]) => ({ type, minimum: least, maximum: least + more })),
    fc
      .tuple(tie('schema'), fc.nat(3), fc.nat(3))
      .map(([items, least, more]) => ({ type: 'array', items, minItems: least, maxItems: least + more })),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc
      .dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('schema'), { maxKeys: 4 })
      .chain((properties) =>
        fc.subarray(Object.keys(properties)).map((required) => ({ type: 'object', properties, required })),
      ),
  ),
}))

test('an invented value fits its schema', () => {
  fc.assert(
    fc.property(schemas, fc.integer(), (schema, seed) => {
      const value = inventValue(schema, createRandom(seed))
      expect(fits(schema, value), JSON.stringify([schema, value])).toBe(true)
    }),
  )
})

test('references, also endless ones, merged schemas and Google’s spelling', () => {
  const invent = (schema: object) => inventValue(schema, createRandom('x')) as JsonRecord
  const tree = {
    type: 'object',
    properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] }, leaf: { $ref: '#/$defs/leaf' } },
    required: ['next', 'leaf'],
    $defs: { leaf: { type: 'integer', minimum: 7, maximum: 7 } },
  }
  expect(invent(tree)['leaf']).toBe(7)
  expect(invent({ allOf: [{ properties: { a: { const: 1 } }, required: ['a'] }, { required: ['b'] }] })).toMatchObject({
    a: 1,
    b: expect.anything(),
  })
  const google = { type: 'OBJECT', properties: { n: { type: 'INTEGER', minimum: '3', maximum: '3' } }, required: ['n'] }
  expect(invent(google)).toEqual({ n: 3 })
})

test.each([
  [{ type: 'string', pattern: '^[0-9]{5}$' }, /^[0-9]{5}$/],
  [{ type: 'string', format: 'date' }, /^\d{4}-\d{2}-\d{2}$/],
  [{ type: 'string', format: 'uuid' }, /^[0-9a-f]{8}-/],
  [{ type: ['string', 'null'], format: 'email' }, /@/],
])('text that fits %o', (schema, expected) => {
  expect(inventValue(schema, createRandom('y'))).toMatch(expected)
})
