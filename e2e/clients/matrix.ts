// Clients × vendors × scenarios, one run after the other.
import { randomBytes } from 'node:crypto'
import { serviceTypes, type ServiceType } from '@aicarpool/contract'
import type { Client } from './client.ts'
import { openHouse, type House } from './house.ts'
import { runClient } from './run-client.ts'
import { scenarios, type Scenario } from './scenarios.ts'

export interface Cell {
  client: Client
  serviceType: ServiceType
  scenario: Scenario
}

export interface Outcome extends Cell {
  problem: string | undefined
  seconds: number
  output: string
}

/** A current model of each vendor that can do all that the scenarios ask. */
const models: Record<ServiceType, string> = {
  claude: 'claude-sonnet-4-5',
  openai: 'gpt-5.1',
  gemini: 'gemini-3.5-flash',
  qwen: 'qwen3-coder-plus',
}

export function cellsOf(clients: readonly Client[], isNativeOnly: boolean, ids?: readonly string[]): Cell[] {
  return clients.flatMap((client) =>
    serviceTypes
      .filter((serviceType) => !isNativeOnly || serviceType === client.native)
      .flatMap((serviceType) =>
        scenarios
          .filter(({ id }) => ids === undefined || ids.includes(id))
          .map((scenario) => ({ client, serviceType, scenario })),
      ),
  )
}

export async function runCells(cells: readonly Cell[], onOutcome: (outcome: Outcome) => void): Promise<Outcome[]> {
  const house = await openHouse()
  try {
    const outcomes: Outcome[] = []
    for (const cell of cells) {
      const outcome = await runCell(house, cell)
      onOutcome(outcome)
      outcomes.push(outcome)
    }
    return outcomes
  } finally {
    await house.stop()
  }
}

async function runCell(house: House, cell: Cell): Promise<Outcome> {
  const { client, serviceType, scenario } = cell
  const { gateway } = house
  const key = await scenario.keyFor(house, serviceType)
  const mark = `seen${randomBytes(4).toString('hex')}`
  const before = (await gateway.rows()).length
  gateway.simulator.clearLedger()
  const startedAt = performance.now()
  const run = await runClient(client, {
    task: scenario.task,
    baseUrl: house.url,
    key,
    model: models[serviceType],
    mark,
  })
  const seconds = (performance.now() - startedAt) / 1000
  await gateway.simulator.idle()
  const billed = gateway.simulator.ledger().filter(({ outcome }) => outcome === 'ok')
  const rows = (await gateway.rows()).slice(before)
  return { ...cell, problem: scenario.problem({ ...run, client, mark, billed, rows }), seconds, output: run.output }
}
