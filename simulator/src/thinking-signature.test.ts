// Signatures of thinking are known again by their maker, and only with the thought they were made for.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRandom } from './random.ts'
import { isOwnSignature, signThinking } from './thinking-signature.ts'

test('a signature fits its own thought, or none, and nothing else is a signature', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.integer(), (thought, other, seed) => {
      const signature = signThinking(thought, createRandom(seed))
      expect(isOwnSignature(signature, thought)).toBe(true)
      expect(isOwnSignature(signature, null)).toBe(true)
      expect(isOwnSignature(signature, other)).toBe(other === thought)
      expect(isOwnSignature(other, null)).toBe(false)
    }),
  )
})

test('a changed byte is noticed', () => {
  const signature = Buffer.from(signThinking('thought', createRandom(1)), 'base64')
  for (const at of signature.keys()) {
    const changed = Buffer.from(signature)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(isOwnSignature(changed.toString('base64'), 'thought')).toBe(false)
  }
})
