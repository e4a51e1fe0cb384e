// The part of reading an error answer that is the same for every vendor: HTML is no answer, a vendor's own code decides where
// it is known, the status decides otherwise; the message is for people and decides nothing. Vendors bring their codes.
import type { FailureKind, UpstreamFailure } from '../protocols/failure.ts'
import { failureMessage } from '../protocols/failure-message.ts'
import { asRecord, parseJson, type JsonRecord } from '../protocols/lenient-json.ts'

/** What a vendor's error body says in the vendor's terms, the most telling code first. */
export interface ErrorReading {
  codes: readonly (string | undefined)[]
  message: unknown
  /** Decided by more than a code, as by the details of a used-up quota. */
  kind?: FailureKind | undefined
}

export interface FailureTable {
  read(error: JsonRecord, status: number): ErrorReading
  kindByCode: ReadonlyMap<string | undefined, FailureKind>
}

const kindByStatus = new Map<number, FailureKind>([
  [401, 'unauthorized'],
  [402, 'quota-exhausted'],
  [403, 'unauthorized'],
  [408, 'server-error'],
  [409, 'server-error'],
  [429, 'rate-limited'],
  [529, 'overloaded'],
])

/** The same request would be refused by every account. Redirects are not followed, so they are no answer either. */
function kindOfStatus(status: number): FailureKind {
  return kindByStatus.get(status) ?? (status >= 400 && status < 500 ? 'invalid-request' : 'server-error')
}

export function decodeFailureBody(
  status: number,
  body: string,
  table: FailureTable,
  retryAfterMs: number | undefined,
): UpstreamFailure {
  const fallback = `The provider answered with status ${status}.`
  if (isHtml(body)) return { kind: 'server-error', status, code: 'html_page', message: fallback, retryAfterMs }
  const error = errorOf(body)
  if (error === undefined)
    return { kind: kindOfStatus(status), status, code: undefined, message: fallback, retryAfterMs }
  const { codes, message, kind } = table.read(error, status)
  const byCode = codes.map((code) => table.kindByCode.get(code)).find((known) => known !== undefined)
  return {
    kind: kind ?? byCode ?? kindOfStatus(status),
    status,
    code: codes.find((code) => code !== undefined),
    message: failureMessage(message, fallback),
    retryAfterMs,
  }
}

/** The error object: below `error`, or the body itself where a server leaves the envelope out; first of a JSON array. */
export function errorOf(body: string): JsonRecord | undefined {
  const json = parseJson(body)
  const first = asRecord(Array.isArray(json) ? (json as unknown[])[0] : json)
  return asRecord(first?.['error']) ?? first
}

/** Proxies in front of a vendor answer with pages of their own. */
function isHtml(body: string): boolean {
  return /^\s*<(?:!doctype|html|head|body)/i.test(body)
}
