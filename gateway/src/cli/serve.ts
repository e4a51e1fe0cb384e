// `aicarpool serve`: the gateway itself. Prints where it listens, and the set-up token as long as it is needed.
import { startApp } from '../app.ts'
import type { Config } from '../config.ts'
import type { Log } from '../platform/log.ts'
import type { Terminal } from '../platform/terminal.ts'
import { exitCodes } from './help.ts'
import type { Startup } from './signals.ts'

export interface ServeOptions {
  config: Config
  log: Log
  terminal: Terminal
}

export async function startServing({ config, log, terminal }: ServeOptions, startup: Startup): Promise<void> {
  const app = await startApp({
    config,
    log,
    onFatal(error) {
      log.error({ err: error }, 'The gateway cannot go on; restart it')
      process.exit(exitCodes.failed)
    },
  })
  startup.onStop(() => app.stop())
  startup.signal.throwIfAborted()
  if (app.setupToken === undefined)
    terminal.print(`AiCarpool listens on ${config.host}, port ${new URL(app.url).port}.`)
  else {
    for (const line of [
      `AiCarpool listens on ${app.url}, for this machine only until it is set up.`,
      `Open ${app.url}/setup and enter this one-time token:`,
      '',
      `  ${app.setupToken}`,
      '',
    ]) {
      terminal.print(line)
    }
  }
  terminal.print('ready')
}
