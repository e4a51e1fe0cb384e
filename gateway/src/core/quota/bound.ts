// The upper bound of what a request can consume, taken before it is sent: what is reserved can never be exceeded by a
// provider that keeps to the request's maximum. And its reverse: the largest answer that fits into what is left.
import type { Amounts } from './limits.ts'
import type { PriceView } from '../pricing/cost.ts'
import { costUpperNanoUsd } from '../pricing/cost.ts'

export interface BoundInput {
  /**
   * The most tokens that the input can be: bytes of the body as sent, since no tokenizer of any vendor makes more tokens than
   * bytes, or less where something is known of them.
   */
  inputTokensMax: number
  /** The request's own output maximum, else the model's. */
  outputTokensMax: number
  choices: number
  price: PriceView | undefined
  fixedCallCostNanoUsd: number
  discountBasisPoints: number
  /** The service tier that the request asks for; without one it is taken to be served at the standard price. */
  serviceTier?: string | undefined
}

export function upperBound(input: BoundInput): Amounts {
  const outputTokens = input.outputTokensMax * input.choices
  return {
    tokens: input.inputTokensMax + outputTokens,
    costNanoUsd: input.price
      ? costUpperNanoUsd(
          input.price,
          input.inputTokensMax,
          outputTokens,
          input.fixedCallCostNanoUsd,
          input.discountBasisPoints,
          { serviceTiers: input.serviceTier === undefined ? [] : [input.serviceTier] },
        )
      : 0,
    requests: 1,
  }
}

/** The most output tokens, at most the input's own maximum, with which the bound is within what is left; 0 where none is. */
export function outputThatFits(input: BoundInput, left: Amounts): number {
  const fits = (outputTokensMax: number): boolean => {
    const bound = upperBound({ ...input, outputTokensMax })
    return bound.tokens <= left.tokens && bound.costNanoUsd <= left.costNanoUsd
  }
  let [fitting, tooMany] = [0, input.outputTokensMax + 1]
  // The bound grows with the output, so halving finds its edge: some 17 steps for the largest models.
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2)
    if (fits(middle)) fitting = middle
    else tooMany = middle
  }
  return fitting
}
