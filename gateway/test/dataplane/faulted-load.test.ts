// Load on providers of which a third fail in every way that they know, with clients that leave: each attempt has one row, and each
// row is what the provider's own books say.
// FAULTED_REQUESTS sets how many (1,500 unless given; 100,000 for the published figure).
import type { Fault, LedgerEntry } from '@aicarpool/simulator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reconcile } from '../../src/controlplane/reconciliation/reconciliation.ts'
import { serviceTypes, shippedProviders, type ShippedServiceType } from '../../src/core/providers/index.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createDice, type Dice } from '../support/dice.ts'
import { corpusModels } from '../support/protocol-corpus.ts'
import {
  sharedPool,
  startTestGateway,
  type TestGateway,
  type TestGroup,
  type UsageRow,
} from '../support/test-gateway.ts'
import { until } from '../support/until.ts'

const requests = Number(process.env['FAULTED_REQUESTS'] ?? 1500)
const atOnce = 48
const accountsOfEach = 4

/** Together about three in ten requests, and two kinds of good answers that come in odd ways. */
const faults: readonly [probability: number, fault: Fault][] = [
  [0.03, { kind: 'reset' }],
  [0.03, { kind: 'status-429', retryAfter: '0' }],
  [0.03, { kind: 'status-500' }],
  [0.03, { kind: 'overloaded-529' }],
  [0.02, { kind: 'status-503' }],
  [0.02, { kind: 'html-error', status: 502 }],
  [0.03, { kind: 'cut', afterChunks: 3 }],
  [0.03, { kind: 'reset-mid-stream', afterChunks: 2 }],
  [0.03, { kind: 'error-in-stream', afterChunks: 0 }],
  [0.02, { kind: 'missing-usage' }],
  [0.02, { kind: 'truncated-json' }],
  [0.02, { kind: 'empty-body' }],
  [0.02, { kind: 'malformed-event', at: 1 }],
  [0.05, { kind: 'rechunk', bytes: 7 }],
  [0.05, { kind: 'compress' }],
]

let gateway: TestGateway
const groups = new Map<ShippedServiceType, TestGroup>()
beforeAll(async () => {
  gateway = await startTestGateway()
  for (const type of serviceTypes) {
    for (let index = 0; index < accountsOfEach; index += 1) await gateway.addAccount(`${type}-${index}`, type)
    groups.set(type, await gateway.addGroup(sharedPool(type)))
  }
})
afterAll(() => gateway.stop())

const clients: readonly ((model: string, content: string, stream: boolean) => [path: string, body: object])[] = [
  (model, content, stream) => [
    '/v1/chat/completions',
    { model, stream, max_completion_tokens: 200, messages: [{ role: 'user', content }] },
  ],
  (model, content, stream) => [
    '/v1/messages',
    { model, stream, max_tokens: 200, messages: [{ role: 'user', content }] },
  ],
  (model, input, stream) => ['/v1/responses', { model, stream, max_output_tokens: 200, input }],
  (model, text, stream) => [
    `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    { contents: [{ role: 'user', parts: [{ text }] }], generationConfig: { maxOutputTokens: 200 } },
  ],
]

/** One client in thirty leaves as soon as it sees anything. */
async function askOnce(tag: string, dice: Dice): Promise<string> {
  const type = dice.pick(serviceTypes)
  const [path, body] = dice.pick(clients)(
    corpusModels[type],
    `[[tag:${tag}]] [[tokens:${10 + dice.below(90)}]]`,
    dice.below(2) === 0,
  )
  const leaving = new AbortController()
  try {
    const response = await fetch(gateway.app.url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${groups.get(type)?.key}`,
        'x-client-request-id': tag,
      },
      body: JSON.stringify(body),
      signal: leaving.signal,
    })
    if (dice.below(30) === 0) leaving.abort()
    await response.text()
    return String(response.status)
  } catch {
    return leaving.signal.aborted ? 'left' : 'cut'
  }
}

async function load(): Promise<Map<string, number>> {
  const ends = new Map<string, number>()
  let next = 0
  const caller = async () => {
    while (next < requests) {
      next += 1
      const end = await askOnce(`load-${next}`, createDice(next))
      ends.set(end, (ends.get(end) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
  return ends
}

const tokensOf = (row: UsageRow) => [row.input_tokens, row.cache_read_tokens, row.output_tokens].map(Number)

/** Of these the usage may not arrive. */
const brokenAnswers = new Set<string | undefined>(['missing-usage', 'truncated-json', 'malformed-event', 'empty-body'])

/** What does not agree between a row and the attempt in the provider's books. */
function difference(row: UsageRow, entry: LedgerEntry): string | undefined {
  if (!entry.billed) return Number(row.cost) === 0 ? undefined : 'an attempt that was not billed costs something'
  if (Number(row.total_tokens) === 0) return 'an attempt that was billed costs nothing'
  const { input, toolInput, cacheRead, output } = entry.usage
  const isEqual = tokensOf(row).join() === [input + toolInput, cacheRead, output].join()
  if (row.usage_source === 'reported') return isEqual ? undefined : 'what was reported is something else'
  const saidAll = entry.outcome === 'ok' && !brokenAnswers.has(entry.fault)
  return saidAll ? `usage that was reported is called ${row.usage_source}` : undefined
}

test(`ME15 of ${requests} requests to providers that fail, every attempt has its one row and is what the provider billed`, async () => {
  let sharesBefore = 0
  gateway.simulator.setFaults(
    faults.map(([share, fault]) => {
      // A rule is asked only when none before it has fired.
      const probability = share / (1 - sharesBefore)
      sharesBefore += share
      return { match: { probability }, fault }
    }),
  )
  const ends = await load()
  await until(() => gateway.app.live.activeTotal() === 0)
  await gateway.simulator.idle()
  expect(gateway.app.ledger.pendingTotal()).toBe(0)

  const rows = Map.groupBy(await gateway.rows(), (row) => row.metadata?.clientRequestId ?? '')
  const books = Map.groupBy(gateway.simulator.ledger(), ({ tag = '' }) => tag)
  const differences: string[] = []
  let attempts = 0
  let faulted = 0
  for (const [tag, entries] of books) {
    const own = (rows.get(tag) ?? []).toSorted((a, b) => a.attempt - b.attempt)
    if (own.length !== entries.length) differences.push(`${tag}: ${own.length} rows for ${entries.length} attempts`)
    for (const [index, entry] of entries.toSorted((a, b) => a.startedAt - b.startedAt || a.seq - b.seq).entries()) {
      const row = own[index]
      attempts += 1
      if (entry.fault !== undefined && entry.fault !== 'rechunk' && entry.fault !== 'compress') faulted += 1
      const found = row && difference(row, entry)
      if (found) differences.push(`${tag} attempt ${index + 1} (${entry.vendor}, ${entry.fault}): ${found}`)
    }
  }
  for (const tag of rows.keys()) if (!books.has(tag)) differences.push(`${tag}: a row of an attempt that nobody saw`)
  expect(differences.slice(0, 20)).toEqual([])
  expect(attempts).toBeGreaterThan(requests)
  expect(faulted / attempts).toBeGreaterThan(0.25)
  const { findings } = await reconcile({
    database: gateway.app.database,
    providers: shippedProviders,
    clock: systemClock,
  })
  expect(findings).toEqual([])
  const told = [...ends].map(([end, count]) => `${end}: ${count}`).join(', ')
  process.stdout.write(
    `${requests} requests, ${attempts} attempts, ${faulted} of them faulted (clients saw ${told}); 0 lost, 0 double, 0 different\n`,
  )
  // The gateway itself breaks an answer off only where it cannot be read on.
  const brokenOff = [...books.values()].flat().filter(({ outcome }) => outcome === 'client-gone')
  expect(new Set(brokenOff.map(({ fault }) => fault))).toEqual(new Set(['malformed-event']))
}, 3_600_000)
