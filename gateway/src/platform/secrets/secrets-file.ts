// Where the two secrets of an installation come from: the master key that wraps provider keys and the pepper of gateway
// keys. Both may come from the configuration; what is missing there lives in `<dataDir>/secrets.json`, which is made at
// the first start. Called once at start; the doctor only inspects.
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Random } from '../random.ts'
import { pepperBytesMin } from './gateway-key.ts'
import { Secret } from './secret.ts'
import { type EncryptionKey, encryptionKeyBytes, nameEncryptionKey } from './vault.ts'

export interface InstallationSecrets {
  /** The first seals, all open. */
  keys: readonly EncryptionKey[]
  keyPepper: Secret
  /** True when this call made the file: the caller says so once, because a lost file is lost keys. */
  created: boolean
}

export type SecretsFileErrorCode = 'secrets_file_exposed' | 'secrets_file_invalid' | 'secrets_file_incomplete'

export class SecretsFileError extends Error {
  override readonly name = 'SecretsFileError'
  readonly code: SecretsFileErrorCode

  constructor(code: SecretsFileErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

const fileVersion = 1
const ownerOnlyMode = 0o600
const othersMask = 0o077
const fileSchema = z.strictObject({
  version: z.literal(fileVersion),
  masterKey: z.base64().optional(),
  keyPepper: z.base64().optional(),
})
type SecretsFile = z.infer<typeof fileSchema>

export function secretsFilePath(dataDir: string): string {
  return join(dataDir, 'secrets.json')
}

export interface SecretsSource {
  dataDir: string
  /** From the configuration: the first seals, the others only open what was sealed with them before. */
  masterKeys: readonly Secret[]
  keyPepper: Secret | undefined
  random: Random
}

/** Reads the secrets, making those that exist nowhere yet. Throws SecretsFileError with the remedy in its message. */
export function loadSecrets(source: SecretsSource): InstallationSecrets {
  const path = secretsFilePath(source.dataDir)
  const needsFile = source.masterKeys.length === 0 || source.keyPepper === undefined
  const created = needsFile && !existsSync(path) && createFile(path, source)
  const file: SecretsFile = existsSync(path) ? readSecretsFile(path) : { version: fileVersion }

  // The file's key comes after the configured ones: envelopes from before the key was configured stay readable.
  const masterKeys = [...source.masterKeys]
  if (file.masterKey !== undefined) masterKeys.push(new Secret(file.masterKey))
  const keyPepper = source.keyPepper ?? (file.keyPepper === undefined ? undefined : new Secret(file.keyPepper))
  if (masterKeys.length === 0) throw incomplete(path, 'AICARPOOL_MASTER_KEY')
  if (keyPepper === undefined) throw incomplete(path, 'AICARPOOL_KEY_PEPPER')
  return { keys: masterKeys.map((key) => ({ kid: nameEncryptionKey(key), key })), keyPepper, created }
}

/** Says what is wrong with the file's permissions, or nothing. Windows has no such bits. */
export function findSecretsFileExposure(path: string): string | undefined {
  const stat = lstatSync(path)
  if (!stat.isFile()) return `${path} is not a regular file.`
  if (process.platform === 'win32' || (stat.mode & othersMask) === 0) return undefined
  return `${path} has mode ${(stat.mode & 0o777).toString(8)}; other users of this machine can reach the secrets in it.`
}

function readSecretsFile(path: string): SecretsFile {
  const exposure = findSecretsFileExposure(path)
  if (exposure !== undefined) {
    throw new SecretsFileError(
      'secrets_file_exposed',
      `${exposure} Run "chmod 600 ${path}", and consider its content known.`,
    )
  }
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    // The parser's message quotes the text it failed on, which may be a secret.
    throw new SecretsFileError('secrets_file_invalid', `${path} is not valid JSON. Restore it from a backup.`)
  }
  const parsed = fileSchema.safeParse(content)
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? ''
    throw new SecretsFileError('secrets_file_invalid', `${path} is damaged at "${field}". Restore it from a backup.`)
  }
  return parsed.data
}

/**
 * Writes the file whole or not at all: a temporary name, flushed, then a hard link under the real name, which fails if
 * another process was first. Returns whether this process made it.
 */
function createFile(path: string, source: SecretsSource): boolean {
  const content: SecretsFile = { version: fileVersion }
  if (source.masterKeys.length === 0) content.masterKey = source.random.bytes(encryptionKeyBytes).toString('base64')
  if (source.keyPepper === undefined) content.keyPepper = source.random.bytes(pepperBytesMin).toString('base64')
  mkdirSync(source.dataDir, { recursive: true, mode: 0o700 })
  const temporary = `${path}.${source.random.token(8)}`
  const fd = openSync(temporary, 'wx', ownerOnlyMode)
  try {
    writeSync(fd, `${JSON.stringify(content, null, 2)}\n`)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  try {
    linkSync(temporary, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

function incomplete(path: string, variable: string): SecretsFileError {
  return new SecretsFileError(
    'secrets_file_incomplete',
    `${path} does not hold the value of ${variable}, because the variable was set when the file was made. Set it again: a new value would make existing keys unusable.`,
  )
}
