// The table of settings: each variable's name, default, meaning and rule, and what it becomes in the program.
// Owns no reading: config.ts reads the environment, and docs/configuration.md repeats this table, which a test compares.
import { z } from 'zod'
import { type LogLevel, logLevels } from '../platform/log.ts'
import { Secret } from '../platform/secrets/secret.ts'

const journalSyncModes = ['disk', 'strict', 'os'] as const
type JournalSync = (typeof journalSyncModes)[number]

export interface Settings {
  /** Used once the gateway is set up; before that it listens on loopback only, whatever stands here. */
  host: string
  port: number
  /** Absent: the embedded database. Holds a password. */
  databaseUrl: Secret | undefined
  dataDir: string
  /** The first seals, the others only open. Empty: the secrets file. */
  masterKeys: readonly Secret[]
  keyPepper: Secret | undefined
  journalSync: JournalSync
  egressAllowLoopback: boolean
  logLevel: LogLevel
  upstreamConnections: number
  upstreamFirstByteTimeoutMs: number
  upstreamIdleTimeoutMs: number
  bodyLimitBytes: number
  concurrentRequestsMax: number
  drainTimeoutMs: number
}

interface Variable {
  name: string
  field: keyof Settings
  /** As it would be written in the environment; undefined where there is none. */
  default: string | undefined
  meaning: string
  schema: z.ZodType
}

const secretBytesMin = 32
const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`)
const flag = z.enum(['true', 'false'], 'must be "true" or "false"').transform((value) => value === 'true')
const oneOf = <const T extends readonly string[]>(values: T) => z.enum(values, `must be one of ${values.join(', ')}`)
const secretText = z
  .string()
  .refine(
    (value) => isBase64(value) && decodedLength(value) >= secretBytesMin,
    'must be at least 32 random bytes in base64',
  )
  .transform((value) => new Secret(value))
const masterKeyList = z
  .string()
  .transform((value) => value.split(',').map((key) => key.trim()))
  .refine(
    (keys) => keys.every((key) => isBase64(key) && decodedLength(key) === secretBytesMin),
    'must be 32 random bytes in base64',
  )
  .transform((keys) => keys.map((key) => new Secret(key)))
const isBase64 = (text: string) => /^[A-Za-z0-9+/]+={0,2}$/.test(text)
const decodedLength = (text: string) => Buffer.from(text, 'base64').length
const postgresUrl = z
  .string()
  .refine((value) => /^postgres(ql)?:\/\//.test(value) && URL.canParse(value), 'must be a postgres:// URL')
  .transform((value) => new Secret(value))

/** A day: longer timeouts are a mistake in the unit. */
const timeoutMaxMs = 86_400_000
const kibibyte = 1024
const gibibyte = 1024 ** 3

export const variables: readonly Variable[] = [
  {
    name: 'HOST',
    field: 'host',
    default: '0.0.0.0',
    schema: z.string().min(1),
    meaning: 'Address to listen on once the gateway is set up. Before that it listens on loopback only.',
  },
  {
    name: 'PORT',
    field: 'port',
    default: '4000',
    schema: integer(0, 65_535),
    meaning: 'Port for model traffic, the API and the console. 0 takes a free one.',
  },
  {
    name: 'DATABASE_URL',
    field: 'databaseUrl',
    default: undefined,
    schema: postgresUrl,
    meaning:
      'PostgreSQL 15 or newer, as postgres://user:password@host:port/name. Without it the embedded database in the data directory is used; production wants a server.',
  },
  {
    name: 'AICARPOOL_DATA_DIR',
    field: 'dataDir',
    default: './data/aicarpool',
    schema: z.string().min(1),
    meaning: 'Directory of the journal, the secrets file and the embedded database. One process owns it.',
  },
  {
    name: 'AICARPOOL_MASTER_KEY',
    field: 'masterKeys',
    default: undefined,
    schema: masterKeyList,
    meaning:
      '32 random bytes in base64 that wrap the stored provider keys. Several, separated by commas: the first is used, the others still open what they wrapped. Without it a key is made in <data directory>/secrets.json.',
  },
  {
    name: 'AICARPOOL_KEY_PEPPER',
    field: 'keyPepper',
    default: undefined,
    schema: secretText,
    meaning:
      'At least 32 random bytes in base64 that go into the hash of every gateway key. Changing it makes all keys invalid. Without it one is made in <data directory>/secrets.json.',
  },
  {
    name: 'AICARPOOL_JOURNAL_SYNC',
    field: 'journalSync',
    default: 'disk',
    schema: oneOf(journalSyncModes),
    meaning:
      'How metering records reach the disk. disk: flushed in groups right behind the answer; strict: flushed before the answer ends; os: left to the operating system, which survives a crash of the process but not of the machine.',
  },
  {
    name: 'AICARPOOL_EGRESS_ALLOW_LOOPBACK',
    field: 'egressAllowLoopback',
    default: 'false',
    schema: flag,
    meaning:
      'Lets accounts point at http and https addresses on this machine. For the demo and tests; anyone who may create accounts could otherwise reach local services.',
  },
  {
    name: 'AICARPOOL_LOG_LEVEL',
    field: 'logLevel',
    default: 'info',
    schema: oneOf(logLevels),
    meaning: 'Least severe level that is logged: debug, info, warn, error or silent.',
  },
  {
    name: 'AICARPOOL_UPSTREAM_CONNECTIONS',
    field: 'upstreamConnections',
    default: '256',
    schema: integer(1, 65_535),
    meaning: 'Connections kept to one provider address; further requests to it wait for a free one.',
  },
  {
    name: 'AICARPOOL_UPSTREAM_FIRST_BYTE_TIMEOUT_MS',
    field: 'upstreamFirstByteTimeoutMs',
    default: '600000',
    schema: integer(1, timeoutMaxMs),
    meaning:
      "Longest wait for the first byte of a provider's answer. Answers that are not streamed are silent while the model thinks.",
  },
  {
    name: 'AICARPOOL_UPSTREAM_IDLE_TIMEOUT_MS',
    field: 'upstreamIdleTimeoutMs',
    default: '300000',
    schema: integer(1, timeoutMaxMs),
    meaning: "Longest silence inside a provider's answer.",
  },
  {
    name: 'AICARPOOL_BODY_LIMIT_BYTES',
    field: 'bodyLimitBytes',
    default: String(32 * 1024 * kibibyte),
    schema: integer(kibibyte, gibibyte),
    meaning: 'Largest body of a model request. The providers themselves take about 32 MB.',
  },
  {
    name: 'AICARPOOL_CONCURRENT_REQUESTS_MAX',
    field: 'concurrentRequestsMax',
    default: '10000',
    schema: integer(1, 1_000_000),
    meaning: 'Model requests in progress at once; more are refused with the code overloaded.',
  },
  {
    name: 'AICARPOOL_DRAIN_TIMEOUT_MS',
    field: 'drainTimeoutMs',
    default: '30000',
    schema: integer(0, timeoutMaxMs),
    meaning:
      'How long running requests may take to end after a stop was asked for; then they are cut and billed for what was seen.',
  },
]

/** The table of docs/configuration.md, which a test holds against this file. */
export function renderConfigurationTable(): string {
  const rows = variables.map(
    (variable) =>
      `| \`${variable.name}\` | ${variable.default === undefined ? '' : `\`${variable.default}\``} | ${variable.meaning} |`,
  )
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n')
}
