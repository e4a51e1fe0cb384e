// Answers by the thousand, of every client on every vendor, streamed and not, with thoughts, tools, pictures and warm caches: each
// class of tokens in each row is what the provider wrote into its own books.
// METERED_ANSWERS sets how many (2,000 unless given).
import { assert } from '@aicarpool/contract'
import type { LedgerEntry } from '@aicarpool/simulator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findModel, shippedCatalogue } from '../../src/core/pricing/catalogue.ts'
import { plainRequest, type ChatRequest, type TextPart } from '../../src/core/protocols/chat.ts'
import { accountProtocols, clientProtocols } from '../../src/core/protocols/index.ts'
import type { AccountProtocol, ClientProtocol } from '../../src/core/protocols/protocol.ts'
import { encodeFitted } from '../../src/core/protocols/translate.ts'
import { serviceTypes, type ShippedServiceType } from '../../src/core/providers/index.ts'
import { createDice, type Dice } from '../support/dice.ts'
import { corpusModels, dot } from '../support/protocol-corpus.ts'
import { sharedPool, startTestGateway, type TestGateway, type TestGroup } from '../support/test-gateway.ts'

const answers = Number(process.env['METERED_ANSWERS'] ?? 2000)
const atOnce = 16
/** Clients of which the account side can write the requests. */
const clients = Object.values<ClientProtocol>(clientProtocols).flatMap(({ id }) => {
  const account = Object.values<AccountProtocol>(accountProtocols).find((each) => each.id === id)
  return account?.translation ? [{ account, translation: account.translation }] : []
})

let gateway: TestGateway
const groups = new Map<ShippedServiceType, TestGroup>()
beforeAll(async () => {
  gateway = await startTestGateway()
  for (const type of serviceTypes) {
    await gateway.addAccount(`metered-${type}`, type)
    groups.set(type, await gateway.addGroup(sharedPool(type)))
  }
})
afterAll(() => gateway.stop())

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const weather = { name: 'weather', description: undefined, parameters, strict: undefined }

/** Long enough for every vendor's prompt cache. As they stand they are met again, behind a name of their own they are new. */
const prefixes = ['alpha', 'beta', 'gamma'].map((word) => `${word} `.repeat(6000))

/** `name` is the tag by which the simulator's books know it. */
function anyConversation(name: string, dice: Dice): Omit<ChatRequest, 'model' | 'stream'> {
  const wishes = [
    `[[tokens:${1 + dice.below(60)}]]`,
    '[[echo:好的]]',
    '[[tool:weather {"city":"Paris"}]]',
    `[[think:${1 + dice.below(50)}]][[tokens:20]]`,
  ]
  const wish = dice.pick(wishes)
  const system: TextPart[] =
    dice.below(3) > 0
      ? [
          {
            type: 'text',
            text: dice.pick(['', `${name} `]) + dice.pick(prefixes),
            ...dice.pick([{}, mark('5m'), mark('1h')]),
          },
        ]
      : []
  const picture = { type: 'image' as const, source: { kind: 'data' as const, mediaType: 'image/png', base64: dot } }
  return {
    ...plainRequest,
    system,
    messages: [
      {
        role: 'user',
        content: [...(dice.below(5) === 0 ? [picture] : []), { type: 'text', text: `[[tag:${name}]] ${wish}` }],
      },
    ],
    tools: wish.includes('tool:') ? [weather] : [],
    reasoning: wish.includes('think:') ? { effort: 'low', budgetTokens: undefined, isShown: true } : undefined,
    // Now and then too small for the answer.
    maxOutputTokens: dice.pick([2048, 2048, 2048, 16]),
  }
}

function mark(cacheMark: '5m' | '1h') {
  return { cacheMark }
}

async function askOnce(name: string, dice: Dice): Promise<void> {
  const { account, translation } = dice.pick(clients)
  const type = dice.pick(serviceTypes)
  const known = findModel(shippedCatalogue, type, corpusModels[type])
  assert(known, 'the corpus uses models of the catalogue')
  const stream = dice.below(2) === 0
  const request = { ...anyConversation(name, dice), model: corpusModels[type], stream }
  const { body } = encodeFitted(request, translation, { traits: known.traits, options: {} })
  const response = await fetch(gateway.app.url + account.path(request.model, stream), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${groups.get(type)?.key}`,
      'x-client-request-id': name,
    },
    body,
  })
  const text = await response.text()
  expect([response.status, text], `${account.id} ${type} ${body.toString().slice(-300)}`).toEqual([
    200,
    expect.any(String),
  ])
}

interface MeteredRow {
  metadata: { clientRequestId?: string } | null
  service_type: string
  usage_source: string
  input_tokens: bigint
  cache_read_tokens: bigint
  cache_write_5m_tokens: bigint
  cache_write_1h_tokens: bigint
  output_tokens: bigint
  reasoning_tokens: bigint
}

const billed = ({ usage }: LedgerEntry) => ({
  source: 'reported',
  input: usage.input + usage.toolInput,
  cacheRead: usage.cacheRead,
  cacheWrite5m: usage.cacheWrite5m,
  cacheWrite1h: usage.cacheWrite1h,
  output: usage.output,
  reasoning: usage.reasoning,
})
const metered = (row: MeteredRow) => ({
  source: row.usage_source,
  input: Number(row.input_tokens),
  cacheRead: Number(row.cache_read_tokens),
  cacheWrite5m: Number(row.cache_write_5m_tokens),
  cacheWrite1h: Number(row.cache_write_1h_tokens),
  output: Number(row.output_tokens),
  reasoning: Number(row.reasoning_tokens),
})

test(`ME13 every class of tokens of ${answers} answers is what the providers billed`, async () => {
  let next = 0
  const worker = async () => {
    while (next < answers) {
      next += 1
      await askOnce(`metered-${next}`, createDice(next))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  const rows = (await gateway.rows()) as unknown as MeteredRow[]
  const books = new Map(gateway.simulator.ledger().map((entry) => [entry.tag ?? '', entry]))
  expect(rows).toHaveLength(answers)
  expect(books.size).toBe(answers)
  for (const row of rows) {
    const entry = books.get(row.metadata?.clientRequestId ?? '')
    assert(entry, 'every row has its entry in the books')
    expect(metered(row), `${row.service_type} ${entry.endpoint} streamed ${entry.streamed}`).toEqual(billed(entry))
  }
  // Nothing is proven by classes that never come.
  for (const sum of ['cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'reasoning'] as const) {
    expect(rows.filter((row) => metered(row)[sum] > 0).length, sum).toBeGreaterThan(answers / 1000)
  }
})
