// Envelope encryption of provider keys. Each record has a data key of its own, wrapped by a key-encryption key that is
// named in the envelope by its `kid`; both layers are bound to the row they stand in, so an envelope that is copied to
// another row, column, table or tenant does not open. Owns the format; where envelopes are stored is the caller's.
import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto'
import { Secret } from './secret.ts'

/** Where an envelope stands. Authenticated, not stored: it must be told again to open the envelope. */
export interface RowAddress {
  tenant: string
  table: string
  column: string
  rowId: string
}

export interface EncryptionKey {
  /** Stable name, 1–64 ASCII characters, stored in every envelope. */
  kid: string
  /** 32 bytes in base64. */
  key: Secret
}

export interface Vault {
  seal(plain: Secret, address: RowAddress): Buffer
  /** Throws VaultError when the envelope was changed, stands in another row, or its key is not known. */
  open(envelope: Uint8Array, address: RowAddress): Secret
}

export type VaultErrorCode = 'malformed' | 'unknown_kid' | 'not_authentic' | 'bad_key'

export class VaultError extends Error {
  override readonly name = 'VaultError'
  readonly code: VaultErrorCode

  constructor(code: VaultErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

const formatVersion = 1
const algorithm = 'aes-256-gcm'
export const encryptionKeyBytes = 32
/** 96 bits, the size for which GCM is specified without hashing (NIST SP 800-38D, section 8.2). */
const nonceBytes = 12
const tagBytes = 16
const kidLengthMax = 64
const wrappedKeyBytes = nonceBytes + encryptionKeyBytes + tagBytes

/** The name of a key, from its value: the same key has the same name on every node. Reveals nothing usable. */
export function nameEncryptionKey(key: Secret): string {
  return hash('sha256', `aicarpool kid ${key.reveal()}`, 'hex').slice(0, 16)
}

/** The first key seals; all of them open, so that envelopes of an earlier key stay readable while it is replaced. */
export function createVault(options: { keys: readonly EncryptionKey[] }): Vault {
  const keys = new Map<string, Buffer>()
  for (const { kid, key } of options.keys) keys.set(kid, decodeKey(kid, key))
  const sealing = options.keys[0]
  if (sealing === undefined) throw new VaultError('bad_key', 'The vault needs at least one key.')
  const sealingKey = keys.get(sealing.kid) as Buffer
  const header = Buffer.concat([Buffer.from([formatVersion, sealing.kid.length]), Buffer.from(sealing.kid, 'ascii')])

  return {
    seal(plain, address) {
      const bound = bind(header, address)
      const dataKey = randomBytes(encryptionKeyBytes)
      const wrapped = encrypt(sealingKey, dataKey, bound)
      const body = encrypt(dataKey, Buffer.from(plain.reveal(), 'utf8'), bound)
      dataKey.fill(0)
      return Buffer.concat([header, wrapped, body])
    },
    open(envelope, address) {
      const parts = split(Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength))
      const key = keys.get(parts.kid)
      if (key === undefined)
        throw new VaultError(
          'unknown_kid',
          `The envelope was sealed with the key "${parts.kid}", which is not configured.`,
        )
      const bound = bind(parts.header, address)
      const dataKey = decrypt(key, parts.wrapped, bound)
      const plain = decrypt(dataKey, parts.body, bound)
      dataKey.fill(0)
      return new Secret(plain.toString('utf8'))
    },
  }
}

function decodeKey(kid: string, key: Secret): Buffer {
  if (!/^[\x21-\x7e]+$/.test(kid) || kid.length > kidLengthMax) {
    throw new VaultError('bad_key', `A key's name must be 1 to ${kidLengthMax} visible ASCII characters.`)
  }
  const bytes = Buffer.from(key.reveal(), 'base64')
  if (bytes.length !== encryptionKeyBytes) {
    throw new VaultError(
      'bad_key',
      `The key "${kid}" must be ${encryptionKeyBytes} bytes in base64, it has ${bytes.length}.`,
    )
  }
  return bytes
}

/** Each part carries its length, so that no two addresses give the same bytes ("ab"+"c" is not "a"+"bc"). */
function bind(header: Buffer, address: RowAddress): Buffer {
  const parts = [address.tenant, address.table, address.column, address.rowId].map((part) => {
    const bytes = Buffer.from(part, 'utf8')
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  })
  return Buffer.concat([header, ...parts])
}

function split(envelope: Buffer) {
  const version = envelope[0]
  if (version !== formatVersion) throw new VaultError('malformed', `The envelope has the unknown version ${version}.`)
  const headerBytes = 2 + (envelope[1] ?? 0)
  if (envelope.length < headerBytes + wrappedKeyBytes + nonceBytes + tagBytes) {
    throw new VaultError('malformed', 'The envelope is too short.')
  }
  return {
    header: envelope.subarray(0, headerBytes),
    kid: envelope.toString('ascii', 2, headerBytes),
    wrapped: envelope.subarray(headerBytes, headerBytes + wrappedKeyBytes),
    body: envelope.subarray(headerBytes + wrappedKeyBytes),
  }
}

/** nonce ‖ ciphertext ‖ tag */
function encrypt(key: Buffer, plain: Buffer, bound: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(bound)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: Buffer, sealed: Buffer, bound: Buffer): Buffer {
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAAD(bound)
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes)), decipher.final()])
  } catch {
    // Node only says "unable to authenticate data"; the cause is always one of these.
    throw new VaultError('not_authentic', 'The envelope was changed, or it belongs to another row.')
  }
}
