// The SDKs on accounts of their own vendor: the part of the matrix that every run of the tests has. `npm run clients` is the whole.
import { expect, test } from 'vitest'
import { clients } from './clients.ts'
import { cellsOf, runCells } from './matrix.ts'

const sdks = clients.filter(({ kind }) => kind === 'sdk')

test('CL1 the SDKs get plain and streamed answers, loop through tools, and never see a 429 that another account can answer', async () => {
  const cells = cellsOf(sdks, true, ['plain', 'streamed', 'tools', 'failover'])
  expect(cells).toHaveLength(sdks.length * 4)
  const outcomes = await runCells(cells, () => undefined)
  const failed = outcomes.filter(({ problem }) => problem !== undefined)
  expect(failed.map(({ client, scenario, problem, output }) => [client.name, scenario.id, problem, output])).toEqual([])
})
