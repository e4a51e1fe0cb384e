// Key → principal, from the snapshot alone. A key is verified by HMAC once and then found by its full SHA-256 in memory;
// what was verified is forgotten as soon as the snapshot changes, so a revoked key never lives on in this cache.
import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '@aicarpool/contract'
import type { KeyView, RoutingSnapshot } from '../core/routing/snapshot.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyHasher } from '../platform/secrets/gateway-key.ts'
import type { Call } from './call.ts'

/** Keys remembered as verified: a few MB at most. Beyond it the cache starts anew and keys are verified once more. */
const verifiedMax = 100_000
const bearerPattern = /^bearer /i

/** `keyInQuery`: the caller may have put the key into the address. */
export type Authenticate = (headers: IncomingHttpHeaders, keyInQuery?: string) => KeyView

export function createAuthenticate(options: {
  snapshot: RoutingSnapshot
  hasher: KeyHasher
  clock: Clock
}): Authenticate {
  const { snapshot, hasher, clock } = options
  const verified = new Map<string, KeyView>()
  let revision = snapshot.revision
  // Compared against when no such key exists, so that a hit and a miss take the same time.
  const nobody = Buffer.alloc(32)

  function verify(token: string): KeyView {
    const parts = hasher.parse(token)
    const key = parts && snapshot.key(parts.publicId)
    const isRight = hasher.verify(parts?.secret ?? '', key?.secretHmac ?? nobody)
    if (!key || !isRight) throw new AppError('invalid_key')
    return key
  }

  return (headers, keyInQuery) => {
    const token = credentialOf(headers) ?? keyInQuery
    if (token === undefined) throw new AppError('missing_key')
    if (revision !== snapshot.revision) {
      verified.clear()
      revision = snapshot.revision
    }
    const fingerprint = hasher.fingerprint(token)
    let key = verified.get(fingerprint)
    if (!key) {
      key = verify(token)
      if (verified.size >= verifiedMax) verified.clear()
      verified.set(fingerprint, key)
    }
    requireUsable(key, clock.now())
    return key
  }
}

/** Throws AppError for a key that is right and may not be used all the same. */
export function requireUsable(key: KeyView, nowMs: number): void {
  if (key.isRevoked) throw new AppError('key_revoked')
  if (nowMs >= key.expiresAtMs) throw new AppError('key_expired')
  if (!key.enterprise.isActive) throw new AppError('enterprise_inactive')
  if (!key.group.isActive) throw new AppError('group_inactive')
}

/** The key that a call came with, wherever its protocol lets it stand. */
export function authenticateCall({ client, request }: Call, authenticate: Authenticate): KeyView {
  const url = request.url ?? ''
  const at = client.takesKeyInQuery ? url.indexOf('?') : -1
  if (at === -1) return authenticate(request.headers)
  return authenticate(request.headers, new URLSearchParams(url.slice(at)).get('key') ?? undefined)
}

/** Each SDK sends the key in its own header; an empty header counts as none. */
function credentialOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = headers.authorization
  if (bearer !== undefined && bearerPattern.test(bearer)) {
    const token = bearer.slice('bearer '.length).trim()
    if (token !== '') return token
  }
  return single(headers['x-api-key']) ?? single(headers['x-goog-api-key'])
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
