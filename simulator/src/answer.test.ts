// What an answer says: determined by seed, vendor, model and content, bounded by the cap, counted by the token rule.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { composeAnswer } from './answer.ts'
import type { Prompt } from './prompt.ts'
import { promptBlock } from './prompt.ts'
import { countTokens, splitTokens } from './token-count.ts'

function prompt(text: string): Prompt {
  return { blocks: [promptBlock('user', text)], lastUserText: text }
}

function compose(text: string, changes: { seed?: number; model?: string; vendor?: string; cap?: number } = {}) {
  const { seed = 7, model = 'm', vendor = 'v', cap = 10_000 } = changes
  return composeAnswer({ seed, vendor, model, prompt: prompt(text), outputTokensMax: cap })
}

test('tokens of any text join to the text and are counted alike', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const tokens = splitTokens(text)
      expect(tokens.join('')).toBe(text)
      expect(countTokens(text)).toBe(tokens.length)
    }),
  )
})

test('an answer counts as many tokens as it was made of, whatever the seed', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 300 }), (seed, tokens) => {
      const answer = compose(`[[tokens:${tokens}]]`, { seed })
      expect(answer.tokens).toHaveLength(tokens)
      expect(countTokens(answer.tokens.join(''))).toBe(tokens)
    }),
  )
})

test('the same request has the same answer, another seed, vendor, model or content another', () => {
  const said = compose('hello').tokens.join('')
  expect(compose('hello').tokens.join('')).toBe(said)
  const others = [
    compose('hello', { seed: 8 }),
    compose('hello', { model: 'n' }),
    compose('hello', { vendor: 'w' }),
    compose('hello!'),
  ].map((answer) => answer.tokens.join(''))
  expect(new Set([said, ...others]).size).toBe(5)
})

test('some answers mix English and Chinese', () => {
  const texts = Array.from({ length: 20 }, (_, seed) => compose('[[tokens:100]]', { seed }).tokens.join(''))
  expect(texts.some((text) => /[a-z]/.test(text) && /[一-鿿]/.test(text))).toBe(true)
})

test('the cap cuts an answer and says so; an answer that just fits is whole', () => {
  expect(compose('[[tokens:50]]', { cap: 49 })).toMatchObject({ finish: 'length' })
  expect(compose('[[tokens:50]]', { cap: 49 }).tokens).toHaveLength(49)
  expect(compose('[[tokens:50]]', { cap: 50 })).toMatchObject({ finish: 'stop' })
})

test('an echo is exact, also with line breaks, and bounded by the cap', () => {
  expect(compose('[[echo:one\ntwo 三!]]').tokens.join('')).toBe('one\ntwo 三!')
  expect(compose('[[echo:one two three]]', { cap: 2 }).tokens.join('')).toBe('one two')
})
