// Clients × vendors × scenarios, one run after the other.
import { randomBytes } from 'node:crypto'
import type { Client } from './client.ts'
import { openHouse, type House } from './house.ts'
import { runClient } from './run-client.ts'
import { scenarios, type Scenario } from './scenarios.ts'

/** A current model of each vendor that can do all that the scenarios ask. */
const models = {
  claude: 'claude-sonnet-4-5',
  openai: 'gpt-5.1',
  gemini: 'gemini-3.5-flash',
  qwen: 'qwen3-coder-plus',
}
type TestedType = keyof typeof models
/** In the order of the report's columns. */
export const testedTypes = (Object.keys(models) as TestedType[]).toSorted()

export interface Cell {
  client: Client
  serviceType: TestedType
  scenario: Scenario
}

export interface Outcome extends Cell {
  problem: string | undefined
  seconds: number
  /** Hosts besides the gateway that the client was kept from. */
  strangers: readonly string[]
  /** What it was answered, and what it printed. */
  output: string
}

export function cellsOf(clients: readonly Client[], isNativeOnly: boolean, ids?: readonly string[]): Cell[] {
  return clients.flatMap((client) =>
    testedTypes
      .filter((serviceType) => !isNativeOnly || serviceType === client.native)
      .flatMap((serviceType) =>
        scenarios
          .filter(({ id }) => ids === undefined || ids.includes(id))
          .map((scenario) => ({ client, serviceType, scenario })),
      ),
  )
}

/** Ends early, without the cell of the moment, when it is interrupted. */
export async function runCells(
  cells: readonly Cell[],
  onOutcome: (outcome: Outcome) => void,
  interrupted?: AbortSignal,
): Promise<Outcome[]> {
  const types = [...new Set(cells.map(({ serviceType }) => serviceType))]
  const house = await openHouse(types, new Set(cells.map(({ client }) => client)).size)
  try {
    const outcomes: Outcome[] = []
    for (const cell of cells) {
      if (interrupted?.aborted) break
      const outcome = await runCell(house, cell, interrupted)
      if (interrupted?.aborted) break
      onOutcome(outcome)
      outcomes.push(outcome)
    }
    return outcomes
  } finally {
    await house.stop()
  }
}

async function runCell(house: House, cell: Cell, interrupted?: AbortSignal): Promise<Outcome> {
  const { client, serviceType, scenario } = cell
  const { simulator } = house
  const key = scenario.keyFor(house, serviceType)
  const model = scenario.model ?? models[serviceType]
  const mark = `seen${randomBytes(4).toString('hex')}`
  simulator.clearLedger()
  const startedAt = performance.now()
  const run = await runClient(client, { task: scenario.task, baseUrl: house.url, key, model, mark }, interrupted)
  const seconds = (performance.now() - startedAt) / 1000
  await simulator.idle()
  const problem = scenario.problem({ ...run, client, mark, ledger: simulator.ledger() })
  const answers = run.calls.map(({ method, path, status }) => `${method} ${path} ${status}\n`)
  return { ...cell, problem, seconds, strangers: run.strangers, output: answers.join('') + run.output }
}
