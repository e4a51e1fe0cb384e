// The promises of the vault: bound to its row, tamper-evident, and open to keys that were replaced.
import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { assert as assertProperty, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from './secret.ts'
import { createVault, nameEncryptionKey, type RowAddress, VaultError } from './vault.ts'

const address: RowAddress = { tenant: 'e1', table: 'ai_service_accounts', column: 'api_key_envelope', rowId: 'a1' }
const newKey = (kid: string) => ({ kid, key: new Secret(randomBytes(32).toString('base64')) })
const failure = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return error instanceof VaultError ? error.code : error
  }
  return 'opened'
}

test('a secret never prints its value', () => {
  const secret = new Secret('canary')
  const printed = [
    ['', secret, ''].join(''),
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }),
    inspect(secret, { showHidden: true }),
  ]
  for (const text of printed) expect(text).not.toContain('canary')
  expect(JSON.stringify(secret)).toBe('"[secret]"')
  expect(secret.reveal()).toBe('canary')
})

describe('vault', () => {
  const vault = createVault({ keys: [newKey('k1')] })

  test('any text comes back as it was', () => {
    assertProperty(
      property(string({ unit: 'binary' }), (text) => {
        const plain = Buffer.from(text, 'utf8').toString('utf8')
        expect(vault.open(vault.seal(new Secret(plain), address), address).reveal()).toBe(plain)
      }),
    )
  })

  test('the envelope does not hold the plain text, and sealing twice gives different bytes', () => {
    const first = vault.seal(new Secret('sk-canary'), address)
    expect(first.includes('sk-canary')).toBe(false)
    expect(first.equals(vault.seal(new Secret('sk-canary'), address))).toBe(false)
  })

  test.each(['tenant', 'table', 'column', 'rowId'] as const)('another %s does not open it', (part) => {
    const envelope = vault.seal(new Secret('x'), address)
    expect(failure(() => vault.open(envelope, { ...address, [part]: 'other' }))).toBe('not_authentic')
  })

  test('moving a character between two parts of the address does not open it', () => {
    const envelope = vault.seal(new Secret('x'), { ...address, tenant: 'ab', table: 'c' })
    expect(failure(() => vault.open(envelope, { ...address, tenant: 'a', table: 'bc' }))).toBe('not_authentic')
  })

  test('every single changed byte is noticed', () => {
    const envelope = vault.seal(new Secret('the key'), address)
    for (let index = 0; index < envelope.length; index += 1) {
      const changed = Buffer.from(envelope)
      changed[index] = (changed[index] as number) ^ 1
      expect(['malformed', 'unknown_kid', 'not_authentic']).toContain(failure(() => vault.open(changed, address)))
    }
  })

  test('every truncation is noticed', () => {
    const envelope = vault.seal(new Secret('the key'), address)
    for (let length = 0; length < envelope.length; length += 1) {
      expect(['malformed', 'not_authentic']).toContain(failure(() => vault.open(envelope.subarray(0, length), address)))
    }
  })

  test('an envelope of a replaced key opens while the key is listed, and not afterwards', () => {
    const [old, fresh] = [newKey('old'), newKey('fresh')]
    const envelope = createVault({ keys: [old] }).seal(new Secret('x'), address)
    expect(
      createVault({ keys: [fresh, old] })
        .open(envelope, address)
        .reveal(),
    ).toBe('x')
    expect(failure(() => createVault({ keys: [fresh] }).open(envelope, address))).toBe('unknown_kid')
    const resealed = createVault({ keys: [fresh, old] }).seal(new Secret('x'), address)
    expect(
      createVault({ keys: [fresh] })
        .open(resealed, address)
        .reveal(),
    ).toBe('x')
  })

  test('a key of the wrong size is refused, and none at all', () => {
    expect(failure(() => createVault({ keys: [{ kid: 'k', key: new Secret('c2hvcnQ=') }] }))).toBe('bad_key')
    expect(failure(() => createVault({ keys: [] }))).toBe('bad_key')
  })

  test('a key has the same name everywhere, different from other keys', () => {
    const { key } = newKey('x')
    expect(nameEncryptionKey(key)).toBe(nameEncryptionKey(new Secret(key.reveal())))
    expect(nameEncryptionKey(key)).not.toBe(nameEncryptionKey(newKey('x').key))
  })
})
