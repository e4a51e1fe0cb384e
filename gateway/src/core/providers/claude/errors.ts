// Anthropic's error answers → failures (Anthropic API, "Errors" and "Rate limits"). `error.details.error_code` says more than
// `error.type`. A used-up spend limit also comes as a 429 without retry-after.
import type { FailureKind, UpstreamFailure } from '../../protocols/failure.ts'
import { asRecord, asText } from '../../protocols/lenient-json.ts'
import { decodeFailureBody, type FailureTable } from '../decode-failure.ts'
import type { HeaderView } from '../provider.ts'
import { headerText, longest, readRetryAfter, untilInstant } from '../retry-after.ts'

const table: FailureTable = {
  read: (error) => ({
    codes: [asText(asRecord(error['details'])?.['error_code']), asText(error['type'])],
    message: error['message'],
  }),
  kindByCode: new Map<string | undefined, FailureKind>([
    ['enforced_spend_limit_reached', 'quota-exhausted'],
    ['contract_spend_limit_reached', 'quota-exhausted'],
    ['billing_error', 'quota-exhausted'],
    ['ramp_limit_exceeded', 'rate-limited'],
    ['rate_limit_error', 'rate-limited'],
    ['overloaded_error', 'overloaded'],
    ['organization_on_hold', 'unauthorized'],
    ['authentication_error', 'unauthorized'],
    ['permission_error', 'unauthorized'],
    // Nothing but the model is named in a Messages request.
    ['not_found_error', 'model-not-found'],
    ['claude_code_version_too_old', 'invalid-request'],
    ['invalid_request_error', 'invalid-request'],
    ['request_too_large', 'invalid-request'],
  ]),
}

export function decodeFailure(status: number, headers: HeaderView, body: string, nowMs: number): UpstreamFailure {
  const stated = readRetryAfter(headers, nowMs)
  return decodeFailureBody(status, body, table, stated ?? (status === 429 ? readResets(headers, nowMs) : undefined))
}

const limited = ['requests', 'tokens', 'input-tokens', 'output-tokens'] as const

/** Without retry-after: when the limits that stand at 0 refill. */
function readResets(headers: HeaderView, nowMs: number): number | undefined {
  const empty = limited.filter((what) => headerText(headers, `anthropic-ratelimit-${what}-remaining`) === '0')
  return longest(empty.map((what) => untilInstant(headerText(headers, `anthropic-ratelimit-${what}-reset`), nowMs)))
}
