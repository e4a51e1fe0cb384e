// One run of one client: in folders of its own, with nothing of the environment but what it is given, behind a doorway
// that lets it reach the gateway only, bounded in time.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Client, Invocation, Job } from './client.ts'
import { startDoorway, type AnsweredCall } from './doorway.ts'

export interface ClientRun {
  exitCode: number | null
  isOverdue: boolean
  output: string
  made: string | undefined
  calls: readonly AnsweredCall[]
  /** Hosts besides the gateway that it was kept from. */
  strangers: readonly string[]
}

/** Command-line tools wait between their tries; a minute and a half is far more than any of them needs to give up. */
const runTimeoutMs = 90_000
/** Enough to see what went wrong. */
const outputCharactersMax = 200_000

const root = fileURLToPath(new URL('../..', import.meta.url))

export function folderOf(client: Client): string {
  return fileURLToPath(new URL(client.folder, import.meta.url))
}

/** `job.baseUrl` is the gateway's own address; the client is told its doorway's. */
export async function runClient(client: Client, job: Job, interrupted?: AbortSignal): Promise<ClientRun> {
  const base = await mkdtemp(join(tmpdir(), 'aicarpool-client-'))
  const doorway = await startDoorway(job.baseUrl)
  try {
    const place = {
      work: join(base, 'work'),
      home: join(base, 'home'),
      modules: join(folderOf(client), 'node_modules'),
    }
    await mkdir(place.work)
    await mkdir(place.home)
    const ownJob = { ...job, baseUrl: doorway.url }
    for (const [path, text] of Object.entries(client.homeFiles?.(ownJob) ?? {})) {
      await mkdir(dirname(join(place.home, path)), { recursive: true })
      await writeFile(join(place.home, path), text)
    }
    const variables = { HOME: place.home, TMPDIR: base, ...proxiedBy(doorway.url) }
    const end = await execute(client.invoke(ownJob, place), place.work, variables, interrupted)
    const made = await readFile(join(place.work, 'made.txt'), 'utf8').catch(() => undefined)
    return { ...end, made, calls: doorway.calls, strangers: [...doorway.strangers] }
  } finally {
    await doorway.stop()
    // Some tools leave a process that writes to its home a moment longer.
    await rm(base, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Each of these is read by some of the clients. */
function proxiedBy(url: string): Record<string, string> {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']
  const direct = '127.0.0.1,localhost'
  return {
    ...Object.fromEntries(names.map((name) => [name, url])),
    NO_PROXY: direct,
    no_proxy: direct,
    NODE_USE_ENV_PROXY: '1',
  }
}

async function execute(
  { program, args, environment }: Invocation,
  cwd: string,
  place: Record<string, string>,
  interrupted?: AbortSignal,
): Promise<Pick<ClientRun, 'exitCode' | 'isOverdue' | 'output'>> {
  const path = [join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter)
  const child = spawn(program, args, {
    cwd,
    env: { PATH: path, TERM: 'dumb', CI: 'true', ...place, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it has started ends with it.
    detached: true,
  })
  const endGroup = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // Nobody of the group is left.
    }
  }
  let output = ''
  const take = (chunk: Buffer) => {
    if (output.length < outputCharactersMax) output += chunk.toString('utf8')
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  let isOverdue = false
  const overdue = setTimeout(() => {
    isOverdue = true
    endGroup()
  }, runTimeoutMs)
  interrupted?.addEventListener('abort', endGroup)
  if (interrupted?.aborted) endGroup()
  try {
    const [exitCode] = (await once(child, 'close')) as [number | null]
    return { exitCode, isOverdue, output }
  } finally {
    clearTimeout(overdue)
    interrupted?.removeEventListener('abort', endGroup)
    endGroup()
  }
}
