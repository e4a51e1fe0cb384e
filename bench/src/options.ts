// The command line of the benchmark.
import { parseArgs } from 'node:util'
import type { LoadKind } from './load-plan.ts'

const defaultTargets = ['nginx', 'relay', 'gateway', 'translated'] as const
const targetNames = [...defaultTargets, 'journal-off', 'journal-os', 'journal-strict'] as const
export type TargetName = (typeof targetNames)[number]
const loadKinds = ['request', 'stream'] as const
const databases = ['embedded', 'server'] as const

/** Rounds and seconds have a ceiling so that a slip of the finger does not occupy the machine for hours. */
const roundsMax = 20
const secondsMax = 120

export interface BenchOptions {
  rounds: number
  seconds: number
  kinds: readonly LoadKind[]
  targets: readonly TargetName[]
  /** What the gateways settle into. */
  database: (typeof databases)[number]
  isJson: boolean
}

export const help = `Usage: npm run bench -- [options]

CPU microseconds per request and per streamed event of the gateway with everything on, beside nginx and a bare Node
relay in front of the same simulator, as the median of interleaved rounds. "translated" is the gateway again, with the
same requests for a model of another vendor; "journal-os" and "journal-strict" are the gateway with its journal in these
modes (it is "disk" otherwise), "journal-off" is the gateway with nothing written down and so nothing settled.

  --rounds N        rounds, 1 to ${roundsMax} (default 3)
  --seconds N       measured seconds of each round and target, 1 to ${secondsMax} (default 5)
  --only KIND       request or stream (default both)
  --target NAME     ${targetNames.join(', ')};
                    may be repeated (default ${defaultTargets.join(', ')})
  --database KIND   embedded, or server: a PostgreSQL of its own, whose work is not the gateway's (default embedded)
  --json            one JSON document instead of tables
  --help

Exit codes: 0 measured, 1 failed or a check did not hold, 2 wrong options.
`

export class WrongOption extends Error {
  override readonly name = 'WrongOption'
}

/** Undefined when only help was asked for. */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parse(args)
  if (values.help === true) return undefined
  return {
    rounds: wholeNumber('rounds', values.rounds ?? '3', roundsMax),
    seconds: wholeNumber('seconds', values.seconds ?? '5', secondsMax),
    kinds: values.only === undefined ? loadKinds : [oneOf('only', values.only, loadKinds)],
    targets: values.target?.map((name) => oneOf('target', name, targetNames)) ?? defaultTargets,
    database: oneOf('database', values.database ?? 'embedded', databases),
    isJson: values.json === true,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        only: { type: 'string' },
        target: { type: 'string', multiple: true },
        database: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    throw new WrongOption(error instanceof Error ? error.message : String(error))
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new WrongOption(`--${name} must be a whole number from 1 to ${max}`)
  }
  return value
}

function oneOf<Value extends string>(name: string, text: string, values: readonly Value[]): Value {
  const value = values.find((candidate) => candidate === text)
  if (value === undefined) throw new WrongOption(`--${name} must be one of ${values.join(', ')}`)
  return value
}
