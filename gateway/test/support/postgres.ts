// Starts Debian's own PostgreSQL for a test run: a throw-away cluster in a temporary directory, on a free loopback
// port. Owns the cluster's life; which tests use it is their business. The programs come with Debian's `postgresql`
// package.
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const run = promisify(execFile)

const debianRoot = '/usr/lib/postgresql'
const userName = 'aicarpool_test'

// No test outlives this many lines of the server's log; they are shown when it does not start.
const keptLogLines = 40

export interface RunningPostgres {
  /** A superuser's URL of the database `postgres`. */
  url: string
  stop(): Promise<void>
}

/** The folder of the newest installed PostgreSQL's programs, or nothing. */
export function findPostgres(): string | undefined {
  if (!existsSync(debianRoot)) return undefined
  const versions = readdirSync(debianRoot).toSorted((one, other) => Number(other) - Number(one))
  return versions.map((version) => join(debianRoot, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')))
}

export async function startPostgres(): Promise<RunningPostgres> {
  const bin = findPostgres()
  if (!bin) throw new PostgresMissing()
  const directory = await mkdtemp(join(tmpdir(), 'aicarpool-postgres-'))
  const account = await findAccount()
  if (account) await chown(directory, account.uid, account.gid)
  const data = join(directory, 'data')
  try {
    const initArguments = ['-D', data, '-U', userName, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
    await run(join(bin, 'initdb'), initArguments, { ...account, cwd: directory })
    const port = await findFreePort()
    const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${directory}`]
    const quick = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'shared_buffers=32MB']
    const options = [...settings, ...quick].flatMap((setting) => ['-c', setting])
    const server = spawn(join(bin, 'postgres'), ['-D', data, ...options], {
      ...account,
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await waitUntilReady(server)
    return {
      url: `postgres://${userName}@127.0.0.1:${port}/postgres`,
      stop: () => stop(server, directory),
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

class PostgresMissing extends Error {
  constructor() {
    super(`no PostgreSQL under ${debianRoot}: apt-get install -y postgresql`)
    this.name = 'PostgresMissing'
  }
}

class PostgresNotStarted extends Error {
  constructor(log: readonly string[]) {
    super(`PostgreSQL did not start:\n${log.join('\n')}`)
    this.name = 'PostgresNotStarted'
  }
}

/** PostgreSQL refuses to run as root; Debian's package brings a user for it. */
async function findAccount(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => (await run('id', [flag, 'postgres'])).stdout))
  return { uid: Number(uid), gid: Number(gid) }
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** The server says so in its log, which is read to the end so that it never blocks on a full pipe. */
async function waitUntilReady(server: ChildProcess): Promise<void> {
  const log: string[] = []
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject)
    server.on('exit', () => reject(new PostgresNotStarted(log)))
    if (!server.stderr) return reject(new PostgresNotStarted(['it has no log']))
    createInterface({ input: server.stderr }).on('line', (line) => {
      log.push(line)
      if (log.length > keptLogLines) log.shift()
      if (line.includes('ready to accept connections')) resolve()
    })
  })
}

async function stop(server: ChildProcess, directory: string): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const ended = once(server, 'exit')
    // SIGINT is PostgreSQL's "fast" shutdown: it ends the sessions instead of waiting for them.
    server.kill('SIGINT')
    await ended
  }
  await rm(directory, { recursive: true, force: true })
}
