// Faults that name a vendor's own error, or add headers to a good answer, and the requests that a rule looks at.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Simulator } from './simulator.ts'
import { startSimulator } from './simulator.ts'
import { ask, send, testAccounts } from './test-client.ts'
import { VENDORS } from './vendors/catalogue.ts'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ seed: 1, speed: 0, accounts: testAccounts() })
})
afterEach(() => simulator.stop())

const NAMES = VENDORS.flatMap(({ name, namedErrors = {} }) =>
  Object.keys(namedErrors).map((error) => [name, error] as const),
)

test('some vendors have errors of their own', () => {
  expect(new Set(NAMES.map(([vendor]) => vendor)).size).toBeGreaterThan(1)
})

test.each(NAMES)('%s: %s is an error of that vendor, and nobody pays', async (vendor, name) => {
  simulator.setFaults([{ match: { vendor }, fault: { kind: 'vendor-error', name } }])
  const answer = await send(ask(simulator.url, vendor, { text: 'hi [[tag:t]]' }))
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(JSON.parse(answer.text)).toMatchObject({ error: { message: expect.any(String) } })
  expect(simulator.ledger()).toMatchObject([
    { status: answer.status, outcome: 'error', billed: false, fault: 'vendor-error', tag: 't' },
  ])
})

test('a name that the vendor does not have is refused with the script', () => {
  const fault = { kind: 'vendor-error' as const, name: 'arrearage' }
  expect(() => simulator.setFaults([{ match: {}, fault }])).toThrow('match.vendor')
  expect(() => simulator.setFaults([{ match: { vendor: 'openai' }, fault }])).toThrow('must be one of')
  expect(() => simulator.setFaults([{ match: { vendor: 'qwen' }, fault }])).not.toThrow()
})

test('headers on a good answer', async () => {
  simulator.setFaults([{ match: {}, fault: { kind: 'extra-headers', headers: { 'retry-after': '9' } } }])
  const answer = await send(ask(simulator.url, 'claude', { text: 'hi', stream: true }))
  expect(answer).toMatchObject({ status: 200, complete: true, headers: { 'retry-after': '9' } })
})

test('counting is hit only by a rule that means it', async () => {
  const count = () => {
    const headers = { authorization: 'Bearer key-openai' }
    const url = `${simulator.url}/openai/v1/responses/input_tokens`
    return send({ url, headers, body: { model: 'gpt-5', input: 'x' } })
  }
  simulator.setFaults([{ match: {}, fault: { kind: 'status-500' } }])
  expect((await count()).status).toBe(200)
  simulator.setFaults([{ match: { endpoint: 'count' }, fault: { kind: 'status-500' } }])
  expect((await count()).status).toBe(500)
  expect((await send(ask(simulator.url, 'openai', { text: 'hi' }))).status).toBe(200)
})
