// Settings: defaults, one line for each fault, secrets never shown, and the documentation equal to the program.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigError, loadConfig, printConfig } from '../config.ts'
import { Secret } from '../platform/secrets/secret.ts'
import { renderConfigurationTable, variables } from './variables.ts'

const key = (fill: number) => Buffer.alloc(32, fill).toString('base64')
const problems = (environment: Record<string, string>) => {
  try {
    loadConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
  }
  return []
}

test('an empty environment gives the defaults', () => {
  expect(loadConfig({})).toEqual({
    host: '0.0.0.0',
    port: 4000,
    databaseUrl: undefined,
    dataDir: './data/aicarpool',
    masterKeys: [],
    keyPepper: undefined,
    journalSync: 'disk',
    egressAllowLoopback: false,
    logLevel: 'info',
    upstreamConnections: 256,
    upstreamFirstByteTimeoutMs: 600_000,
    upstreamIdleTimeoutMs: 300_000,
    bodyLimitBytes: 33_554_432,
    concurrentRequestsMax: 10_000,
    drainTimeoutMs: 30_000,
    warnings: [],
  })
})

test('variables are read, empty ones count as absent, and overrides win', () => {
  const config = loadConfig(
    { PORT: '8080', AICARPOOL_LOG_LEVEL: '', AICARPOOL_JOURNAL_SYNC: 'strict' },
    { port: 0, dataDir: '/d' },
  )
  expect(config).toMatchObject({ port: 0, dataDir: '/d', logLevel: 'info', journalSync: 'strict' })
})

test('several master keys are one list, the first first', () => {
  const config = loadConfig({ AICARPOOL_MASTER_KEY: `${key(1)}, ${key(2)}` })
  expect(config.masterKeys.map((secret) => secret.reveal())).toEqual([key(1), key(2)])
})

test('every fault is one line that names its variable and not its value', () => {
  const lines = problems({
    PORT: '70000',
    DATABASE_URL: 'mysql://canary@x/y',
    AICARPOOL_MASTER_KEY: 'canary',
    AICARPOOL_KEY_PEPPER: key(1).slice(0, 20),
    AICARPOOL_JOURNAL_SYNC: 'canary',
    AICARPOOL_EGRESS_ALLOW_LOOPBACK: 'yes',
    AICARPOOL_BODY_LIMIT_BYTES: '32MiB',
    AICARPOOL_UPSTREAM_IDLE_TIMEOUT_MS: '-1',
  })
  expect(lines).toHaveLength(8)
  expect(lines[0]).toBe('PORT must be between 0 and 65535.')
  expect(lines.join('\n')).not.toContain('canary')
  for (const line of lines) expect(line).not.toContain('\n')
})

test('an unknown variable of ours is reported with the nearest real one, and foreign ones are not', () => {
  const { warnings } = loadConfig({ AICARPOOL_DATADIR: '/x', PATH: '/bin', OTHER: '1' })
  expect(warnings).toEqual([
    'AICARPOOL_DATADIR is not a setting of this program and has no effect. Did you mean AICARPOOL_DATA_DIR?',
  ])
})

test('a printed configuration has every variable and no secret', () => {
  const config = loadConfig({
    DATABASE_URL: 'postgres://app:canary@db/app',
    AICARPOOL_MASTER_KEY: `${key(1)},${key(2)}`,
    AICARPOOL_KEY_PEPPER: key(3),
  })
  for (const text of [printConfig(config), JSON.stringify(config)]) {
    expect(text).not.toContain('canary')
    for (const fill of [1, 2, 3]) expect(text).not.toContain(key(fill))
  }
  expect(printConfig(config).split('\n')).toHaveLength(variables.length)
  expect(config.databaseUrl).toBeInstanceOf(Secret)
  expect(printConfig(config)).toContain('AICARPOOL_MASTER_KEY=[secret],[secret]')
})

test('docs/configuration.md holds exactly the table of this program', () => {
  const document = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')
  expect(document).toContain(renderConfigurationTable())
  for (const { name } of variables) expect(document.split(`\`${name}\``).length).toBeGreaterThan(1)
})
