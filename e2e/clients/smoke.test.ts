// The SDKs on accounts of their own vendor: the part of the matrix that every run of the tests has. `npm run clients` is the whole.
import { beforeAll, expect, test } from 'vitest'
import { clients } from './clients.ts'
import { installClients } from './install.ts'
import { cellsOf, runCells, type Outcome } from './matrix.ts'

const sdks = clients.filter(({ kind }) => kind === 'sdk')

beforeAll(async () => {
  const failure = await installClients(sdks, () => undefined)
  if (failure !== undefined) throw new TypeError(failure)
})

const failuresOf = (outcomes: readonly Outcome[]) =>
  outcomes
    .filter(({ problem }) => problem !== undefined)
    .map(({ client, scenario, problem, output }) => [client.name, scenario.id, problem, output])

test('CL1 the SDKs get plain and streamed answers, loop through tools, and never see a 429 that another account can answer', async () => {
  const cells = cellsOf(sdks, true, ['plain', 'streamed', 'tools', 'failover'])
  expect(cells).toHaveLength(sdks.length * 4)
  const outcomes = await runCells(cells, () => undefined)
  expect(failuresOf(outcomes)).toEqual([])
  // They are libraries: whatever they call besides the gateway would be news.
  expect(outcomes.flatMap(({ strangers }) => strangers)).toEqual([])
})

test('CL2 the SDKs show the gateway’s reason for a refusal and do not ask on', async () => {
  const cells = cellsOf(sdks, true, ['model'])
  expect(cells).toHaveLength(sdks.length)
  expect(failuresOf(await runCells(cells, () => undefined))).toEqual([])
})
