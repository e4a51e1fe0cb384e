// What can go wrong on the provider's side, as a value. Decoded from status, headers and the vendor's error code, never
// from the wording of a message. routing/disposition.ts decides what follows from it.

export type FailureKind =
  /** 429 with a limit that refills: the account is excluded until the deadline, it is not ill. */
  | 'rate-limited'
  /** The vendor as a whole is overloaded (529): another account of it may not help. */
  | 'overloaded'
  /** The account's money or plan is used up (insufficient_quota, spend limit, 402): out until someone acts. */
  | 'quota-exhausted'
  /** The credential is refused (401, an invalid key reported as 400, 403): out until someone acts. */
  | 'unauthorized'
  /** The request itself is at fault (400, 404, 413, 422, content policy): every account would refuse it. */
  | 'invalid-request'
  /** This account does not have the model; another may. */
  | 'model-not-found'
  /** 5xx, an HTML page, a body that is no answer. */
  | 'server-error'
  /** No response headers, or silence inside the answer, for longer than allowed. */
  | 'timeout'
  /** Refused, reset, name not resolved, TLS failed, or an address that the egress guard forbids. */
  | 'connection'
  /** The answer ended before its terminal event. */
  | 'cut'
  /** Ended by the gateway, because the client is gone: it says nothing about the account. */
  | 'abandoned'

export interface UpstreamFailure {
  kind: FailureKind
  /** HTTP status; undefined where no response came. */
  status: number | undefined
  /** The vendor's own code ("rate_limit_exceeded", "overloaded_error", …), for the trace. */
  code: string | undefined
  /** For people; secrets are never in it. */
  message: string
  /** When the vendor said to come back, in milliseconds from now; bounded by disposition. */
  retryAfterMs: number | undefined
}
