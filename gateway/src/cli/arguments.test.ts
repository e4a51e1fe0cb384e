// The grammar of the command line, on the real table of commands.
import { describe, expect, test } from 'vitest'
import { parseArguments } from './arguments.ts'
import { commands, exitCodes, renderCommandHelp, renderHelp } from './help.ts'

const parse = (...argv: string[]) => parseArguments(argv, commands)

describe('commands', () => {
  test('options, switches and positionals are read', () => {
    expect(parse('demo', '--port', '0', '--data-dir=/tmp/x', '--no-traffic')).toEqual({
      kind: 'run',
      command: 'demo',
      options: { port: 0, 'data-dir': '/tmp/x', 'no-traffic': true },
      positionals: [],
    })
    expect(parse('restore', 'a.tar.gz', '--force')).toMatchObject({
      command: 'restore',
      positionals: ['a.tar.gz'],
      options: { force: true },
    })
    expect(parse('restore', '--', '-odd-name')).toMatchObject({ kind: 'run', positionals: ['-odd-name'] })
  })

  test('a command of two words', () => {
    expect(parse('db', 'move', '--data-dir', 'x')).toMatchObject({
      kind: 'run',
      command: 'db move',
      options: { 'data-dir': 'x' },
    })
    expect(parse('db')).toMatchObject({ kind: 'usage-error' })
  })

  test.each([
    [['nonsense'], 'There is no command "nonsense"'],
    [['serve', '--prot', '1'], '"serve" does not know the option --prot'],
    [['serve', '-p', '1'], 'does not know the option -p'],
    [['serve', '--port'], 'needs a whole number after --port'],
    [['serve', '--port', 'http'], 'needs a whole number after --port'],
    [['serve', '--port', '-1'], 'needs a whole number after --port'],
    [['serve', '--port', '--data-dir', 'x'], 'needs a whole number after --port'],
    [['serve', '--data-dir', ''], 'needs a value after --data-dir'],
    [['demo', '--no-traffic=yes'], 'takes no value after --no-traffic'],
    [['serve', 'extra'], 'does not take "extra"'],
    [['backup'], 'needs FILE'],
    [['backup', 'a', 'b'], 'does not take "b"'],
    [['serve', '--toString', 'x'], 'does not know the option --toString'],
    [['--port', '1'], 'There is no command "--port"'],
    [['help', 'nonsense'], 'There is no command "nonsense"'],
  ])('%j is a mistake in words', (argv, message) => {
    const result = parse(...argv)
    expect(result).toMatchObject({ kind: 'usage-error', message: expect.stringContaining(message) })
    expect(result).toMatchObject({ message: expect.stringContaining('--help') })
  })
})

describe('help', () => {
  test('is asked for in every usual way', () => {
    for (const argv of [[], ['--help'], ['-h'], ['help']])
      expect(parse(...argv)).toEqual({ kind: 'help', command: undefined })
    for (const argv of [
      ['serve', '--help'],
      ['serve', '-h'],
      ['help', 'serve'],
      ['serve', '--port', '1', '--help'],
    ]) {
      expect(parse(...argv)).toEqual({ kind: 'help', command: 'serve' })
    }
    expect(parse('help', 'db', 'move')).toEqual({ kind: 'help', command: 'db move' })
    expect(parse('--version')).toEqual({ kind: 'version' })
  })

  test('names every command, option and exit code', () => {
    const all = renderHelp()
    for (const command of commands) {
      expect(all).toContain(command.name)
      const text = renderCommandHelp(command.name) ?? ''
      for (const option of Object.keys(command.options)) expect(text).toContain(`--${option}`)
      for (const code of Object.values(exitCodes)) expect(text).toMatch(new RegExp(`^  ${code}  `, 'm'))
    }
    expect(renderCommandHelp('nonsense')).toBeUndefined()
  })

  test('exit codes are the documented numbers', () => {
    expect(exitCodes).toEqual({
      ok: 0,
      failed: 1,
      usage: 2,
      dataDirLocked: 3,
      databaseUnreachable: 4,
      migrationRefused: 5,
    })
  })
})
