// The cache model: minimum size, prefix rule, life and its refresh, marks of both lives.
import { expect, test } from 'vitest'
import type { PromptBlock } from './prompt.ts'
import { createPromptCache } from './prompt-cache.ts'

const MINUTE_MS = 60_000

/** A block of exactly so many tokens. */
function block(tokens: number, word: string, cacheFor: PromptBlock['cacheFor'] = null): PromptBlock {
  return { text: ` ${word}`.repeat(tokens), cacheFor }
}

function use(
  cache: ReturnType<typeof createPromptCache>,
  policy: 'automatic' | 'marked',
  blocks: PromptBlock[],
  nowMs: number,
) {
  const found = cache.lookup('scope', policy, blocks, nowMs)
  cache.commit(found, nowMs)
  const { readTokens, write5mTokens, write1hTokens } = found
  return [readTokens, write5mTokens, write1hTokens]
}

test('automatic: nothing below 1,024 tokens, then the longest known prefix in steps of 128', () => {
  const cache = createPromptCache()
  expect(use(cache, 'automatic', [block(1000, 'a')], 0)).toEqual([0, 0, 0])
  expect(use(cache, 'automatic', [block(1000, 'a')], 0)).toEqual([0, 0, 0])
  expect(use(cache, 'automatic', [block(1400, 'b')], 0)).toEqual([0, 0, 0])
  expect(use(cache, 'automatic', [block(1400, 'b')], 0)).toEqual([1280, 0, 0])
  expect(use(cache, 'automatic', [block(1100, 'b'), block(900, 'c')], 0)).toEqual([1024, 0, 0])
  expect(use(cache, 'automatic', [block(1, 'x'), block(1400, 'b')], 0)).toEqual([0, 0, 0])
})

test('automatic: dies after five minutes, and a hit renews its life', () => {
  const cache = createPromptCache()
  use(cache, 'automatic', [block(1024, 'a')], 0)
  expect(use(cache, 'automatic', [block(1024, 'a')], 4 * MINUTE_MS)[0]).toBe(1024)
  expect(use(cache, 'automatic', [block(1024, 'a')], 8 * MINUTE_MS)[0]).toBe(1024)
  expect(use(cache, 'automatic', [block(1024, 'a')], 13 * MINUTE_MS)[0]).toBe(0)
})

test('marked: unmarked prompts are never cached, marked prefixes are written once and then read', () => {
  const cache = createPromptCache()
  expect(use(cache, 'marked', [block(2000, 'a')], 0)).toEqual([0, 0, 0])
  expect(use(cache, 'marked', [block(2000, 'a', '5m'), block(10, 'q')], 0)).toEqual([0, 2000, 0])
  expect(use(cache, 'marked', [block(2000, 'a', '5m'), block(10, 'r')], 0)).toEqual([2000, 0, 0])
  expect(use(cache, 'marked', [block(500, 'z', '5m')], 0)).toEqual([0, 0, 0])
})

test('marked: a conversation that moves its mark reads what was written and writes what is new', () => {
  const cache = createPromptCache()
  use(cache, 'marked', [block(1500, 'a', '5m')], 0)
  expect(use(cache, 'marked', [block(1500, 'a'), block(300, 'b', '5m')], 0)).toEqual([1500, 300, 0])
})

test('marked: each stretch is written for the life of the mark that closes it', () => {
  const cache = createPromptCache()
  const blocks = [block(1500, 'a', '1h'), block(300, 'b', '5m')]
  expect(use(cache, 'marked', blocks, 0)).toEqual([0, 300, 1500])
  expect(use(cache, 'marked', blocks, 6 * MINUTE_MS)).toEqual([1500, 300, 0])
  expect(use(cache, 'marked', blocks, 70 * MINUTE_MS)).toEqual([0, 300, 1500])
})

test('looking up alone warms nothing', () => {
  const cache = createPromptCache()
  cache.lookup('scope', 'automatic', [block(1024, 'a')], 0)
  expect(use(cache, 'automatic', [block(1024, 'a')], 0)[0]).toBe(0)
})
