// The bound of a request, and the largest answer that fits into what is left.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flatPrice } from '../pricing/cost.ts'
import { outputThatFits, upperBound, type BoundInput } from './bound.ts'

const input: BoundInput = {
  inputTokensMax: 100,
  outputTokensMax: 50,
  choices: 1,
  price: flatPrice('test', 2_000_000),
  fixedCallCostNanoUsd: 7,
  discountBasisPoints: 0,
}

test('QU1 every one of several answers is held with its whole maximum', () => {
  expect(upperBound(input)).toEqual({ tokens: 150, costNanoUsd: 150 * 2000 + 7, requests: 1 })
  expect(upperBound({ ...input, choices: 3 })).toEqual({ tokens: 250, costNanoUsd: 250 * 2000 + 7, requests: 1 })
})

test('QU14 the largest answer that fits does fit, and a token more does not', () => {
  const amount = fc.nat(2_000_000)
  fc.assert(
    fc.property(amount, amount, fc.integer({ min: 1, max: 4 }), (tokens, costNanoUsd, choices) => {
      const left = { tokens, costNanoUsd, requests: 1 }
      const asked = { ...input, choices, outputTokensMax: 900 }
      const fits = (outputTokensMax: number) => {
        const bound = upperBound({ ...asked, outputTokensMax })
        return bound.tokens <= tokens && bound.costNanoUsd <= costNanoUsd
      }
      const fitting = outputThatFits(asked, left)
      expect(fitting === 0 || fits(fitting)).toBe(true)
      expect(fitting === asked.outputTokensMax || !fits(fitting + 1)).toBe(true)
    }),
  )
})
