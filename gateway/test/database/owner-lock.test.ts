// The owner lock: one live owner per data directory, never two, and its epoch only grows. With real processes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { acquireOwnerLock, findOwner, readOwnerEpoch } from '../../src/platform/database/owner-lock.ts'
import { openDatabase } from '../../src/platform/database/open.ts'
import { createMigratedDataDir, silentLog } from '../support/test-database.ts'

interface Starter {
  pid: number
  /** Lets it try, and answers how it went. */
  attempt(): Promise<{ epoch?: number; code?: string; message?: string }>
  release(): Promise<void>
  kill(): Promise<void>
}

const starterFile = fileURLToPath(new URL('./lock-starter.ts', import.meta.url))

async function startProcess(dataDir: string): Promise<Starter> {
  const child = spawn(process.execPath, [starterFile, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const readLine = async (): Promise<unknown> => JSON.parse(String((await lines.next()).value))
  expect(await readLine()).toBe('started')
  return {
    pid: child.pid ?? 0,
    async attempt() {
      child.stdin.write('take\n')
      return (await readLine()) as { epoch?: number }
    },
    async release() {
      child.stdin.write('release\n')
      expect(await readLine()).toBe('released')
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

describe('the owner lock', () => {
  let dataDir: string
  const starters: Starter[] = []
  const start = async (): Promise<Starter> => {
    const starter = await startProcess(dataDir)
    starters.push(starter)
    return starter
  }
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'aicarpool-lock-'))
  })
  afterEach(async () => {
    for (const starter of starters.splice(0)) await starter.kill()
    await rm(dataDir, { recursive: true, force: true })
  })

  test('the epoch grows with each acquisition and survives release', () => {
    for (const epoch of [1, 2, 3]) {
      const lock = acquireOwnerLock(dataDir)
      expect(lock.epoch).toBe(epoch)
      expect(findOwner(dataDir)?.pid).toBe(process.pid)
      lock.release()
      lock.release()
      expect(findOwner(dataDir)).toBeUndefined()
    }
    expect(readOwnerEpoch(dataDir)).toBe(3)
    expect(readdirSync(dataDir).toSorted()).toEqual(['owner-000000000003.lock', 'owner-epoch'])
  })

  test('the epoch goes on when somebody deleted the lock file by hand', async () => {
    acquireOwnerLock(dataDir).release()
    await rm(join(dataDir, 'owner-000000000001.lock'))
    expect(acquireOwnerLock(dataDir).epoch).toBe(2)
  })

  test('a second process is refused and told who, where and what to do', async () => {
    const lock = acquireOwnerLock(dataDir)
    const answer = await (await start()).attempt()
    expect(answer.code).toBe('data_dir_locked')
    expect(answer.message).toContain(dataDir)
    expect(answer.message).toContain(`process ${process.pid} `)
    expect(answer.message).toContain(`kill ${process.pid}`)
    lock.release()
    expect(await (await start()).attempt()).toEqual({ epoch: 2 })
  })

  test('the same process cannot own it twice', () => {
    const lock = acquireOwnerLock(dataDir)
    expect(() => acquireOwnerLock(dataDir)).toThrow(expect.objectContaining({ code: 'data_dir_locked' }))
    lock.release()
  })

  test('the lock of a killed process is taken over', async () => {
    const owner = await start()
    expect(await owner.attempt()).toEqual({ epoch: 1 })
    expect(() => acquireOwnerLock(dataDir)).toThrow(`process ${owner.pid} `)
    await owner.kill()
    expect(acquireOwnerLock(dataDir).epoch).toBe(2)
  })

  test('a process that got the dead owner’s id is not taken for it', async () => {
    acquireOwnerLock(dataDir)
    const file = join(dataDir, 'owner-000000000001.lock')
    const content = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    writeFileSync(file, JSON.stringify({ ...content, startTicks: '1' }))
    expect(acquireOwnerLock(dataDir).epoch).toBe(2)
  })

  test('an owner on another machine is never taken for dead', () => {
    acquireOwnerLock(dataDir)
    const file = join(dataDir, 'owner-000000000001.lock')
    const content = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    writeFileSync(file, JSON.stringify({ ...content, pid: 1, host: 'elsewhere', bootId: 'another' }))
    expect(() => acquireOwnerLock(dataDir)).toThrow(/elsewhere.*delete .*owner-000000000001\.lock/)
  })

  test.each(['free', 'stale'])('of eight starters at once exactly one wins a %s directory', async (state) => {
    if (state === 'stale') {
      const dead = await start()
      await dead.attempt()
      await dead.kill()
    }
    const rivals = await Promise.all(Array.from({ length: 8 }, start))
    const answers = await Promise.all(rivals.map((rival) => rival.attempt()))
    expect(answers.filter(({ epoch }) => epoch !== undefined)).toHaveLength(1)
    expect(answers.filter(({ code }) => code === 'data_dir_locked')).toHaveLength(7)
  })

  test('of eight starters at once exactly one wins, round after round, and the epoch only grows', async () => {
    // Enough that an implementation whose starters look at the epoch after they looked at the locks lets two in.
    const rounds = 300
    const rivals = await Promise.all(Array.from({ length: 8 }, start))
    let epoch = 0
    for (let round = 0; round < rounds; round += 1) {
      const answers = await Promise.all(rivals.map((rival) => rival.attempt()))
      const winners = answers.filter((answer) => answer.epoch !== undefined)
      expect(winners, `round ${round}`).toHaveLength(1)
      expect(winners[0]?.epoch).toBeGreaterThan(epoch)
      epoch = winners[0]?.epoch ?? 0
      await Promise.all(rivals.map((rival) => rival.release()))
    }
  })

  test('the embedded database cannot be opened beside its owner, nor with a lock that was given up', async () => {
    const owned = await createMigratedDataDir()
    const lock = acquireOwnerLock(owned)
    await expect(openDatabase({ dataDir: owned, log: silentLog })).rejects.toMatchObject({ code: 'data_dir_locked' })
    const database = await openDatabase({ dataDir: owned, log: silentLog, ownerLock: lock })
    await database.close()
    expect(lock.isHeld).toBe(true)
    lock.release()
    await expect(openDatabase({ dataDir: owned, log: silentLog, ownerLock: lock })).rejects.toMatchObject({
      code: 'data_dir_locked',
    })
    await rm(owned, { recursive: true, force: true })
  })
})
