// For the simulator's own tests: a valid request with some of its values replaced, removed or added, as a careless
// translation or a hostile client would send it. What is changed is drawn from a seed.
import type { Random } from './random.ts'

const REPLACED_SHARE = 0.06
const REMOVED_SHARE = 0.03

const REPLACEMENTS: readonly unknown[] = [
  null,
  0,
  -1,
  1.5,
  1e9,
  '',
  'x',
  '[[tool:f]]',
  'user',
  'model',
  true,
  [],
  {},
  [null],
  ['a', {}],
  { type: 'text' },
  { text: 'x' },
  { type: 'tool_use' },
  { a: { b: [] } },
]

export function mutateRequest(value: unknown, random: Random): unknown {
  if (random.unit() < REPLACED_SHARE) return REPLACEMENTS[random.integer(0, REPLACEMENTS.length - 1)]
  if (Array.isArray(value)) {
    return value.filter(() => random.unit() >= REMOVED_SHARE).map((item) => mutateRequest(item, random))
  }
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(() => random.unit() >= REMOVED_SHARE)
  return Object.fromEntries(kept.map(([name, inner]) => [name, mutateRequest(inner, random)]))
}
