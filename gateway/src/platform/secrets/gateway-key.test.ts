// Gateway keys: format, entropy, verification, and what a copy of the database is worth without the pepper.
import { randomBytes } from 'node:crypto'
import { assert as assertProperty, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { systemRandom, type Random } from '../random.ts'
import { createKeyHasher } from './gateway-key.ts'
import { Secret } from './secret.ts'

const pepper = () => new Secret(randomBytes(32).toString('base64'))
const hasher = createKeyHasher(pepper())

test('a minted key has the documented form, is parsed and verified', () => {
  const minted = hasher.mint(systemRandom)
  expect(minted.token).toMatch(/^aicp_[0-9A-Za-z]{8}_[0-9A-Za-z]{33}$/)
  const parsed = hasher.parse(minted.token)
  expect(parsed?.publicId).toBe(minted.publicId)
  expect(minted.token.endsWith(minted.last4)).toBe(true)
  expect(hasher.verify(parsed?.secret ?? '', minted.secretHmac)).toBe(true)
})

test('the secret carries at least 192 bits, and every character is equally likely', () => {
  expect(33 * Math.log2(62)).toBeGreaterThan(192)
  // A generator that counts through all bytes must give each of the 62 characters equally often.
  let next = 0
  const counting = {
    bytes: (count: number) => Buffer.from(Array.from({ length: count }, () => next++ % 256)),
  } as Random
  const seen = new Map<string, number>()
  for (let minted = 0; minted < 2000; minted += 1) {
    for (const char of hasher.parse(hasher.mint(counting).token)?.secret ?? '')
      seen.set(char, (seen.get(char) ?? 0) + 1)
  }
  const counts = [...seen.values()]
  expect(counts).toHaveLength(62)
  expect(Math.max(...counts) / Math.min(...counts)).toBeLessThan(1.2)
})

test('another secret, another pepper, and a stored value of another length do not verify', () => {
  const minted = hasher.mint(systemRandom)
  const secret = hasher.parse(minted.token)?.secret ?? ''
  expect(hasher.verify(`${secret.slice(0, -1)}!`, minted.secretHmac)).toBe(false)
  expect(createKeyHasher(pepper()).verify(secret, minted.secretHmac)).toBe(false)
  expect(hasher.verify(secret, minted.secretHmac.subarray(0, 31))).toBe(false)
  expect(hasher.verify(secret, Buffer.alloc(0))).toBe(false)
})

test('what is stored does not contain the secret', () => {
  const minted = hasher.mint(systemRandom)
  const secret = hasher.parse(minted.token)?.secret ?? 'missing'
  expect(minted.secretHmac.toString('latin1')).not.toContain(secret)
  expect(minted.publicId).not.toContain(secret)
})

test('anything that is not a key is not parsed', () => {
  const { token } = hasher.mint(systemRandom)
  for (const bad of [
    '',
    'aicp_',
    token.slice(1),
    token.slice(0, -1),
    `${token}x`,
    `${token}\n`,
    ` ${token}`,
    token.toUpperCase(),
  ]) {
    expect(hasher.parse(bad)).toBeUndefined()
  }
  assertProperty(property(string(), (text) => hasher.parse(text) === undefined))
})

test('fingerprints are equal for equal keys only', () => {
  const { token } = hasher.mint(systemRandom)
  expect(hasher.fingerprint(token)).toBe(hasher.fingerprint(Buffer.from(token).toString()))
  expect(hasher.fingerprint(token)).not.toBe(hasher.fingerprint(hasher.mint(systemRandom).token))
  expect(hasher.fingerprint(token)).toHaveLength(43)
})
