// The doctor's checks of the database. A server is asked; a running gateway's embedded database is asked about through
// the gateway; a resting one is copied and the copy opened, because opening writes and the doctor changes nothing.
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../config.ts'
import type { Clock } from '../../platform/clock.ts'
import { engineDirectoryOf } from '../../platform/database/data-directory.ts'
import type { Database, DatabaseLog } from '../../platform/database/database.ts'
import { readMigrations } from '../../platform/database/migration-files.ts'
import { openDatabase } from '../../platform/database/open.ts'
import { findOwner } from '../../platform/database/owner-lock.ts'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

export interface DatabaseReport {
  findings: Finding[]
  /** Where enabled accounts point; undefined when the accounts could not be read. */
  endpoints: AccountEndpoint[] | undefined
}

export interface AccountEndpoint {
  serviceType: string
  /** Null: the vendor's own. */
  endpoint: string | null
}

const name = 'database'
const silent: DatabaseLog = { info() {}, warn() {}, error() {} }
/** A copy of more than this takes longer than anyone waits for a check. */
const copyBytesMax = 1024 ** 3
/** Distinct endpoints; more are not a configuration but a mistake. */
const endpointsMax = 100
const readyTimeoutMs = 5000

export async function checkDatabase(config: Config, clock: Clock): Promise<DatabaseReport> {
  if (config.databaseUrl !== undefined) return checkServer(config, clock)
  const owner = findOwner(config.dataDir)
  if (owner !== undefined) return { findings: [await askRunningGateway(config, owner.pid)], endpoints: undefined }
  return checkResting(config, clock)
}

async function checkServer(config: Config, clock: Clock): Promise<DatabaseReport> {
  try {
    const database = await openDatabase({
      dataDir: config.dataDir,
      databaseUrl: config.databaseUrl?.reveal(),
      log: silent,
    })
    return await examine(database, clock)
  } catch (error) {
    const remedy = 'check that the server runs, and host, port, name, user and password in DATABASE_URL'
    return { findings: [fail(name, `the server cannot be used: ${reasonOf(error)}`, remedy)], endpoints: undefined }
  }
}

/** The address that serves this machine, whatever the gateway listens on. */
function localUrl(config: Config): string {
  const everywhere = config.host === '0.0.0.0' || config.host === '::'
  const host = everywhere ? '127.0.0.1' : config.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${config.port}`
}

async function askRunningGateway(config: Config, pid: number): Promise<Finding> {
  const url = `${localUrl(config)}/readyz`
  const owned = `embedded, owned by the running process ${pid}`
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(readyTimeoutMs), redirect: 'error' })
    await response.body?.cancel()
    if (response.status === 200)
      return ok(name, `${owned}, which says it is ready; what is in it only that process can read`)
    return fail(name, `${owned}, which says it is not ready (${response.status} at ${url})`, 'read its log')
  } catch (error) {
    const why = error instanceof Error && error.cause !== undefined ? reasonOf(error.cause) : reasonOf(error)
    return warn(
      name,
      `${owned}; ${url} does not answer: ${why}`,
      'give the doctor the PORT and HOST of that process, or wait until it has started',
    )
  }
}

async function checkResting(config: Config, clock: Clock): Promise<DatabaseReport> {
  const directory = engineDirectoryOf(config.dataDir)
  if (!existsSync(directory)) return { findings: [ok(name, 'embedded; the first start makes it')], endpoints: [] }
  const bytes = await sizeOf(directory, copyBytesMax)
  if (bytes > copyBytesMax) {
    const finding = warn(
      name,
      'embedded, too large to check a copy of it',
      'start the gateway and run the doctor beside it',
    )
    return { findings: [finding], endpoints: undefined }
  }
  const copy = await mkdtemp(join(tmpdir(), 'aicarpool-doctor-'))
  try {
    await cp(directory, engineDirectoryOf(copy), { recursive: true })
    return await examine(await openDatabase({ dataDir: copy, log: silent }), clock)
  } catch (error) {
    return {
      findings: [
        fail(
          name,
          `the embedded database cannot be opened: ${reasonOf(error)}`,
          'restore a backup, or a copy in the snapshots folder of the data directory',
        ),
      ],
      endpoints: undefined,
    }
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function examine(database: Database, clock: Clock): Promise<DatabaseReport> {
  try {
    const findings = [await checkMigrations(database)]
    if (database.kind === 'server') findings.push(await compareClocks(database, clock))
    const readable = findings[0]?.level === 'ok'
    return { findings, endpoints: readable ? await readEndpoints(database) : undefined }
  } finally {
    await database.close()
  }
}

async function checkMigrations(database: Database): Promise<Finding> {
  const known = await readMigrations()
  const kind = database.kind === 'server' ? 'PostgreSQL server' : 'embedded'
  const table = await database.query<{ found: boolean }>(`SELECT to_regclass('schema_migrations') IS NOT NULL AS found`)
  if (table.rows[0]?.found !== true)
    return warn(name, `${kind}, empty`, 'the first start makes the schema, or run "aicarpool migrate"')
  const { rows } = await database.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations ORDER BY name',
  )
  if (rows.length > known.length)
    return fail(name, `${kind}, made by a newer release (${rows.at(-1)?.name})`, 'run that release')
  const changed = rows.find((row, index) => known[index]?.name !== row.name || known[index].checksum !== row.checksum)
  if (changed !== undefined)
    return fail(name, `${kind}, made with another form of ${changed.name}`, 'run the release that it was made with')
  const missing = known.length - rows.length
  if (missing > 0)
    return warn(
      name,
      `${kind}, ${missing} migrations behind`,
      'the next start brings it up to date, or run "aicarpool migrate"',
    )
  return ok(name, `${kind}, reachable and up to date (${rows.at(-1)?.name})`)
}

/** Expiry dates are compared with the server's time, limits with ours. */
const clockDifferenceWarnMs = 2000
const clockDifferenceFailMs = 30_000

async function compareClocks(database: Database, clock: Clock): Promise<Finding> {
  const sentAt = clock.now()
  const { rows } = await database.query<{ now: Date }>('SELECT clock_timestamp() AS now')
  const receivedAt = clock.now()
  const serverNow = rows[0]?.now.getTime() ?? Number.NaN
  // The server's reading lies somewhere between sending and receiving; only what is outside of that is a difference.
  const differenceMs = Math.max(0, sentAt - serverNow, serverNow - receivedAt)
  const text = `the database's clock differs by ${Math.round(differenceMs)} ms`
  const remedy = 'let a time service set both clocks'
  if (!(differenceMs <= clockDifferenceFailMs)) return fail('clocks', text, remedy)
  return differenceMs > clockDifferenceWarnMs ? warn('clocks', text, remedy) : ok('clocks', text)
}

async function readEndpoints(database: Database): Promise<AccountEndpoint[]> {
  const { rows } = await database.query<{ service_type: string; api_endpoint: string | null }>(
    `SELECT DISTINCT service_type, api_endpoint FROM ai_service_accounts
     WHERE is_enabled AND archived_at IS NULL
     ORDER BY service_type, api_endpoint
     LIMIT ${endpointsMax}`,
  )
  return rows.map((row) => ({ serviceType: row.service_type, endpoint: row.api_endpoint }))
}

/** Bytes below a folder, counted until `enough`. */
async function sizeOf(directory: string, enough: number): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
    if (bytes > enough) break
  }
  return bytes
}
