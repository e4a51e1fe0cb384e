// A vendor that is not shipped, handed to a gateway as its folder and its entries in the catalogue, and nothing else: through the
// whole gateway, against a server that was written by the vendor's documentation.
import { assert, printDecimal } from '@aicarpool/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppOptions } from '../../src/app.ts'
import shipped from '../../src/core/pricing/catalogue.json' with { type: 'json' }
import { parseCatalogue } from '../../src/core/pricing/parse-catalogue.ts'
import { providers } from '../../src/core/providers/index.ts'
import { providersOf } from '../../src/core/providers/registry.ts'
import { deepseek } from '../support/deepseek/provider.ts'
import { deepseekModels } from '../support/deepseek/models.ts'
import {
  deepseekKey,
  deepseekText,
  startDeepseek,
  type Deepseek,
  type DeepseekBill,
} from '../support/deepseek/server.ts'
import { dialects, readAnswer, type Dialect, type Said } from '../support/dialects.ts'
import { sharedPool, startTestGateway, type TestGateway, type TestGroup } from '../support/test-gateway.ts'

const model = 'deepseek-v4-flash'
const known = providersOf([...Object.values(providers), deepseek])
const { catalogue } = parseCatalogue({ ...shipped, models: [...shipped.models, ...deepseekModels] }, [...known.keys()])
assert(catalogue, 'the entries are well-formed')
/** What a gateway is started with; without its members it knows the shipped vendors alone. */
const vendors: Partial<AppOptions> = { providers: known, catalogue }

let gateway: TestGateway
let server: Deepseek
let group: TestGroup
beforeAll(async () => {
  server = await startDeepseek()
  gateway = await startTestGateway({ app: vendors })
  await gateway.addAccount('one', 'deepseek', { apiKey: deepseekKey, apiEndpoint: server.url })
  group = await gateway.addGroup(sharedPool('deepseek'))
})
afterAll(async () => {
  await gateway.stop()
  await server.stop()
})

async function send(dialect: Dialect, stream: boolean, body: object): Promise<Said> {
  const response = await gateway.post(dialect.path(model, stream), group.key, body)
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return readAnswer(dialect, stream, text)
}

/** Of what it billed, by the prices of deepseek-v4-flash in pico-USD for each token; one rounding for each answer. */
function costOf({ missed, hit, output }: DeepseekBill): string {
  return printDecimal(Math.round((missed * 140_000 + hit * 2800 + output * 280_000) / 1000), 9)
}

/** What rows say, in the vendor's terms. */
async function billedRows() {
  return (await gateway.rows())
    .filter(({ group_id, status }) => group_id === group.id && status === 'success')
    .map((row) => ({
      missed: Number(row.input_tokens),
      hit: Number(row.cache_read_tokens),
      output: Number(row.output_tokens),
      cost: Number(row.cost),
      traceId: row.upstream_request_id,
    }))
}

describe.each(Object.entries(dialects))('VE1 a client of %s', (_name, dialect) => {
  test.each([true, false])('calls a tool and goes on with its result (stream %s)', async (stream) => {
    const before = server.books.length
    const first = await send(dialect, stream, dialect.ask(model, stream))
    expect(first.end).toBe(dialect.endsWithCall)
    expect(first.calls).toMatchObject([{ name: 'weather', input: { city: 'Paris' } }])
    const second = await send(dialect, stream, dialect.askAgain(model, stream, first))
    expect(second.text).toBe(deepseekText)
    const path = dialect === dialects['Messages'] ? '/anthropic/v1/messages' : '/v1/chat/completions'
    expect(server.books.slice(before).map((bill) => bill.path)).toEqual([path, path])
  })
})

test.each([
  ['/v1/chat/completions', { model, max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] }],
  ['/v1/messages', { model, max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] }],
])('VE1 where %s is its own wire, the answer is its own, byte for byte', async (path, body) => {
  const response = await gateway.post(path, group.key, body)
  expect(await response.text()).toBe(server.answers.at(-1))
})

test('VE1 the unified call names it, and its refusals name all types there are', async () => {
  const ask = (serviceType: string) => {
    const messages = [{ role: 'user', content: 'hi' }]
    return gateway.post('/api/ai/chat', group.key, { groupId: group.id, messages, maxTokens: 50, model, serviceType })
  }
  const answered = await ask('deepseek')
  expect(await answered.json()).toMatchObject({
    success: true,
    data: { message: { content: deepseekText }, accountUsed: { name: 'one', serviceType: 'deepseek' } },
  })
  const refused = await ask('constructor')
  expect([refused.status, await refused.text()]).toEqual([
    400,
    expect.stringContaining('claude, gemini, openai, qwen, deepseek.'),
  ])
})

test('VE1 its models are listed, and an alias is served', async () => {
  const response = await fetch(`${gateway.app.url}/v1/models`, { headers: { 'x-api-key': group.key } })
  const { data } = (await response.json()) as { data: { id: string }[] }
  expect(data.map(({ id }) => id)).toEqual(['deepseek-v4-flash', 'deepseek-v4-pro'])
  const body = { model: 'deepseek-chat', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] }
  expect((await gateway.post('/v1/chat/completions', group.key, body)).status).toBe(200)
})

test('VE1 every row equals what it billed', async () => {
  const billed = server.books.map((bill, index) => ({
    missed: bill.missed,
    hit: bill.hit,
    output: bill.output,
    cost: Number(costOf(bill)),
    traceId: `trace-${index + 1}`,
  }))
  expect(billed.length).toBeGreaterThan(15)
  expect(await billedRows()).toEqual(billed)
})

test('VE1 an account without an address of its own goes to the vendor’s, and an empty balance takes it out', async () => {
  await gateway.addAccount('elsewhere', 'deepseek', {
    apiKey: deepseekKey,
    apiEndpoint: undefined,
    accountType: 'dedicated',
  })
  const accountId = await gateway.addAccount('empty', 'deepseek', {
    apiKey: server.emptyKey,
    apiEndpoint: server.url,
    accountType: 'dedicated',
  })
  const accounts = gateway.app.snapshot.enterprise(gateway.enterpriseId)?.accounts ?? []
  expect(accounts.find(({ name }) => name === 'elsewhere')?.origin).toBe('https://api.deepseek.com')
  const own = await gateway.addGroup({
    mode: 'hybrid',
    primaryAccounts: [accountId],
    fallbackPools: [{ serviceType: 'deepseek', priority: 1 }],
  })
  for (const attempts of [2, 3]) {
    const body = { model, max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] }
    expect((await gateway.post('/v1/messages', own.key, body)).status).toBe(200)
    // The second request does not try it again.
    expect((await gateway.rows()).filter(({ group_id }) => group_id === own.id)).toHaveLength(attempts)
  }
})

test('VE2 a gateway that does not know the vendor leaves its accounts out, and the others serve', async () => {
  await gateway.addAccount('house', 'claude')
  const mixed = await gateway.addGroup(sharedPool('deepseek', 'claude'))
  delete vendors.providers
  delete vendors.catalogue
  await gateway.restart()
  const ask = (key: string, of: string) =>
    gateway.post('/v1/messages', key, { model: of, max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] })
  expect((await ask(mixed.key, 'claude-sonnet-4-5')).status).toBe(200)
  const refused = await ask(group.key, model)
  expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('no_account_bound')])
  // What it served stays in the books.
  expect((await billedRows()).length).toBe(server.books.length - 2)
})
