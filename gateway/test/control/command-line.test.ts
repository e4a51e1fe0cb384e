// The command as a shell sees it: what goes to standard output, what to standard error, and the exit code.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/help.ts'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...argv], { env: { PATH: process.env['PATH'] } }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
  })
}

describe('HO5 every command has --help, and a wrong option exits with 2', () => {
  test.each(commands.map(({ name }) => name))('HO5 %s --help', async (name) => {
    const help = await run(...name.split(' '), '--help')
    expect(help).toMatchObject({ code: 0, err: '', out: expect.stringContaining(`usage: aicarpool ${name}`) })
  })

  test.each(['serve', 'db move'])('HO5 %s with a wrong option', async (name) => {
    const wrong = await run(...name.split(' '), '--nonsense')
    expect(wrong).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--nonsense') })
    expect(wrong.err).toContain(`aicarpool ${name} --help`)
  })

  test('HO5 the list of commands', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, err: '', out: expect.stringContaining('exit codes:') })
    expect(await run('nonsense')).toMatchObject({ code: 2, out: '', err: expect.stringContaining('nonsense') })
  })
})
