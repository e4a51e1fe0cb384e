// One run of one client: in folders of its own, with nothing of the environment but what it is given, bounded in time.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Client, Job } from './client.ts'

export interface ClientRun {
  exitCode: number | null
  isOverdue: boolean
  output: string
  made: string | undefined
}

/** Command-line tools wait between their tries; a minute and a half is far more than any of them needs to give up. */
const runTimeoutMs = 90_000
/** Enough to see what went wrong. */
const outputCharactersMax = 200_000

const root = fileURLToPath(new URL('../..', import.meta.url))

export function folderOf(client: Client): string {
  return fileURLToPath(new URL(client.folder, import.meta.url))
}

export async function runClient(client: Client, job: Job): Promise<ClientRun> {
  const base = await mkdtemp(join(tmpdir(), 'aicarpool-client-'))
  try {
    const place = {
      work: join(base, 'work'),
      home: join(base, 'home'),
      modules: join(folderOf(client), 'node_modules'),
    }
    await mkdir(place.work)
    await mkdir(place.home)
    for (const [path, text] of Object.entries(client.homeFiles?.(job) ?? {})) {
      await mkdir(dirname(join(place.home, path)), { recursive: true })
      await writeFile(join(place.home, path), text)
    }
    const { program, args, environment } = client.invoke(job, place)
    const path = [join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter)
    const child = spawn(program, args, {
      cwd: place.work,
      env: { PATH: path, HOME: place.home, TERM: 'dumb', CI: 'true', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what it has started ends with it.
      detached: true,
    })
    let output = ''
    const take = (chunk: Buffer) => {
      if (output.length < outputCharactersMax) output += chunk.toString('utf8')
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    let isOverdue = false
    const overdue = setTimeout(() => {
      isOverdue = true
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, runTimeoutMs)
    const [exitCode] = (await once(child, 'close')) as [number | null]
    clearTimeout(overdue)
    const made = await readFile(join(place.work, 'made.txt'), 'utf8').catch(() => undefined)
    return { exitCode, isOverdue, output, made }
  } finally {
    // Some tools leave a process that writes to its home a moment longer.
    await rm(base, { recursive: true, force: true, maxRetries: 5 })
  }
}
