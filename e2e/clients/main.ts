// `npm run clients`: every client on accounts of every vendor, or those that are named; after a full run docs/clients.md has the
// result.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { clients } from './clients.ts'
import { installClients } from './install.ts'
import { cellsOf, runCells, type Outcome } from './matrix.ts'
import { renderReport } from './report.ts'

const help = `npm run clients                    every client on accounts of every vendor; writes docs/clients.md
npm run clients -- codex openai-sdk  only these, by name or by the beginning of it
  --native                           only on accounts of the vendor that the client is made for
  --scenario plain                   only this scenario; may be repeated
  --verbose                          what the clients print, also where nothing went wrong
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

async function run(): Promise<number> {
  const chosen = clients.filter(
    ({ name }) => positionals.length === 0 || positionals.some((word) => name === word || name.startsWith(`${word}:`)),
  )
  if (values.help || chosen.length === 0) {
    console.log(help)
    return values.help ? 0 : 2
  }
  const failure = await installClients(chosen, console.log)
  if (failure !== undefined) {
    console.log(`the clients could not be installed:\n${failure}`)
    return 1
  }
  const outcomes = await runCells(cellsOf(chosen, values.native, values.scenario), printOutcome)
  const failed = outcomes.filter(({ problem }) => problem !== undefined)
  console.log(`${outcomes.length - failed.length} passed, ${failed.length} failed`)
  const isFull = chosen.length === clients.length && !values.native && values.scenario === undefined
  if (isFull) {
    await writeFile(fileURLToPath(new URL('../../docs/clients.md', import.meta.url)), await renderReport(outcomes))
    console.log('docs/clients.md has the result')
  }
  return failed.length === 0 ? 0 : 1
}

process.exitCode = await run()
