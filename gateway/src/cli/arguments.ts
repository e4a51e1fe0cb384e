// Reads the command line against a table of commands. Pure: what was asked for goes out as a value, and a mistake is a
// sentence, so that main.ts alone prints and exits. Owns the grammar; help.ts owns the table.
import { parseArgs, type ParseArgsConfig } from 'node:util'

export interface OptionSpec {
  /** `text` and `number` take a value, a `switch` takes none. */
  kind: 'text' | 'number' | 'switch'
  /** Shown in the help in the value's place. */
  value?: string
  help: string
}

export interface CommandSpec {
  /** One or two words. */
  name: string
  summary: string
  details?: string
  options: Readonly<Record<string, OptionSpec>>
  /** All of them are required, in this order. */
  positionals?: readonly { name: string; help: string }[]
}

export type OptionValues = Readonly<Record<string, string | number | boolean | undefined>>

export type Invocation =
  | { kind: 'run'; command: string; options: OptionValues; positionals: readonly string[] }
  /** Help for one command, or for all when it is undefined. */
  | { kind: 'help'; command: string | undefined }
  | { kind: 'version' }
  | { kind: 'usage-error'; message: string }

const commandWordsMax = 2
const helpWords = new Set(['--help', '-h', 'help'])
const versionWords = new Set(['--version', '-v', 'version'])

export function parseArguments(argv: readonly string[], commands: readonly CommandSpec[]): Invocation {
  const first = argv[0]
  if (first === undefined) return { kind: 'help', command: undefined }
  if (versionWords.has(first)) return { kind: 'version' }
  if (helpWords.has(first)) return helpFor(argv.slice(1), commands)
  for (let words = commandWordsMax; words > 0; words -= 1) {
    const name = argv.slice(0, words).join(' ')
    const command = commands.find((candidate) => candidate.name === name)
    if (command !== undefined) return parseCommand(command, argv.slice(words))
  }
  return usageError(`There is no command "${first}". Run "aicarpool --help" for the list.`)
}

function helpFor(words: readonly string[], commands: readonly CommandSpec[]): Invocation {
  const name = words.join(' ')
  if (name === '' || commands.some((command) => command.name === name))
    return { kind: 'help', command: name || undefined }
  return usageError(`There is no command "${name}". Run "aicarpool --help" for the list.`)
}

function parseCommand(command: CommandSpec, argv: readonly string[]): Invocation {
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } }
  for (const [name, { kind }] of Object.entries(command.options))
    options[name] = { type: kind === 'switch' ? 'boolean' : 'string' }
  // Not strict: parseArgs' own messages explain its rules instead of ours.
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true })
  const values: Record<string, string | number | boolean> = {}
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    if (token.name === 'help') return { kind: 'help', command: command.name }
    const spec = Object.hasOwn(command.options, token.name) ? command.options[token.name] : undefined
    if (spec === undefined) return misuse(command, `does not know the option ${token.rawName}`)
    const value = readValue(spec, token.value, token.inlineValue === true)
    if (value === undefined) return misuse(command, `needs ${article(spec)} after ${token.rawName}`)
    if (value === tooMuch) return misuse(command, `takes no value after ${token.rawName}`)
    values[token.name] = value
  }
  return checkPositionals(command, values, positionals)
}

const tooMuch = Symbol('a switch was given a value')

function readValue(
  spec: OptionSpec,
  text: string | undefined,
  isInline: boolean,
): string | number | boolean | undefined | typeof tooMuch {
  if (spec.kind === 'switch') return text === undefined ? true : tooMuch
  // `--port --data-dir x` forgot the port; `--port=-1` meant it.
  if (text === undefined || text === '' || (!isInline && text.startsWith('-'))) return undefined
  if (spec.kind === 'text') return text
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function checkPositionals(command: CommandSpec, options: OptionValues, positionals: readonly string[]): Invocation {
  const wanted = command.positionals ?? []
  const missing = wanted[positionals.length]
  if (missing !== undefined) return misuse(command, `needs ${missing.name.toUpperCase()}: ${missing.help}`)
  if (positionals.length > wanted.length) return misuse(command, `does not take "${positionals[wanted.length]}"`)
  return { kind: 'run', command: command.name, options, positionals }
}

const article = (spec: OptionSpec) => (spec.kind === 'number' ? 'a whole number' : 'a value')

function misuse(command: CommandSpec, what: string): Invocation {
  return usageError(`"${command.name}" ${what}. Run "aicarpool ${command.name} --help" for its options.`)
}

function usageError(message: string): Invocation {
  return { kind: 'usage-error', message }
}
