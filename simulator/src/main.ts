// Command line of the simulator: options in, one JSON line out when it listens, a clean stop on SIGINT, SIGTERM and, where
// asked for, the end of standard input.
// The only file that reads arguments and writes to the terminal; everything else is simulator.ts.
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { parseAccounts } from './accounts.ts'
import { parseJson } from './json.ts'
import { SimulatorError } from './simulator-error.ts'
import type { SimulatorOptions } from './simulator.ts'
import { startSimulator } from './simulator.ts'

const HELP = `AiCarpool provider simulator: speaks the wire protocols of OpenAI, Claude, Gemini and Qwen on loopback.

  node simulator/src/main.ts [options]

  --port N                 port to listen on (default 0: any free one)
  --seed N                 seed of all answers, ids and drawn faults (default 1)
  --speed X                multiplies every natural delay: 1 is realistic, 0.1 ten times as fast, 0 none (default 1)
  --accounts FILE          JSON array of accounts {vendor, key, organisation, name?, workspace?, models?,
                           requestsPerMinute?, inputTokensPerMinute?, outputTokensPerMinute?}
                           Without it every key sim-<vendor>-<organisation>[.<n>] is an account without limits.
  --fast                   fixed answers for load tests: no limits, faults or ledger, only counts
  --stream-events N        with --fast: content events of a stream (with --stream-interval-ms)
  --stream-interval-ms N   with --fast: time between the events of a stream; without it a stream is one burst
  --stop-with-stdin        stop when standard input ends, and so with the program that holds the other end
  --help                   this text

Endpoints: /openai /claude /gemini /qwen, and for operators /__ledger /__accounts /__faults /__health.
Prints {"ready":true,"url":…} when it listens. Exit codes: 0 stopped, 1 could not start, 2 wrong options.
`

const DEFAULT_SEED = 1

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      seed: { type: 'string' },
      speed: { type: 'string' },
      accounts: { type: 'string' },
      fast: { type: 'boolean' },
      'stream-events': { type: 'string' },
      'stream-interval-ms': { type: 'string' },
      'stop-with-stdin': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) {
    process.stdout.write(HELP)
    return
  }
  const simulator = await startSimulator(await readOptions(values))
  const stop = () => {
    // Being read it would keep the process alive.
    process.stdin.destroy()
    void simulator.stop()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  if (values['stop-with-stdin'] === true) process.stdin.once('end', stop).resume()
  // Last: whoever reads this line may end us at once.
  process.stdout.write(`${JSON.stringify({ ready: true, url: simulator.url })}\n`)
}

type Values = Record<string, string | boolean | undefined>

async function readOptions(values: Values): Promise<SimulatorOptions> {
  const { accounts: file } = values
  const accounts = typeof file === 'string' ? parseAccounts(parseJson(await readFile(file, 'utf8'))) : []
  const options: SimulatorOptions = {
    port: numberOption(values, 'port') ?? 0,
    seed: numberOption(values, 'seed') ?? DEFAULT_SEED,
    speed: numberOption(values, 'speed') ?? 1,
    accounts,
    implicitAccounts: file === undefined,
    fast: values['fast'] === true,
  }
  const events = numberOption(values, 'stream-events')
  const intervalMs = numberOption(values, 'stream-interval-ms')
  if (events === undefined && intervalMs === undefined) return options
  if (events === undefined || intervalMs === undefined || options.fast !== true) {
    throw new SimulatorError('invalid_option', '--stream-events and --stream-interval-ms go together, and with --fast')
  }
  return { ...options, fastStream: { events, intervalMs } }
}

function numberOption(values: Values, name: string): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const value = Number(text)
  if (text === '' || !Number.isFinite(value) || value < 0) {
    throw new SimulatorError('invalid_option', `--${name} must be a number of 0 or more`)
  }
  return value
}

try {
  await main()
} catch (error) {
  const isUsage = error instanceof SimulatorError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  process.stderr.write(`simulator: ${(error as Error).message}\n${isUsage === true ? 'See --help.\n' : ''}`)
  process.exitCode = isUsage === true ? 2 : 1
}
