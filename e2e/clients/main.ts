// `npm run clients`: every client on accounts of every vendor, or those that are named; after a full run docs/clients.md has the
// result.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Client } from './client.ts'
import { clients } from './clients.ts'
import { installClients } from './install.ts'
import { cellsOf, runCells, type Outcome } from './matrix.ts'
import { renderReport } from './report.ts'
import { scenarios } from './scenarios.ts'

const help = `npm run clients                    every client on accounts of every vendor; writes docs/clients.md
npm run clients -- codex openai-sdk  only these, by name; without what stands behind its colon, all that begin so
  --native                           only on accounts of the vendor that the client is made for
  --scenario plain                   only this scenario; may be repeated
  --verbose                          what the clients print, also where nothing went wrong
scenarios: ${scenarios.map(({ id }) => id).join(', ')}
clients: ${clients.map(({ name }) => name).join(', ')}`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', default: false },
    native: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    scenario: { type: 'string', multiple: true },
  },
})

function printOutcome({ client, serviceType, scenario, problem, seconds, strangers, output }: Outcome): void {
  const name = `${client.name} on ${serviceType}, ${scenario.title}`
  const kept = strangers.length === 0 ? '' : `, kept from ${strangers.join(' ')}`
  const outcome = problem === undefined ? 'ok  ' : 'FAIL'
  console.log(`${outcome} ${name} (${seconds.toFixed(1)} s${kept})${problem ? `: ${problem}` : ''}`)
  if (problem !== undefined || values.verbose) console.log(output.trim().replaceAll(/^/gm, '     | '))
}

const isMeantBy = (word: string, { name }: Client) => name === word || name.startsWith(`${word}:`)

/** Words that mean nothing here: a run that leaves out what was asked for would look like a success. */
function unknownWords(): string[] {
  return [
    ...positionals.filter((word) => !clients.some((client) => isMeantBy(word, client))),
    ...(values.scenario ?? []).filter((word) => !scenarios.some(({ id }) => id === word)),
  ]
}

/** Ctrl-C ends the client of the moment, and what stands for it is cleared away as at any other end. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort())
  return controller.signal
}

async function run(interrupted: AbortSignal): Promise<number> {
  const unknown = unknownWords()
  if (values.help || unknown.length > 0) {
    console.log(unknown.length > 0 ? `unknown: ${unknown.join(', ')}\n\n${help}` : help)
    return unknown.length > 0 ? 2 : 0
  }
  const chosen = clients.filter(
    (client) => positionals.length === 0 || positionals.some((word) => isMeantBy(word, client)),
  )
  const failure = await installClients(chosen, console.log)
  if (failure !== undefined) {
    console.log(`the clients could not be installed:\n${failure}`)
    return 1
  }
  const outcomes = await runCells(cellsOf(chosen, values.native, values.scenario), printOutcome, interrupted)
  const failed = outcomes.filter(({ problem }) => problem !== undefined)
  console.log(`${outcomes.length - failed.length} passed, ${failed.length} failed`)
  if (interrupted.aborted) {
    console.log('interrupted')
    return 1
  }
  const isFull = chosen.length === clients.length && !values.native && values.scenario === undefined
  if (isFull) {
    await writeFile(fileURLToPath(new URL('../../docs/clients.md', import.meta.url)), await renderReport(outcomes))
    console.log('docs/clients.md has the result')
  }
  return failed.length === 0 ? 0 : 1
}

process.exitCode = await run(interruption())
