// Everything a vendor can have against a request, without its words: each vendor's errors.ts turns a problem into the
// status and body that vendor really sends.

export type LimitDimension = 'requests' | 'tokens' | 'input-tokens' | 'output-tokens'

export interface RateLimited {
  kind: 'rate-limited'
  dimension: LimitDimension
  model: string
  limit: number
  used: number
  requested: number
  /** Text of the hint to come back later, in seconds unless a fault script says otherwise; null leaves it out. */
  retryAfter: string | null
}

export type Problem =
  | { kind: 'invalid-request'; message: string; param?: string; code?: string; status?: number }
  | { kind: 'invalid-json'; text: string }
  | { kind: 'body-too-large' }
  | { kind: 'missing-key' }
  | { kind: 'invalid-key'; key: string }
  | { kind: 'unknown-path'; method: string; path: string }
  | { kind: 'unknown-model'; model: string; method: string }
  | { kind: 'prompt-too-long'; inputTokens: number; inputTokensMax: number }
  | { kind: 'output-cap-too-high'; model: string; requested: number; outputTokensMax: number }
  | RateLimited
  | { kind: 'quota-exhausted'; model: string }
  | { kind: 'overloaded' | 'server-error' | 'unavailable' }
  | { kind: 'unauthorised' | 'payment-required' | 'forbidden' }

/** What is wrong with the request itself, whoever sends it. */
export type RequestProblem = Extract<
  Problem,
  {
    kind:
      | 'invalid-request'
      | 'invalid-json'
      | 'body-too-large'
      | 'unknown-path'
      | 'unknown-model'
      | 'prompt-too-long'
      | 'output-cap-too-high'
  }
>

/** What is wrong with the account. */
export type AccountProblem = Extract<
  Problem,
  {
    kind: 'missing-key' | 'invalid-key' | 'unauthorised' | 'payment-required' | 'forbidden' | 'quota-exhausted'
  }
>
