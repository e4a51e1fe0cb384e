// The command line: the ready line, a clean stop, and refusals of wrong options.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { send } from './test-client.ts'

/** A process of its own takes a second to start, and several on a busy machine. */
const START_TIMEOUT_MS = 20_000
vi.setConfig({ testTimeout: START_TIMEOUT_MS })

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

function run(...options: string[]) {
  const child = spawn(process.execPath, [MAIN, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (piece: Buffer) => (output.stdout += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (output.stderr += piece.toString()))
  return { child, output }
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'close')) as [number | null]
  return code
}

test.each([[['--seed', '3', '--speed', '0']], [['--fast']]])(
  'starts with %o, answers, stops on SIGTERM',
  async (options) => {
    const { child, output } = run(...options)
    const closed = exitCode(child)
    await expect.poll(() => output.stdout, { timeout: START_TIMEOUT_MS }).toContain('\n')
    const ready = JSON.parse(output.stdout) as { ready: boolean; url: string }
    expect(ready.ready).toBe(true)
    const answer = await send({
      url: `${ready.url}/openai/v1/chat/completions`,
      headers: { authorization: 'Bearer sim-openai-acme' },
      body: { model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] },
    })
    expect(answer.status).toBe(200)
    child.kill('SIGTERM')
    expect(await closed).toBe(0)
  },
)

test('with --stop-with-stdin the end of standard input stops it, also in the middle of an answer', async () => {
  const child = spawn(process.execPath, [MAIN, '--stop-with-stdin'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = exitCode(child)
  let stdout = ''
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()))
  await expect.poll(() => stdout, { timeout: START_TIMEOUT_MS }).toContain('\n')
  const { url } = JSON.parse(stdout) as { url: string }
  const answer = await fetch(`${url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sim-openai-acme', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: '[[tokens:2000]]' }] }),
  })
  expect(answer.status).toBe(200)
  child.stdin.end()
  expect(await closed).toBe(0)
  await expect(answer.text()).rejects.toThrow(TypeError)
})

test('with --stop-with-stdin a signal stops it too', async () => {
  const child = spawn(process.execPath, [MAIN, '--stop-with-stdin'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = exitCode(child)
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await closed).toBe(0)
})

test.concurrent.each([
  [['--speed', 'fast'], '--speed must be a number'],
  [['--stream-events', '5'], 'go together'],
  [['--nonsense'], 'nonsense'],
])('%o is refused with exit code 2', async (options, message) => {
  const { child, output } = run(...options)
  expect(await exitCode(child)).toBe(2)
  expect(output.stderr).toContain(message)
})

test.concurrent('--help explains every option', async () => {
  const { child, output } = run('--help')
  expect(await exitCode(child)).toBe(0)
  for (const option of [
    '--port',
    '--seed',
    '--speed',
    '--accounts',
    '--fast',
    '--stream-events',
    '--stop-with-stdin',
  ]) {
    expect(output.stdout).toContain(option)
  }
})
