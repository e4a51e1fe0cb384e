// The format of gateway keys, `aicp_<8-character public id>_<secret>`, and the two ways to check one: by HMAC against the
// stored value (once), and by the fingerprint under which a verified key is remembered in memory (every time after).
// Owns no storage and no lookup.
import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Random } from '../random.ts'
import type { Secret } from './secret.ts'

export interface MintedKey {
  /** The whole key. Shown once to its owner, never stored. */
  token: string
  publicId: string
  /** HMAC-SHA-256 of the secret part under the pepper: what the database holds. */
  secretHmac: Buffer
  last4: string
}

export interface KeyHasher {
  mint(random: Random): MintedKey
  /** The two parts of a well-formed key; undefined for anything else. */
  parse(token: string): { publicId: string; secret: string } | undefined
  /** Takes the same time whether and where the values differ. */
  verify(secret: string, secretHmac: Uint8Array): boolean
  /** SHA-256 of the whole key: the name under which a verified key is found in memory. Costs a tenth of `verify`. */
  fingerprint(token: string): string
}

const prefix = 'aicp_'
const publicIdLength = 8
/** 33 characters of 62 hold 196 bits, over the 192 that make guessing and any table hopeless. */
const secretLength = 33
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Bytes from here on are thrown away: 248 is the largest multiple of 62 in a byte, so every character is equally likely. */
const byteLimit = 248
/** Shorter peppers could be found by trying. */
export const pepperBytesMin = 32
const tokenPattern = new RegExp(`^${prefix}([0-9A-Za-z]{${publicIdLength}})_([0-9A-Za-z]{${secretLength}})$`)

export function createKeyHasher(pepper: Secret): KeyHasher {
  const pepperBytes = Buffer.from(pepper.reveal(), 'base64')
  const hmac = (secret: string) => createHmac('sha256', pepperBytes).update(secret).digest()
  return {
    mint(random) {
      const publicId = base62(random, publicIdLength)
      const secret = base62(random, secretLength)
      const token = `${prefix}${publicId}_${secret}`
      return { token, publicId, secretHmac: hmac(secret), last4: secret.slice(-4) }
    },
    parse(token) {
      const match = tokenPattern.exec(token)
      return match ? { publicId: match[1] as string, secret: match[2] as string } : undefined
    },
    verify(secret, secretHmac) {
      const computed = hmac(secret)
      return secretHmac.byteLength === computed.byteLength && timingSafeEqual(computed, secretHmac)
    },
    fingerprint: (token) => hash('sha256', token, 'base64url'),
  }
}

function base62(random: Random, length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of random.bytes(length - text.length)) {
      if (byte < byteLimit) text += alphabet.charAt(byte % alphabet.length)
    }
  }
  return text
}
