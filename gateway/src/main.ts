#!/usr/bin/env node
// The entry of the `aicarpool` command: reads the command line, runs the command, and turns what goes wrong into one
// sentence and an exit code.
import { parseArguments, type Invocation, type OptionValues } from './cli/arguments.ts'
import { runBackup, runMigrate, runMove, runRestore } from './cli/database.ts'
import { startDemo } from './cli/demo.ts'
import { runDoctor } from './cli/doctor.ts'
import { runReconcile } from './cli/reconcile.ts'
import { runPricesExport, runPricesImport, runPricesReset } from './cli/prices.ts'
import { explainFailure } from './cli/failure.ts'
import { commands, exitCodes, renderCommandHelp, renderHelp } from './cli/help.ts'
import { startServing } from './cli/serve.ts'
import { runUntilSignal } from './cli/signals.ts'
import { productVersion } from './app.ts'
import { loadConfig, type ConfigOverrides } from './config.ts'
import { createLog } from './platform/log.ts'
import { systemTerminal as terminal } from './platform/terminal.ts'

const demoDataDir = 'data/demo'
const loopback = '127.0.0.1'

function overridesOf(options: OptionValues): ConfigOverrides {
  const { port, host } = options
  const dataDir = options['data-dir']
  return {
    ...(typeof port === 'number' ? { port } : {}),
    ...(typeof host === 'string' ? { host } : {}),
    ...(typeof dataDir === 'string' ? { dataDir } : {}),
  }
}

async function run(command: string, options: OptionValues, positionals: readonly string[]): Promise<number> {
  const overrides = overridesOf(options)
  if (command === 'doctor') return runDoctor({ overrides, print: (line) => terminal.print(line) })
  const config = loadConfig(undefined, command === 'demo' ? demoOverrides(overrides) : overrides)
  const log = createLog({ level: command === 'demo' && config.logLevel === 'info' ? 'error' : config.logLevel })
  for (const warning of config.warnings) log.warn({}, warning)
  const [file = ''] = positionals
  switch (command) {
    case 'serve':
      return runUntilSignal((startup) => startServing({ config, log, terminal }, startup), terminal)
    case 'demo':
      return runUntilSignal(
        (startup) => startDemo({ config, log, terminal, ...demoOptions(options) }, startup),
        terminal,
      )
    case 'migrate':
      return runMigrate({ config, log, terminal })
    case 'backup':
      return runBackup({ config, log, terminal }, file)
    case 'restore':
      return runRestore({ config, log, terminal }, file, options['force'] === true)
    case 'reconcile':
      return runReconcile({ config, log, terminal }, options['json'] === true)
    case 'prices import':
      return runPricesImport({ config, log, terminal }, file)
    case 'prices export':
      return runPricesExport({ config, log, terminal }, file)
    case 'prices reset':
      return runPricesReset({ config, log, terminal })
    default:
      return runMove({ config, log, terminal })
  }
}

/** The demo never touches a real database or the network, whatever the environment says. */
function demoOverrides(overrides: ConfigOverrides): ConfigOverrides {
  return { dataDir: demoDataDir, ...overrides, host: loopback, databaseUrl: undefined, egressAllowLoopback: true }
}

function demoOptions(options: OptionValues) {
  const simulatorUrl = options['simulator-url']
  return {
    simulatorUrl: typeof simulatorUrl === 'string' ? simulatorUrl : undefined,
    hasTraffic: options['no-traffic'] !== true,
  }
}

async function main(invocation: Invocation): Promise<number> {
  switch (invocation.kind) {
    case 'help':
      terminal.print((invocation.command && renderCommandHelp(invocation.command)) ?? renderHelp())
      return exitCodes.ok
    case 'version':
      terminal.print(productVersion)
      return exitCodes.ok
    case 'usage-error':
      terminal.complain(invocation.message)
      return exitCodes.usage
    case 'run':
      try {
        return await run(invocation.command, invocation.options, invocation.positionals)
      } catch (error) {
        const { message, exitCode } = explainFailure(error)
        terminal.complain(message)
        return exitCode
      }
  }
}

process.exitCode = await main(parseArguments(process.argv.slice(2), commands))
// Libraries may keep a socket or a worker for a while; a command that has said its last word is over.
process.exit()
