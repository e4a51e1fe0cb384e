// The demo cut short, as real processes: whatever ends it and whenever, nobody is left behind, and the next start works.
import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMigratedDataDir, testServerUrl } from '../support/test-database.ts'
import { startCommand, type CommandProcess } from './command-process.ts'

let dataDir: string
const started: CommandProcess[] = []

beforeEach(async () => {
  dataDir = await createMigratedDataDir()
})
afterEach(async () => {
  for (const command of started.splice(0)) command.killAll()
  await rm(dataDir, { recursive: true, force: true })
})

function startDemo(...options: string[]): CommandProcess {
  const demo = startCommand('demo', '--port', '0', '--data-dir', dataDir, '--no-traffic', ...options)
  started.push(demo)
  return demo
}

interface Demo {
  baseUrl: string
  enterpriseId: string
  groups: { id: string; key: string }[]
}
const demoFile = () => join(dataDir, 'demo.json')
const readDemo = () => JSON.parse(readFileSync(demoFile(), 'utf8')) as Demo

/** Resolves as soon as an entry of the data directory has this beginning. */
async function entryAppears(beginning: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const watcher = watch(dataDir, (_event, name) => {
      if (name?.startsWith(beginning) !== true) return
      watcher.close()
      resolve()
    })
  })
}

async function statusOfCall({ baseUrl, groups: [group] }: Demo): Promise<number> {
  const response = await fetch(`${baseUrl}/api/ai/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${group?.key}` },
    body: JSON.stringify({ groupId: group?.id, messages: [{ role: 'user', content: 'hi' }] }),
  })
  return response.status
}

/** Starts, answers a request with what the file says, and stops. */
async function expectWorkingStart(): Promise<Demo> {
  const demo = startDemo()
  await demo.isReady
  const file = readDemo()
  expect(await statusOfCall(file)).toBe(200)
  demo.child.kill('SIGTERM')
  expect(await demo.exit).toBe(0)
  return file
}

// The demo always has the embedded database: the run on a server has nothing to add.
const isWorthRunning = testServerUrl === undefined

describe.runIf(isWorthRunning)('while it is starting', () => {
  const moments: Record<string, (demo: CommandProcess) => Promise<void>> = {
    'the simulator starts': (demo) => demo.line('Starting the simulated vendors'),
    'the gateway starts': () => entryAppears('owner-'),
    'the data are made': () => entryAppears('demo.json'),
  }

  test.each([
    ['SIGINT', 'the simulator starts'],
    ['SIGTERM', 'the gateway starts'],
    ['SIGHUP', 'the data are made'],
  ] as const)('%s as %s stops what has started and leaves nobody behind', async (signal, moment) => {
    const demo = startDemo()
    await moments[moment]?.(demo)
    demo.child.kill(signal)
    expect(await demo.exit).toBe(0)
    expect(demo.survivors()).toEqual([])
    expect(demo.lines).not.toContain('ready')
  })

  test('HO3 kill -9 as the data are made: the simulator ends too, and the next start works', async () => {
    const demo = startDemo()
    await moments['the data are made']?.(demo)
    demo.child.kill('SIGKILL')
    expect(await demo.exit).toBe(null)
    await expect.poll(() => demo.survivors(), { timeout: 10_000 }).toEqual([])
    await expectWorkingStart()
  })
})

test.runIf(isWorthRunning)('kill -9 of a running demo ends its simulator', async () => {
  const demo = startDemo()
  await demo.isReady
  expect(demo.survivors().length).toBe(2)
  demo.child.kill('SIGKILL')
  await expect.poll(() => demo.survivors(), { timeout: 10_000 }).toEqual([])
})

describe.runIf(isWorthRunning)('between the set-up and its end', () => {
  /** A data directory whose gateway is set up, as the demo does it, and nothing more. */
  async function setUpOnly(): Promise<void> {
    const gateway = startCommand('serve', '--port', '0', '--host', '127.0.0.1', '--data-dir', dataDir)
    started.push(gateway)
    await gateway.isReady
    const text = gateway.lines.join('\n')
    const response = await fetch(`${/http:\/\/[\d.]+:\d+/.exec(text)?.[0]}/api/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        token: /^ {2}(\S{40,})$/m.exec(text)?.[1],
        enterpriseName: 'Demo',
        email: 'admin@demo.aicarpool.example',
        password: 'carpool-demo-2026',
      }),
    })
    expect(response.status).toBe(201)
    gateway.child.kill('SIGKILL')
    await gateway.exit
  }

  test('HO3 a set-up without data is completed, and the file is for its owner alone', async () => {
    await setUpOnly()
    const demo = await expectWorkingStart()
    expect(demo.groups).toHaveLength(3)
    expect((await stat(demoFile())).mode & 0o777).toBe(0o600)
    // The second start finds what the first has made.
    expect(await expectWorkingStart()).toMatchObject({ enterpriseId: demo.enterpriseId, groups: demo.groups })
  })

  test('HO3 a file of data that were never committed, or only half a file, does not count', async () => {
    await setUpOnly()
    const [id, key] = ['01890000-0000-7000-8000-000000000000', 'aicp_never_committed']
    const never = { id, name: 'x', mode: 'shared', key }
    writeFileSync(
      demoFile(),
      JSON.stringify({
        baseUrl: 'http://127.0.0.1:1',
        simulatorUrl: 'http://127.0.0.1:1',
        enterpriseId: id,
        admin: { email: 'a@b.example', password: 'x' },
        groups: [never],
        accounts: [],
      }),
    )
    writeFileSync(`${demoFile()}.draft`, '{"baseUrl":"http', { mode: 0o600 })
    const demo = await expectWorkingStart()
    expect(demo.groups.map((group) => group.key)).not.toContain(key)
    expect(existsSync(`${demoFile()}.draft`)).toBe(false)
  })

  test('keys that are really gone are said to be gone, with what to do', async () => {
    await expectWorkingStart()
    await rm(demoFile())
    const demo = startDemo()
    expect(await demo.exit).toBe(1)
    expect(demo.complaints.join('')).toMatch(/demo\.json.*--data-dir/s)
    expect(demo.survivors()).toEqual([])
  })
})
