// Chance that can be repeated: a stream of numbers from a seed, and ways to damage data with it.

export interface Dice {
  /** An integer from 0 to n − 1. */
  below(n: number): number
  pick<Item>(items: readonly Item[]): Item
  /** Two dice made by the answer fall alike. */
  fork(): () => Dice
  /** The bytes in pieces, from single bytes to halves. */
  split(bytes: Buffer): Buffer[]
  /** Bytes overwritten, cut out or put in twice. */
  damageBytes(bytes: Buffer): Buffer
  /** Values of JSON inside a text replaced, which keeps it JSON. */
  damageText(bytes: Buffer): Buffer
  /** Members replaced, taken out or nested deeper. */
  damageJson(value: unknown): unknown
}

const oddJson = [
  'null',
  'true',
  '-1',
  '1e999',
  '9007199254740993',
  '0.5',
  '""',
  '"\\ud800"',
  '"__proto__"',
  '[]',
  '{}',
  '[[[]]]',
  '{"type":"text"}',
  '{"a":{"b":[null,{"c":1}]}}',
]
const oddValues: unknown[] = oddJson.map((json) => JSON.parse(json) as unknown)
const literalPattern = /"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d+(?:\.\d+)?|true|false|null|\[\]|\{\}/g

export function createDice(seed: number): Dice {
  let state = seed >>> 0
  /** mulberry32, public domain, Tommy Ettinger. */
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(next() * n)
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item

  function damageBytes(bytes: Buffer): Buffer {
    let damaged = Buffer.from(bytes)
    for (let times = 1 + below(4); times > 0; times -= 1) {
      const at = below(damaged.length + 1)
      const to = Math.min(damaged.length, at + below(40))
      const kind = below(4)
      if (kind === 0) damaged = Buffer.concat([damaged.subarray(0, at), damaged.subarray(to)])
      else if (kind === 1) damaged = Buffer.concat([damaged.subarray(0, to), damaged.subarray(at)])
      else if (kind === 2) damaged = damaged.subarray(0, at)
      else if (at < damaged.length) damaged[at] = pick([0, 10, 13, 34, 44, 58, 91, 92, 93, 123, 125, 0xc3, 0xff])
    }
    return damaged
  }

  function damageText(bytes: Buffer): Buffer {
    const text = bytes.toString('utf8')
    const literals = [...text.matchAll(literalPattern)]
    const places = new Set(Array.from({ length: 1 + below(3) }, () => below(literals.length + 1)))
    let damaged = ''
    let from = 0
    for (const [index, literal] of literals.entries()) {
      if (!places.has(index)) continue
      damaged += text.slice(from, literal.index) + pick(oddJson)
      from = literal.index + literal[0].length
    }
    return Buffer.from(damaged + text.slice(from))
  }

  function damageJson(value: unknown): unknown {
    if (below(12) === 0) return pick(oddValues)
    if (Array.isArray(value)) {
      const items = value.map((item: unknown) => (below(3) === 0 ? damageJson(item) : item))
      return below(8) === 0 ? [...items, ...items] : items
    }
    if (typeof value !== 'object' || value === null) return below(4) === 0 ? pick(oddValues) : value
    const entries = Object.entries(value)
      .filter(() => below(20) > 0)
      .map(([name, member]) => [name, below(3) === 0 ? damageJson(member) : member])
    return Object.fromEntries(entries)
  }

  return {
    below,
    pick,
    fork() {
      const own = below(2 ** 31)
      return () => createDice(own)
    },
    split(bytes) {
      const longest = pick([1, 7, 60, 700, bytes.length + 1])
      const pieces: Buffer[] = []
      for (let at = 0; at < bytes.length;) {
        const to = at + 1 + below(longest)
        pieces.push(bytes.subarray(at, to))
        at = to
      }
      return pieces
    },
    damageBytes,
    damageText,
    damageJson,
  }
}
