// The doctor against real directories, databases and sockets on this machine. No provider is reached: names do not resolve.
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runDoctor } from '../../src/cli/doctor.ts'
import { watchClock } from '../../src/cli/doctor/machine.ts'
import { createAccount } from '../../src/controlplane/accounts/accounts.ts'
import { createEnterprise } from '../../src/controlplane/enterprises/enterprises.ts'
import { providers, shippedProviders } from '../../src/core/providers/index.ts'
import { providersOf, type Providers } from '../../src/core/providers/registry.ts'
import { openDatabase } from '../../src/platform/database/open.ts'
import { acquireOwnerLock } from '../../src/platform/database/owner-lock.ts'
import { systemRandom } from '../../src/platform/random.ts'
import { loadSecrets, secretsFilePath } from '../../src/platform/secrets/secrets-file.ts'
import { createVault } from '../../src/platform/secrets/vault.ts'
import type { Resolve } from '../../src/platform/upstream/connector.ts'
import { createEgressGuard } from '../../src/platform/upstream/egress-guard.ts'
import {
  createMigratedDataDir,
  createServerDatabase,
  openServerTestDatabase,
  silentLog,
  testServerUrl,
} from '../support/test-database.ts'

let parent: string
const cleanups: (() => unknown)[] = []
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'aicarpool-doctor-test-'))
  cleanups.push(() => rmSync(parent, { recursive: true, force: true }))
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function examine(environment: Record<string, string>, known: Providers = shippedProviders) {
  const lines: string[] = []
  /** Whoever the doctor wanted to reach by name. */
  const hostnames: string[] = []
  const resolve: Resolve = (hostname, done) => {
    hostnames.push(hostname)
    done(Object.assign(new TypeError(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }), [])
  }
  const code = await runDoctor({ environment, print: (line) => lines.push(line), resolve, providers: known })
  return {
    code,
    lines,
    hostnames,
    text: lines.join('\n'),
    line: (name: string) => lines.find((line) => line.slice(6).startsWith(name)) ?? '',
  }
}

async function serve(status: number): Promise<string> {
  const server: Server = createServer((_request, response) => response.writeHead(status).end('{}'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return String((server.address() as { port: number }).port)
}

/** Every file with size and time: equal before and after means that nothing was touched. */
function fingerprint(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((name) => {
      const { size, mtimeMs, mode } = statSync(join(directory, name))
      return `${name} ${size} ${mtimeMs} ${mode}`
    })
}

/** A data directory as a stopped gateway leaves it, with one account for each endpoint. */
async function restingDataDir(...endpoints: (string | undefined)[]): Promise<string> {
  const dataDir = await createMigratedDataDir()
  cleanups.push(() => rmSync(dataDir, { recursive: true, force: true }))
  const vault = createVault(loadSecrets({ dataDir, masterKeys: [], keyPepper: undefined, random: systemRandom }))
  const maker = {
    providers: shippedProviders,
    vault,
    random: systemRandom,
    guard: { ...createEgressGuard({ allowLoopback: true }), decideUrl: () => ({ allowed: true }) as const },
  }
  const database = await openDatabase({ dataDir, log: silentLog })
  await database.transaction(async (tx) => {
    const enterpriseId = await createEnterprise(tx, systemRandom, { name: 'x' })
    for (const apiEndpoint of endpoints) {
      await createAccount(tx, maker, enterpriseId, {
        name: 'a',
        serviceType: 'openai',
        accountType: 'shared',
        apiKey: 'canary-key',
        apiEndpoint,
        supportedModels: [],
      })
    }
  })
  await database.close()
  return dataDir
}

test('a bad configuration is one line for each variable, and nothing else is looked at', async () => {
  const { code, lines } = await examine({
    PORT: 'canary',
    AICARPOOL_JOURNAL_SYNC: 'canary',
    AICARPOOL_DATA_DIR: parent,
  })
  expect(code).toBe(1)
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(/^fail {2}configuration +PORT must be .*→ see docs\/configuration.md/)
  expect(lines.join()).not.toContain('canary')
})

test('before the first start all is well, and nothing is made', async () => {
  const dataDir = join(parent, 'not', 'yet')
  const { code, text, line } = await examine({ AICARPOOL_DATA_DIR: dataDir, AICARPOOL_DATADIR: 'x' })
  expect(code).toBe(0)
  for (const name of ['configuration', 'data directory', 'owner', 'disk', 'secrets', 'database', 'providers', 'clock'])
    expect(line(name)).not.toBe('')
  expect(text).toContain('Did you mean AICARPOOL_DATA_DIR?')
  expect(existsSync(join(parent, 'not'))).toBe(false)
})

describe('embedded database', () => {
  test('a resting one is checked on a copy, and every endpoint in use is tried', async () => {
    const port = await serve(401)
    const dataDir = await restingDataDir(`http://127.0.0.1:${port}/base`)
    const before = fingerprint(dataDir)
    const { code, lines, line } = await examine({
      AICARPOOL_DATA_DIR: dataDir,
      AICARPOOL_EGRESS_ALLOW_LOOPBACK: 'true',
    })
    expect([code, lines.filter((text) => !text.startsWith('ok')).length]).toEqual([0, 1])
    expect(line('database')).toMatch(/embedded, reachable and up to date \(\d{4}_/)
    expect(line('provider')).toContain(`http://127.0.0.1:${port} answers (HTTP 401)`)
    expect(line('secrets')).toContain('private and complete')
    expect(fingerprint(dataDir)).toEqual(before)
  })

  test('an account without an address of its own is checked at its vendor’s, and nobody else is', async () => {
    const { hostnames } = await examine({ AICARPOOL_DATA_DIR: await restingDataDir(undefined) })
    expect(new Set(hostnames)).toEqual(new Set([new URL(providers.openai.defaultEndpoint).hostname]))
  })

  test('VE2 accounts of a vendor that is not known are a failure with its remedy', async () => {
    const environment = { AICARPOOL_DATA_DIR: await restingDataDir(undefined, 'https://gone.example') }
    const { code, lines, hostnames } = await examine(environment, providersOf([providers.claude]))
    const found = lines.filter((line) => line.slice(6).startsWith('provider'))
    expect([code, found.length, hostnames]).toEqual([1, 1, []])
    expect(found[0]).toMatch(/^fail.*service type "openai", which this program does not know.*→ run the release/)
  })

  test('an endpoint that must not or cannot be reached fails with its remedy', async () => {
    const dataDir = await restingDataDir('https://10.0.0.1/', 'https://gone.example')
    const { code, lines } = await examine({ AICARPOOL_DATA_DIR: dataDir })
    const found = lines.filter((line) => line.slice(6).startsWith('provider'))
    expect(code).toBe(1)
    expect(found[0]).toMatch(/^fail.*10\.0\.0\.1.*not a public internet address.*→ accounts may point/)
    expect(found[1]).toMatch(/^fail.*gone\.example.*ENOTFOUND.*→ check name resolution/)
  })

  test.each([
    [200, 'ok', 0, 'says it is ready'],
    [503, 'fail', 1, 'says it is not ready'],
  ] as const)('one that a process owns is asked about through it: %i', async (status, level, code, text) => {
    const port = await serve(status)
    const dataDir = join(parent, 'data')
    const lock = acquireOwnerLock(dataDir)
    cleanups.push(() => lock.release())
    const before = fingerprint(dataDir)
    const report = await examine({ AICARPOOL_DATA_DIR: dataDir, PORT: port })
    expect(report.code).toBe(code)
    expect(report.line('database')).toMatch(new RegExp(`^${level}.*process ${process.pid}.*${text}`))
    expect(report.line('owner')).toContain(`process ${process.pid}`)
    expect(report.line('providers')).toMatch(/^warn.*not checked: the accounts.*not read.*→ /)
    expect(report.hostnames).toEqual([])
    expect(fingerprint(dataDir)).toEqual(before)
  })

  test('an owner that does not answer is a warning', async () => {
    const dataDir = join(parent, 'data')
    const lock = acquireOwnerLock(dataDir)
    cleanups.push(() => lock.release())
    const report = await examine({ AICARPOOL_DATA_DIR: dataDir, PORT: '1' })
    expect([report.code, report.line('database').slice(0, 4)]).toEqual([0, 'warn'])
  })

  test('damaged files are a failure, not a crash', async () => {
    const dataDir = await restingDataDir()
    writeFileSync(join(dataDir, 'database', 'PG_VERSION'), '9\n')
    const { code, line, hostnames } = await examine({ AICARPOOL_DATA_DIR: dataDir })
    expect([code, line('database').slice(0, 4)]).toEqual([1, 'fail'])
    expect([line('providers').slice(0, 4), hostnames]).toEqual(['warn', []])
  })
})

describe('secrets', () => {
  test('a file that others can read is a failure', async () => {
    loadSecrets({ dataDir: parent, masterKeys: [], keyPepper: undefined, random: systemRandom })
    chmodSync(secretsFilePath(parent), 0o644)
    const { code, line } = await examine({ AICARPOOL_DATA_DIR: parent })
    expect(code).toBe(1)
    expect(line('secrets')).toMatch(/^fail.*mode 644.*→ run "chmod 600/)
  })

  test('a damaged file is a failure that does not quote it', async () => {
    writeFileSync(secretsFilePath(parent), '{"masterKey":"canary', { mode: 0o600 })
    const { code, text } = await examine({ AICARPOOL_DATA_DIR: parent })
    expect(code).toBe(1)
    expect(text).not.toContain('canary')
  })
})

describe('server database', () => {
  test('one that is not there is a failure without the password', async () => {
    const { code, line, text, hostnames } = await examine({
      AICARPOOL_DATA_DIR: parent,
      DATABASE_URL: 'postgres://app:canary@127.0.0.1:1/app',
    })
    expect([code, hostnames]).toEqual([1, []])
    expect(line('database')).toMatch(/^fail.*→ check that the server runs/)
    expect(text).not.toContain('canary')
  })

  test.runIf(testServerUrl !== undefined)(
    'an empty one is a warning, a migrated one is fine, and the clocks are compared',
    async () => {
      const empty = await createServerDatabase(testServerUrl as string)
      cleanups.push(empty.drop)
      const first = await examine({ AICARPOOL_DATA_DIR: parent, DATABASE_URL: empty.url })
      expect([first.code, first.line('database').slice(0, 4)]).toEqual([0, 'warn'])
      const migrated = await openServerTestDatabase(testServerUrl as string)
      cleanups.push(migrated.dispose)
      const { rows } = await migrated.database.query<{ name: string }>('SELECT current_database() AS name')
      const url = new URL(testServerUrl as string)
      url.pathname = `/${rows[0]?.name}`
      const second = await examine({ AICARPOOL_DATA_DIR: parent, DATABASE_URL: url.href })
      expect(second.code).toBe(0)
      expect(second.line('database')).toMatch(/^ok.*PostgreSQL server, reachable and up to date/)
      expect(second.line('clocks')).toMatch(/^ok/)
    },
  )
})

describe('clock', () => {
  const watch = (...readings: [number, number][]) => {
    let at = 0
    const reading = (part: 0 | 1) => () => readings[Math.min(at, readings.length - 1)]?.[part] ?? 0
    const read = watchClock({ now: reading(0), monotonic: reading(1) })
    at += 1
    return read().level
  }
  const now = Date.UTC(2027, 0, 1)

  test('even is fine; set, ancient and backwards are not', () => {
    expect(watch([now, 0], [now + 5000, 5000])).toBe('ok')
    expect(watch([now, 0], [now + 60_000, 5000])).toBe('warn')
    expect(watch([0, 0], [0, 0])).toBe('fail')
    expect(watch([now, 5000], [now, 1000])).toBe('fail')
  })
})
