// OpenAI's error answers → failures (OpenAI API, "Error codes" and "Rate limits").
import type { FailureKind, UpstreamFailure } from '../../protocols/failure.ts'
import { asText } from '../../protocols/lenient-json.ts'
import { decodeFailureBody, errorOf, type FailureTable } from '../decode-failure.ts'
import type { HeaderView } from '../provider.ts'
import { headerText, longest, parseDuration, readRetryAfter } from '../retry-after.ts'

const table: FailureTable = {
  read: (error) => ({ codes: [asText(error['code']), asText(error['type'])], message: error['message'] }),
  kindByCode: new Map<string | undefined, FailureKind>([
    ['insufficient_quota', 'quota-exhausted'],
    ['billing_hard_limit_reached', 'quota-exhausted'],
    ['billing_not_active', 'quota-exhausted'],
    ['rate_limit_exceeded', 'rate-limited'],
    ['invalid_api_key', 'unauthorized'],
    ['account_deactivated', 'unauthorized'],
    ['model_not_found', 'model-not-found'],
    ['context_length_exceeded', 'invalid-request'],
    ['content_policy_violation', 'invalid-request'],
  ]),
}

export function decodeFailure(status: number, headers: HeaderView, body: string, nowMs: number): UpstreamFailure {
  const stated = readRetryAfter(headers, nowMs)
  return decodeFailureBody(status, body, table, stated ?? (status === 429 ? readResets(headers, body) : undefined))
}

const limited = ['requests', 'tokens'] as const

/** Without retry-after: the reset of the limit that the error's type names, else of those at 0, else of both. */
function readResets(headers: HeaderView, body: string): number | undefined {
  const type = errorOf(body)?.['type']
  const named = limited.filter((what) => what === type)
  const empty = limited.filter((what) => headerText(headers, `x-ratelimit-remaining-${what}`) === '0')
  const chosen = [named, empty, limited].find((candidates) => candidates.length > 0) ?? limited
  return longest(chosen.map((what) => parseDuration(headerText(headers, `x-ratelimit-reset-${what}`))))
}
