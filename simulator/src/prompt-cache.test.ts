// The cache model: minimum size, prefix rule, life and its refresh, marks of both lives.
import { expect, test } from 'vitest'
import type { PromptBlock } from './prompt.ts'
import { imageBlock } from './prompt.ts'
import type { CachePolicy } from './prompt-cache.ts'
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
  return [found.readTokens, found.writtenTokens['5m'], found.writtenTokens['1h']]
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

test('automatic with billed writes: what is new is written, for its life, and what is known is read', () => {
  const cache = createPromptCache()
  const ask = (policy: CachePolicy, tokens: number, nowMs: number) => {
    const found = cache.lookup('scope', policy, [block(tokens, 'a')], nowMs)
    cache.commit(found, nowMs)
    return [found.readTokens, found.writtenTokens['30m'], found.writtenTokens['12h']]
  }
  expect(ask({ billedLife: '30m' }, 1000, 0)).toEqual([0, 0, 0])
  expect(ask({ billedLife: '30m' }, 1100, 0)).toEqual([0, 1024, 0])
  expect(ask({ billedLife: '30m' }, 1400, 29 * MINUTE_MS)).toEqual([1024, 256, 0])
  expect(ask({ billedLife: '12h' }, 1400, 100 * MINUTE_MS)).toEqual([0, 0, 1280])
  expect(ask({ billedLife: '12h' }, 1400, 700 * MINUTE_MS)).toEqual([1280, 0, 0])
})

test('an image counts its own tokens in a prefix, and another image is another prefix', () => {
  const cache = createPromptCache()
  const withImage = (source: string) => [imageBlock('user', source, 1000), block(300, 'a')]
  expect(use(cache, 'automatic', withImage('one'), 0)).toEqual([0, 0, 0])
  expect(use(cache, 'automatic', withImage('one'), 0)).toEqual([1280, 0, 0])
  expect(use(cache, 'automatic', withImage('two'), 0)).toEqual([0, 0, 0])
  const marked = (source: string) => [imageBlock('user', source, 1500, '5m')]
  expect(use(cache, 'marked', marked('one'), 0)).toEqual([0, 1500, 0])
  expect(use(cache, 'marked', marked('one'), 0)).toEqual([1500, 0, 0])
})
