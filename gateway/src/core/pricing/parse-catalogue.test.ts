// A price file is taken as a whole or refused with every reason.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findModel } from './catalogue.ts'
import { parseCatalogue } from './parse-catalogue.ts'

const model = {
  serviceType: 'qwen',
  model: 'house-model',
  kind: 'chat',
  aliases: ['house'],
  coversSnapshots: true,
  contextTokens: 1000,
  outputTokensMax: 500,
  traits: {
    reasoning: 'effort',
    efforts: ['low', 'high'],
    takesSampling: true,
    takesImages: false,
    takesTools: true,
    takesSchema: false,
    takesStop: true,
    takesPrefill: false,
  },
  prices: [
    {
      rates: { input: '1', cacheWrite30m: '1.25', cacheWrite12h: '2.5', output: '4' },
      longContext: [
        { aboveInputTokens: 100, rates: { input: '2', cacheWrite30m: '2.5', cacheWrite12h: '5', output: '8' } },
      ],
      serviceTiers: { flex: { percent: 50 }, priority: { rates: { input: '3', output: '9' } } },
      usdPerCall: { webSearch: '0.01' },
    },
    { from: '2027-01-01', rates: { input: '2', output: '8' } },
  ],
}
const file = (change: object = {}, price: object = {}) => ({
  version: '1',
  unit: 'USD per million tokens',
  sources: ['by hand'],
  models: [{ ...model, ...change, ...(Object.keys(price).length > 0 ? { prices: [price] } : {}) }],
})

test('a well-formed file is read into integer prices, and what is not priced has the price that it is billed by', () => {
  const { catalogue } = parseCatalogue(file(), ['qwen'])
  expect(catalogue).toBeDefined()
  if (!catalogue) return
  const found = findModel(catalogue, 'qwen', 'house-2026-01-01')
  expect(found?.price).toMatchObject({
    version: 'catalogue-1',
    input: 1_000_000,
    cacheRead: 1_000_000,
    cacheWrite5m: 1_250_000,
    cacheWrite30m: 1_250_000,
    cacheWrite1h: 2_500_000,
    cacheWrite12h: 2_500_000,
    output: 4_000_000,
    outputReasoned: 4_000_000,
    audioInput: 1_000_000,
    imageOutput: 4_000_000,
    webSearch: 10_000_000,
    webFetch: 0,
    searchedPrompt: 0,
  })
  expect(found?.price.longContext[0]).toMatchObject({ aboveInputTokens: 100, cacheRead: 2_000_000 })
  expect(found?.price.serviceTiers.get('flex')).toMatchObject({ input: 500_000, longContext: [{ input: 1_000_000 }] })
  expect(found?.price.serviceTiers.get('priority')).toMatchObject({ input: 3_000_000, output: 9_000_000 })
  expect(found?.laterPrices[0]?.price.version).toBe('catalogue-1-from-2027-01-01')
})

const rates = { input: '1', output: '4' }
const refused: [string, unknown, string][] = [
  ['no object', [], 'the file is not an object'],
  ['another unit', { ...file(), unit: 'USD per thousand tokens' }, 'unit'],
  ['no models', { ...file(), models: [] }, 'models is empty'],
  ['an unknown field', { ...file(), currency: 'CNY' }, 'currency is not known'],
  ['an unknown vendor', file({ serviceType: 'acme' }), 'models[0].serviceType'],
  ['no output price', file({}, { rates: { input: '1' } }), 'models[0].prices[0].rates.output'],
  ['a free model', file({}, { rates: { input: '0', output: '4' } }), 'rates.input'],
  ['a misspelt class', file({}, { rates: { ...rates, cachedRead: '1' } }), 'rates.cachedRead is not known'],
  ['a cache read above the input', file({}, { rates: { ...rates, cacheRead: '1.01' } }), 'rates.cacheRead is dearer'],
  ['a number for a price', file({}, { rates: { ...rates, output: 4 } }), 'rates.output'],
  ['a negative price', file({}, { rates: { ...rates, output: '-4' } }), 'rates.output'],
  ['a price too fine', file({}, { rates: { ...rates, output: '0.0000001' } }), 'rates.output'],
  ['a price too high', file({}, { rates: { ...rates, output: '99999999' } }), 'rates.output'],
  [
    'a fraction of a pico-dollar',
    file({}, { rates: { input: '0.000001', output: '1' }, serviceTiers: { flex: { percent: 50 } } }),
    'finer',
  ],
  [
    'a long context with other classes',
    file({}, { rates, longContext: [{ aboveInputTokens: 5, rates: { input: '2', output: '8', cacheRead: '1' } }] }),
    'all switch at once',
  ],
  [
    'thresholds out of order',
    file(
      {},
      {
        rates,
        longContext: [
          { aboveInputTokens: 5, rates },
          { aboveInputTokens: 5, rates },
        ],
      },
    ),
    'above the threshold',
  ],
  ['a factor that is none', file({}, { rates, serviceTiers: { flex: { percent: 0 } } }), 'percent'],
  ['an unknown fee', file({}, { rates, usdPerCall: { mapSearch: '1' } }), 'mapSearch is not known'],
  ['no prices', file({ prices: [] }), 'prices is empty'],
  ['a change without its day', file({ prices: [{ rates }, { rates }] }), 'prices[1].from'],
  ['a change on no day', file({ prices: [{ rates }, { from: '2026-13-01', rates }] }), 'prices[1].from'],
  ['an output maximum above the window', file({ outputTokensMax: 1001 }), 'outputTokensMax'],
  ['fractional tokens', file({ contextTokens: 10.5 }), 'contextTokens'],
  ['efforts out of order', file({ traits: { ...model.traits, efforts: ['high', 'low'] } }), 'efforts'],
  ['a name twice', { ...file(), models: [model, { ...model, model: 'other' }] }, 'is in the file twice'],
]

test.each(refused)('a file with %s is refused, and the reason names the field', (_, json, reason) => {
  const { catalogue, problems } = parseCatalogue(json, ['qwen'])
  expect(catalogue).toBeUndefined()
  expect(problems?.join('\n')).toContain(reason)
})

test('one bad model refuses the whole file, with all of its problems', () => {
  const bad = { ...model, model: 'bad', aliases: [], contextTokens: -1, kind: 'video' }
  const { problems } = parseCatalogue({ ...file(), models: [model, bad] }, ['qwen'])
  expect(problems).toEqual([
    expect.stringContaining('models[1].kind'),
    expect.stringContaining('models[1].contextTokens'),
  ])
})

/** Replaces one value, anywhere in the tree, by something else. */
function mutated(json: unknown, path: number[], value: unknown): unknown {
  if (typeof json !== 'object' || json === null || path.length === 0) return value
  const keys = Object.keys(json)
  const key = keys[(path[0] ?? 0) % Math.max(1, keys.length)] ?? 'x'
  const child = (json as Record<string, unknown>)[key]
  const changed = mutated(child, path.slice(1), value)
  if (Array.isArray(json)) return json.map((entry, index) => (String(index) === key ? changed : entry))
  return { ...json, [key]: changed }
}

test('no file makes the reader throw, and what it accepts has safe prices', () => {
  const path = fc.array(fc.nat(20), { maxLength: 7 })
  const run = fc.property(path, fc.oneof(fc.jsonValue(), fc.anything()), (where, value) => {
    const { catalogue, problems } = parseCatalogue(mutated(file(), where, value), ['qwen'])
    expect((catalogue === undefined) !== (problems === undefined)).toBe(true)
    for (const { price } of catalogue?.models ?? []) {
      expect(Number.isSafeInteger(price.input) && price.input > 0 && price.cacheRead <= price.input).toBe(true)
    }
  })
  fc.assert(run, { numRuns: 5000 })
})
