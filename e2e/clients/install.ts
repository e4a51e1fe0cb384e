// Installs clients from npm, each in its own folder with the versions that its lock file pins and without install scripts; what is
// there stays.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from './client.ts'
import { folderOf } from './run-client.ts'

/** The largest of them are hundreds of megabytes. */
const installTimeoutMs = 5 * 60_000

/** npm's own pauses between its tries, ten seconds and a minute, are for longer outages than anybody waits for here. */
const npmArguments = [
  'ci',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  '--fetch-retries=2',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=5000',
]

interface Manifest {
  version: string
  dependencies?: Record<string, string>
}

const read = async (path: string): Promise<Manifest> => JSON.parse(await readFile(path, 'utf8')) as Manifest

/** The installed version of a client's package; undefined when it is not there. */
export async function installedVersion(folder: string, packageName: string): Promise<string | undefined> {
  return read(join(folder, 'node_modules', packageName, 'package.json')).then(
    ({ version }) => version,
    () => undefined,
  )
}

async function isInstalled(folder: string): Promise<boolean> {
  // What npm writes last: an installation that was broken off has the packages named below, but not all that they need.
  if (!existsSync(join(folder, 'node_modules/.package-lock.json'))) return false
  const { dependencies = {} } = await read(join(folder, 'package.json'))
  for (const [name, wanted] of Object.entries(dependencies)) {
    // "npm:package@1.2.3" is installed under another name.
    const version = wanted.slice(wanted.lastIndexOf('@') + 1)
    if ((await installedVersion(folder, name)) !== version) return false
  }
  return true
}

/** What npm said when it failed; undefined when all is there. */
export async function installClients(
  clients: readonly Client[],
  report: (line: string) => void,
): Promise<string | undefined> {
  for (const folder of new Set(clients.map(folderOf))) {
    if (await isInstalled(folder)) continue
    report(`installing ${folder.split('/').at(-1)} …`)
    const child = spawn('npm', npmArguments, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: installTimeoutMs,
    })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
    const [code] = (await once(child, 'close')) as [number | null]
    if (code !== 0) return said.trim() || `npm ended with code ${code}`
  }
  return undefined
}
