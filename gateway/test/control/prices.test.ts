// Prices: the shipped ones, imported ones and those of accounts, up to the rows that they priced.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AccountId } from '@aicarpool/contract'
import { exportPrices, importPrices, PriceFileRefused, resetPrices } from '../../src/controlplane/prices/prices.ts'
import { shippedProviders } from '../../src/core/providers/index.ts'
import { createMigratedDataDir } from '../support/test-database.ts'
import { messagesBody, startTestGateway, type TestGateway, type UsageRow } from '../support/test-gateway.ts'
import { until } from '../support/until.ts'

interface PriceFile {
  version: string
  models: { model: string; prices: { rates: Record<string, string> }[] }[]
}

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway.stop())

const model = 'claude-sonnet-4-5'
const changed = async (version: string, output: string): Promise<PriceFile> => {
  const file = structuredClone(await exportPrices(gateway.app.database)) as PriceFile
  const entry = file.models.find((each) => each.model === model)?.prices[0]
  if (entry) entry.rates['output'] = output
  return { ...file, version }
}
const load = (file: unknown) => importPrices(gateway.app.database, shippedProviders, file, 'test')

async function groupOf(accountId: AccountId): Promise<string> {
  const accounts = [{ accountId, serviceType: 'claude' as const, priority: 1 }]
  return (await gateway.addGroup({ mode: 'dedicated', accounts })).key
}
async function ask(
  key: string,
  over: Record<string, unknown> = {},
): Promise<UsageRow & { price_version: string | null }> {
  const response = await gateway.post('/v1/messages', key, messagesBody('[[tokens:100]]', over))
  expect(response.status, await response.text()).toBe(200)
  return (await gateway.rows()).at(-1) as UsageRow & { price_version: string | null }
}
/** Pico-USD for each token of output, the input being known. */
const outputPrice = (row: UsageRow, inputPico: number) =>
  Math.round((Number(row.cost) * 1e12 - Number(row.input_tokens) * inputPico) / Number(row.output_tokens))

test('MO4 an imported price file is in force within a second, and rows keep the version that priced them', async () => {
  const key = await groupOf(await gateway.addAccount('list', 'claude', { accountType: 'dedicated' }))
  const before = await ask(key)
  expect(outputPrice(before, 3_000_000)).toBe(15_000_000)
  await load(await changed('contract-1', '12.5'))
  let row = await ask(key)
  await until(async () => {
    row = await ask(key)
    return row.price_version === 'catalogue-contract-1'
  })
  expect(outputPrice(row, 3_000_000)).toBe(12_500_000)
  await resetPrices(gateway.app.database, 'test')
  await until(async () => (await ask(key)).price_version === before.price_version)
  const versions = (await gateway.rows()).map((each) => (each as UsageRow & { price_version: string }).price_version)
  expect(versions).toContain('catalogue-contract-1')
})

test('MO5 a file with anything wrong is refused whole, with all that is wrong; one version is one file', async () => {
  const good = await changed('contract-2', '11')
  await load(good)
  await load(good)
  const [first, second] = [structuredClone(good), structuredClone(good)]
  if (first.models[0]?.prices[0]) first.models[0].prices[0].rates = { input: '-1', cacheRead: 'x' }
  first.models.push({ ...second.models[1], model: 'no-unit' } as PriceFile['models'][number])
  const wrong = { ...first, version: 'contract-3', unit: 'cents' }
  const refusal = await load(wrong).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(PriceFileRefused)
  expect((refusal as PriceFileRefused).problems.length).toBeGreaterThanOrEqual(3)
  await expect(load(await changed('contract-2', '9'))).rejects.toThrow('name of another file')
  await expect(load({ ...good, version: '2026-11-26' })).rejects.toThrow('name of another file')
  expect(await exportPrices(gateway.app.database)).toEqual(good)
  await resetPrices(gateway.app.database, 'test')
})

test('MO2 an account’s price of a model comes before its price per token, and that before the price list', async () => {
  const modelPrices = {
    [model]: { rates: { input: '1', output: '2' } },
    'claude-opus-4-5': { rates: { input: '5', cacheRead: '0.5', output: '7' } },
  }
  const costPerToken = '0.000004'
  const own = await groupOf(
    await gateway.addAccount('own', 'claude', {
      accountType: 'dedicated',
      supportedModels: [model, 'claude-opus-4-5', 'claude-haiku-4-5'],
      costPerToken,
      modelPrices,
    }),
  )
  expect(outputPrice(await ask(own), 1_000_000)).toBe(2_000_000)
  expect(outputPrice(await ask(own, { model: 'claude-opus-4-5' }), 5_000_000)).toBe(7_000_000)
  const flat = await ask(own, { model: 'claude-haiku-4-5' })
  expect(outputPrice(flat, 4_000_000)).toBe(4_000_000)
  expect(flat.price_version).toMatch(/^account-/)
  const cheaperThanFree = { [model]: { rates: { input: '1', cacheRead: '2', output: '3' } } }
  await expect(gateway.addAccount('wrong', 'claude', { modelPrices: cheaperThanFree })).rejects.toThrow(
    'dearer than the input',
  )
})

const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
async function command(...args: string[]): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, text }
}

test('MO5 on the command line: exported, changed, imported, reset', async () => {
  const dataDir = await createMigratedDataDir()
  const file = join(dataDir, 'prices.json')
  const at = ['--data-dir', dataDir]
  try {
    expect(await command('prices', 'export', file, ...at)).toMatchObject({ code: 0 })
    const prices = JSON.parse(await readFile(file, 'utf8')) as PriceFile
    await writeFile(file, JSON.stringify({ ...prices, version: 'mine' }))
    expect(await command('prices', 'import', file, ...at)).toMatchObject({
      code: 0,
      text: expect.stringContaining('"mine"'),
    })
    await writeFile(file, JSON.stringify({ ...prices, version: 'bad', models: [{}, {}] }))
    const refused = await command('prices', 'import', file, ...at)
    expect(refused.code).toBe(1)
    expect(refused.text).toMatch(/models\[0\].*\n.*models\[/s)
    expect(await command('prices', 'import', join(dataDir, 'none.json'), ...at)).toMatchObject({ code: 1 })
    expect(await command('prices', 'reset', ...at)).toMatchObject({ code: 0 })
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})
