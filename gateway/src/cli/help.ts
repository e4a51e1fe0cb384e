// What the command line offers, as one table, and the texts made from it. Owns names, options, help and exit codes; what a
// command does is in the file that bears its name.
import type { CommandSpec, OptionSpec } from './arguments.ts'

/** How a command ended, for scripts and service managers. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  dataDirLocked: 3,
  databaseUnreachable: 4,
  migrationRefused: 5,
} as const

const exitCodeMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'done',
  failed: 'failed; the message says why',
  usage: 'the command line is not understood',
  dataDirLocked: 'another process owns the data directory',
  databaseUnreachable: 'the database cannot be reached',
  migrationRefused: 'the database does not fit this program',
}

const dataDir: OptionSpec = { kind: 'text', value: 'DIR', help: 'data directory (AICARPOOL_DATA_DIR)' }
const port: OptionSpec = { kind: 'number', value: 'N', help: 'port to listen on, 0 takes a free one (PORT)' }
const host: OptionSpec = { kind: 'text', value: 'ADDRESS', help: 'address to listen on once set up (HOST)' }

export const commands: readonly CommandSpec[] = [
  {
    name: 'serve',
    summary: 'run the gateway',
    details:
      'At the first start it prints a one-time set-up token and listens on this machine only, until the console was used to set it up. Ctrl-C lets running requests end, then stops.',
    options: { port, host, 'data-dir': dataDir },
  },
  {
    name: 'demo',
    summary: 'run the gateway with demo data against a simulator of the providers',
    details:
      'Costs nothing and reaches no provider. Writes addresses and keys to <data directory>/demo.json and prints "ready" when the first request would succeed.',
    options: {
      port,
      'data-dir': dataDir,
      'no-traffic': { kind: 'switch', help: 'do not drive any requests of its own' },
      'simulator-url': { kind: 'text', value: 'URL', help: 'use a simulator that is already running' },
    },
  },
  {
    name: 'migrate',
    summary: 'bring the database to the schema of this program',
    details: '"serve" does the same at its start; this is for deployments that want it as a step of its own.',
    options: { 'data-dir': dataDir },
  },
  {
    name: 'doctor',
    summary: 'check configuration, database, disk, clock, secrets and providers',
    details:
      'One line for each check: ok, warn or fail, with the remedy. Changes nothing, and may run beside a running gateway; the accounts in an embedded database can be read only while it rests, so their providers are then left out.',
    options: { port, 'data-dir': dataDir },
  },
  {
    name: 'backup',
    summary: 'write everything in the data directory that matters into one file',
    details:
      'The file holds the secrets: keep it as safe as the data directory. A database on a server (DATABASE_URL) is not in it; back it up with the means of the server.',
    options: { 'data-dir': dataDir },
    positionals: [{ name: 'file', help: 'the archive to write' }],
  },
  {
    name: 'restore',
    summary: 'put a backup back',
    details: 'Every checksum is verified before anything is touched.',
    options: {
      'data-dir': dataDir,
      force: { kind: 'switch', help: 'replace what is there; it is moved aside, not deleted' },
    },
    positionals: [{ name: 'file', help: 'the archive to read' }],
  },
  {
    name: 'reconcile',
    summary: 'look all the books over and say what does not agree',
    details:
      'Recomputes sums, totals and costs from the rows, by code that has nothing to do with what wrote them. The running gateway does the same for each quarter of an hour, with some of the costs. Exit code 1 when something does not agree. Beside a running gateway only where the database is on a server.',
    options: { 'data-dir': dataDir, json: { kind: 'switch', help: 'print the result as one JSON object' } },
  },
  {
    name: 'prices import',
    summary: 'put a price file in force',
    details:
      'A file that has anything wrong with it is refused whole, with all that is wrong. It replaces the prices in force for requests that begin from then on; what was billed stays as it is. Beside a running gateway only where the database is on a server.',
    options: { 'data-dir': dataDir },
    positionals: [{ name: 'file', help: 'the JSON file to read; see docs/prices.md' }],
  },
  {
    name: 'prices export',
    summary: 'write the prices in force into a file, for editing',
    options: { 'data-dir': dataDir },
    positionals: [{ name: 'file', help: 'the JSON file to write' }],
  },
  {
    name: 'prices reset',
    summary: 'put the prices that ship with this program back in force',
    options: { 'data-dir': dataDir },
  },
  {
    name: 'db move',
    summary: 'move the embedded database to the PostgreSQL server in DATABASE_URL',
    details:
      'The target must be empty. Counts, checksums and sums of money are compared before it is committed; on any difference the target stays as it was.',
    options: { 'data-dir': dataDir },
  },
]

/** All commands, and the exit codes. */
export function renderHelp(): string {
  const rows = commands.map((command) => [usageOf(command), command.summary] as const)
  return [
    'AiCarpool: one pool of AI accounts for many teams.',
    '',
    'usage: aicarpool COMMAND [options]',
    '',
    'commands:',
    ...table(rows),
    '',
    'Every command explains itself with --help. Settings are environment variables, listed in docs/configuration.md;',
    'options on the command line win over them.',
    '',
    ...exitCodeLines(),
  ].join('\n')
}

/** One command: what it does and its options. */
export function renderCommandHelp(name: string): string | undefined {
  const command = commands.find((candidate) => candidate.name === name)
  if (command === undefined) return undefined
  const options = Object.entries(command.options).map(
    ([option, spec]) => [`--${option}${spec.value ? ` ${spec.value}` : ''}`, spec.help] as const,
  )
  const positionals = (command.positionals ?? []).map(
    (positional) => [positional.name.toUpperCase(), positional.help] as const,
  )
  return [
    `usage: aicarpool ${usageOf(command)} [options]`,
    '',
    `${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`,
    ...(command.details === undefined ? [] : [command.details]),
    '',
    'options:',
    ...table([...positionals, ...options, ['--help', 'this text']]),
    '',
    ...exitCodeLines(),
  ].join('\n')
}

function usageOf(command: CommandSpec): string {
  return [command.name, ...(command.positionals ?? []).map((positional) => positional.name.toUpperCase())].join(' ')
}

function exitCodeLines(): string[] {
  const rows = Object.entries(exitCodeMeanings).map(
    ([name, meaning]) => [String(exitCodes[name as keyof typeof exitCodes]), meaning] as const,
  )
  return ['exit codes:', ...table(rows)]
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
