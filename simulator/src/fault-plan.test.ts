// When a rule of a fault script fires, and which scripts are refused.
import { expect, test } from 'vitest'
import type { RequestFacts } from './fault-plan.ts'
import { createFaultPlan } from './fault-plan.ts'
import type { FaultRule } from './fault-script.ts'
import { parseFaultScript } from './fault-script.ts'

const facts: RequestFacts = { vendor: 'openai', endpoint: 'generation', key: 'k', organisation: 'o', model: 'm' }

function fired(script: FaultRule[], requests: number, seed = 1, changes: Partial<RequestFacts> = {}): number[] {
  const plan = createFaultPlan(seed, script)
  return Array.from({ length: requests }, (_, index) => index + 1).filter(
    () => plan.choose({ ...facts, ...changes }) !== null,
  )
}

test('nth, every and times', () => {
  expect(fired([{ match: { nth: 3 }, fault: { kind: 'reset' } }], 9)).toEqual([3])
  expect(fired([{ match: { every: 3 }, fault: { kind: 'reset' } }], 9)).toEqual([3, 6, 9])
  expect(fired([{ match: {}, times: 2, fault: { kind: 'reset' } }], 9)).toEqual([1, 2])
})

test('a probability is drawn from the seed', () => {
  const script: FaultRule[] = [{ match: { probability: 0.3 }, fault: { kind: 'reset' } }]
  const hits = fired(script, 1000)
  expect(hits.length).toBeGreaterThan(230)
  expect(hits.length).toBeLessThan(370)
  expect(fired(script, 1000)).toEqual(hits)
  expect(fired(script, 1000, 2)).not.toEqual(hits)
})

test.each([
  ['vendor', { vendor: 'claude' }],
  ['key', { key: 'other' }],
  ['organisation', { organisation: 'other' }],
  ['model', { model: 'other' }],
  ['endpoint', { endpoint: 'models' }],
] as const)('a rule for another %s does not fire', (_name, match) => {
  expect(fired([{ match, fault: { kind: 'reset' } }], 3)).toEqual([])
  expect(fired([{ match, fault: { kind: 'reset' } }], 3, 1, match)).toEqual([1, 2, 3])
})

test('every rule counts for itself, and the first that fires wins', () => {
  const plan = createFaultPlan(1, [
    { match: { nth: 2 }, fault: { kind: 'silence' } },
    { match: { every: 2 }, fault: { kind: 'reset' } },
  ])
  const kinds = Array.from({ length: 4 }, () => plan.choose(facts)?.kind)
  expect(kinds).toEqual([undefined, 'silence', undefined, 'reset'])
})

test.each([
  ['a script that is no list', {}, 'array'],
  ['an unknown fault', [{ fault: { kind: 'explode' } }], 'faults[0].fault.kind'],
  ['a missing field', [{ fault: { kind: 'cut' } }], 'faults[0].fault.afterChunks'],
  ['a misspelt field', [{ fault: { kind: 'cut', afterChunks: 1, after: 2 } }], 'faults[0].fault.after'],
  ['a misspelt match', [{ match: { vendors: 'openai' }, fault: { kind: 'reset' } }], 'faults[0].match.vendors'],
  ['an unknown vendor', [{ match: { vendor: 'acme' }, fault: { kind: 'reset' } }], 'faults[0].match.vendor'],
  ['pieces of no bytes', [{ fault: { kind: 'rechunk', bytes: 0 } }], 'faults[0].fault.bytes'],
  ['a probability above one', [{ match: { probability: 2 }, fault: { kind: 'reset' } }], 'faults[0].match.probability'],
  ['no times', [{ match: {}, times: 0, fault: { kind: 'reset' } }], 'faults[0].times'],
])('%s is refused with its place', (_name, script, place) => {
  expect(() => parseFaultScript(script)).toThrow(place)
})

test('optional fields may be left out or null where null means something', () => {
  const script = [
    { match: {}, fault: { kind: 'status-429' } },
    { match: {}, fault: { kind: 'status-429', retryAfter: null } },
    { match: {}, fault: { kind: 'status-429', retryAfter: '7' }, times: 1 },
  ]
  expect(parseFaultScript(script)).toEqual(script)
})
