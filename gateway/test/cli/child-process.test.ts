// Programs that commands run: ended with everything that they started themselves.
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChildProcessError, runToEnd, startChild } from '../../src/platform/child-process.ts'
import { processesWith } from './command-process.ts'

/** A shell that waits for a program of its own, as npm does while it builds. */
const shellWithChild = ['-c', 'sleep 1000 & echo started; wait'] as const
let mark: string

beforeEach(() => {
  mark = randomUUID()
  vi.stubEnv('CHILD_PROCESS_MARK', mark)
})
afterEach(() => {
  for (const pid of survivors()) process.kill(pid, 'SIGKILL')
  vi.unstubAllEnvs()
})
const survivors = () => processesWith(`CHILD_PROCESS_MARK=${mark}`)

test('a program that is run to its end is ended by the signal, with what it has started', async () => {
  const wish = new AbortController()
  const run = runToEnd('sh', shellWithChild, '.', wish.signal)
  const outcome = run.catch((error: unknown) => error)
  await expect.poll(() => survivors().length).toBe(2)
  wish.abort()
  expect(await outcome).toBeInstanceOf(ChildProcessError)
  await expect.poll(survivors).toEqual([])
})

test('a program that is run to its end succeeds or fails as it says, and one that is not there fails', async () => {
  const { signal } = new AbortController()
  await runToEnd('sh', ['-c', 'exit 0'], '.', signal)
  await expect(runToEnd('sh', ['-c', 'exit 3'], '.', signal)).rejects.toThrow('ended with code 3')
  await expect(runToEnd('no-such-program', [], '.', signal)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a started program answers its first line and is stopped with what it has started', async () => {
  const child = startChild('sh', shellWithChild, '.')
  expect(await child.firstLine).toBe('started')
  expect(survivors()).toHaveLength(2)
  await child.stop()
  await expect.poll(survivors).toEqual([])
  // Stopping what has ended is no mistake.
  await child.stop()
})

test('a started program that ends before its first line is a failure that names it', async () => {
  await expect(startChild('sh', ['-c', 'exit 4'], '.').firstLine).rejects.toThrow('sh -c ended with code 4')
})
