// The secrets file: made once, private, never replaced, and refused when others can read it.
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemRandom } from '../random.ts'
import { Secret } from './secret.ts'
import { loadSecrets, secretsFilePath, type SecretsSource } from './secrets-file.ts'
import { createVault, nameEncryptionKey } from './vault.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'aicarpool-secrets-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const load = (changes: Partial<SecretsSource> = {}) =>
  loadSecrets({ dataDir, masterKeys: [], keyPepper: undefined, random: systemRandom, ...changes })
const newSecret = () => new Secret(systemRandom.bytes(32).toString('base64'))
const code = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return (error as { code?: string }).code
  }
  return 'none'
}

test('the first start makes a private file, later starts read the same secrets', () => {
  const first = load()
  expect(first.created).toBe(true)
  expect(statSync(secretsFilePath(dataDir)).mode & 0o777).toBe(0o600)
  expect(readdirSync(dataDir)).toEqual(['secrets.json'])
  const second = load()
  expect(second.created).toBe(false)
  expect(second.keyPepper.reveal()).toBe(first.keyPepper.reveal())
  expect(second.keys.map((key) => key.kid)).toEqual(first.keys.map((key) => key.kid))
})

test('the data directory is made when it is missing', () => {
  expect(load({ dataDir: join(dataDir, 'new', 'deep') }).created).toBe(true)
})

test('with both secrets configured no file is made', () => {
  const [masterKey, keyPepper] = [newSecret(), newSecret()]
  const loaded = load({ masterKeys: [masterKey], keyPepper })
  expect(existsSync(secretsFilePath(dataDir))).toBe(false)
  expect(loaded.keys[0]?.kid).toBe(nameEncryptionKey(masterKey))
})

test('a configured key seals, and what the key in the file sealed still opens', () => {
  const address = { tenant: 't', table: 'x', column: 'c', rowId: 'r' }
  const envelope = createVault(load()).seal(new Secret('v'), address)
  const configured = newSecret()
  const both = load({ masterKeys: [configured] })
  expect(both.keys[0]?.kid).toBe(nameEncryptionKey(configured))
  expect(createVault(both).open(envelope, address).reveal()).toBe('v')
})

test('a secret that was configured when the file was made is asked for, never replaced by a new one', () => {
  load({ keyPepper: newSecret() })
  expect(code(() => load())).toBe('secrets_file_incomplete')
})

test.each([0o640, 0o604, 0o660, 0o601])('a file of mode %o is refused', (mode) => {
  load()
  chmodSync(secretsFilePath(dataDir), mode)
  expect(code(() => load())).toBe('secrets_file_exposed')
})

test('a link in place of the file is refused', () => {
  const target = join(dataDir, 'elsewhere.json')
  writeFileSync(target, '{"version":1}', { mode: 0o600 })
  symlinkSync(target, secretsFilePath(dataDir))
  expect(code(() => load())).toBe('secrets_file_exposed')
})

test.each(['', '{', '{"version":2}', '{"version":1,"masterKey":5}', '{"version":1,"extra":1}'])(
  'damaged content %j is refused',
  (text) => {
    writeFileSync(secretsFilePath(dataDir), text, { mode: 0o600 })
    expect(code(() => load())).toBe('secrets_file_invalid')
    expect(readFileSync(secretsFilePath(dataDir), 'utf8')).toBe(text)
  },
)

test('a damaged file is not quoted in the message', () => {
  writeFileSync(secretsFilePath(dataDir), '{"masterKey":"canary', { mode: 0o600 })
  expect(() => load()).toThrow(/not valid JSON/)
  expect(() => load()).not.toThrow(/canary/)
})
