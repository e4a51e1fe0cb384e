// The upper bound of what a request can consume, taken before it is sent: what is reserved can never be exceeded by a
// provider that keeps to the request's maximum.
import type { Amounts } from './limits.ts'
import type { PriceView } from '../pricing/cost.ts'
import { costUpperNanoUsd } from '../pricing/cost.ts'

export interface BoundInput {
  /** Bytes of the body as sent. No tokenizer of any vendor makes more tokens than bytes, so it bounds the input from above. */
  bodyBytes: number
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
    tokens: input.bodyBytes + outputTokens,
    costNanoUsd: input.price
      ? costUpperNanoUsd(
          input.price,
          input.bodyBytes,
          outputTokens,
          input.fixedCallCostNanoUsd,
          input.discountBasisPoints,
          { serviceTiers: input.serviceTier === undefined ? [] : [input.serviceTier] },
        )
      : 0,
    requests: 1,
  }
}
