// The commands as real processes: two on one directory, the demo twice, and a clean end.
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMigratedDataDir } from '../support/test-database.ts'
import { startCommand, type CommandProcess } from './command-process.ts'

let dataDir: string
const started: CommandProcess[] = []

beforeAll(async () => {
  dataDir = await createMigratedDataDir()
})
afterAll(async () => {
  for (const command of started) command.killAll()
  await rm(dataDir, { recursive: true, force: true })
})

function start(...args: string[]): CommandProcess {
  const command = startCommand(...args)
  started.push(command)
  return command
}

interface Demo {
  baseUrl: string
  simulatorUrl: string
  enterpriseId: string
  admin: { email: string; password: string }
  groups: { id: string; name: string; mode: string; key: string }[]
  accounts: { id: string; name: string; serviceType: string }[]
}
const readDemo = () => JSON.parse(readFileSync(`${dataDir}/demo.json`, 'utf8')) as Demo

test('HO3 the demo is ready when the first request succeeds, stops at Ctrl-C and starts again on its own data', async () => {
  const first = start('demo', '--port', '0', '--data-dir', dataDir, '--no-traffic')
  await first.isReady
  const demo = readDemo()
  expect(demo.groups.map(({ mode }) => mode)).toEqual(['dedicated', 'shared', 'hybrid'])
  expect(demo.accounts).toHaveLength(8)
  expect(new Set(demo.accounts.map(({ serviceType }) => serviceType)).size).toBe(4)
  const call = async ({ baseUrl, groups }: Demo) => {
    const [group] = groups
    const messages = [{ role: 'user', content: 'hi' }]
    const response = await fetch(`${baseUrl}/api/ai/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${group?.key}` },
      body: JSON.stringify({ groupId: group?.id, messages }),
    })
    return response.status
  }
  expect(await call(demo)).toBe(200)
  expect(first.lines.filter((line) => line.startsWith('curl')).length).toBeGreaterThan(6)

  // HO1: while it runs, nobody else may have the directory.
  const second = start('serve', '--port', '0', '--data-dir', dataDir)
  expect(await second.exit).toBe(3)
  expect(second.complaints.join('')).toContain(String(first.child.pid))

  first.child.kill('SIGINT')
  expect(await first.exit).toBe(0)
  const again = start('demo', '--port', '0', '--data-dir', dataDir, '--no-traffic')
  await again.isReady
  const later = readDemo()
  expect({ ...later, baseUrl: '', simulatorUrl: '' }).toEqual({ ...demo, baseUrl: '', simulatorUrl: '' })
  expect(await call(later)).toBe(200)
  again.child.kill('SIGTERM')
  expect(await again.exit).toBe(0)
})

test('HO1 a second process is refused with the pid of the first and exit code 3', async () => {
  const owner = start('demo', '--port', '0', '--data-dir', dataDir, '--no-traffic')
  await owner.isReady
  for (const command of ['serve', 'migrate']) {
    const other = start(command, '--data-dir', dataDir)
    expect(await other.exit, command).toBe(3)
    expect(other.complaints.join('')).toMatch(new RegExp(`${owner.child.pid}.*data_dir_locked`, 's'))
  }
  owner.child.kill('SIGTERM')
  await owner.exit
})
