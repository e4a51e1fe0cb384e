// The headers that every answer of the control plane and the console carries, refusals included.
// Owns their values; control-server.ts sends them.

/**
 * Scripts only from our own files. Styles may stand inline, because the console's component kit writes its style sheets at
 * run time; a style cannot read or send anything while `connect-src` and `img-src` are closed.
 */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** A year, the least that browsers' preload lists accept. */
const strictTransportMaxAgeSeconds = 31_536_000

const always: readonly (readonly [string, string])[] = [
  ['content-security-policy', contentSecurityPolicy],
  ['x-content-type-options', 'nosniff'],
  // For browsers that do not know frame-ancestors.
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=()'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
]

/** Over plain http a browser ignores strict-transport-security, and a proxy in front may want to set its own. */
export function securityHeaders(overTls: boolean): readonly (readonly [string, string])[] {
  if (!overTls) return always
  return [...always, ['strict-transport-security', `max-age=${strictTransportMaxAgeSeconds}; includeSubDomains`]]
}
