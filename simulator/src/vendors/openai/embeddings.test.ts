// OpenAI's embeddings: every form of input, both encodings, widths, usage, and what is refused.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import type { Parsed } from '../../test-client.ts'
import { send, testAccounts } from '../../test-client.ts'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ seed: 1, speed: 0, accounts: testAccounts() })
})
afterEach(() => simulator.stop())

function post(body: unknown) {
  const headers = { authorization: 'Bearer key-openai' }
  return send({ url: `${simulator.url}/openai/v1/embeddings`, headers, body })
}

async function embed(fields: object): Promise<Parsed> {
  return JSON.parse((await post({ model: 'text-embedding-3-small', ...fields })).text)
}

test('vectors belong to their texts, have the asked width and length one, and are billed as input', async () => {
  const { data, usage, object, model } = await embed({ input: ['one two', 'three', 'one two'] })
  expect({ object, model }).toEqual({ object: 'list', model: 'text-embedding-3-small' })
  expect(data.map((entry: Parsed) => entry.index)).toEqual([0, 1, 2])
  expect(data[0].embedding).toHaveLength(1536)
  expect(data[0].embedding).toEqual(data[2].embedding)
  expect(data[0].embedding).not.toEqual(data[1].embedding)
  expect(Math.hypot(...data[0].embedding)).toBeCloseTo(1)
  expect(usage).toEqual({ prompt_tokens: 5, total_tokens: 5 })
  expect(simulator.ledger()).toMatchObject([
    { endpoint: 'embeddings', billed: true, streamed: false, usage: { input: 5, output: 0, image: 0 } },
  ])
  expect((await embed({ input: 'x', dimensions: 8 })).data[0].embedding).toHaveLength(8)
  expect((await embed({ input: 'x', model: 'text-embedding-3-large' })).data[0].embedding).toHaveLength(3072)
})

test('base64 carries the same numbers, and tokens count one each', async () => {
  const floats = (await embed({ input: 'same', dimensions: 4 })).data[0].embedding
  const encoded = (await embed({ input: 'same', dimensions: 4, encoding_format: 'base64' })).data[0].embedding
  const bytes = Buffer.from(encoded, 'base64')
  expect([0, 4, 8, 12].map((at) => bytes.readFloatLE(at))).toEqual(floats)
  expect((await embed({ input: [1, 2, 3] })).usage.prompt_tokens).toBe(3)
  const lists = await embed({ input: [[1, 2], [3]] })
  expect([lists.data.length, lists.usage.prompt_tokens]).toEqual([2, 3])
})

test.each([
  ['no input', {}, 400, 'input', 'missing_required_parameter'],
  ['an empty text', { input: '' }, 400, 'input', null],
  ['too many inputs', { input: Array.from({ length: 2049 }, () => 'x') }, 400, 'input', 'array_above_max_length'],
  ['too wide', { input: 'x', dimensions: 9999 }, 400, 'dimensions', 'integer_above_max_value'],
  ['a width of an old model', { input: 'x', model: 'text-embedding-ada-002', dimensions: 9 }, 400, 'dimensions', null],
  ['another encoding', { input: 'x', encoding_format: 'hex' }, 400, 'encoding_format', 'invalid_value'],
  ['a chat model', { input: 'x', model: 'gpt-4o' }, 403, null, null],
  ['an unknown model', { input: 'x', model: 'embed-0' }, 404, null, 'model_not_found'],
])('%s is refused as OpenAI does', async (_name, fields, status, param, code) => {
  const answer = await post({ model: 'text-embedding-3-small', ...fields })
  expect(JSON.parse(answer.text)).toEqual({
    error: { message: expect.any(String), type: 'invalid_request_error', param, code },
  })
  expect(answer.status).toBe(status)
})

test('faults reach embeddings, and a rule may mean only them', async () => {
  simulator.setFaults([{ match: {}, fault: { kind: 'status-500' } }])
  expect((await post({ model: 'text-embedding-3-small', input: 'x' })).status).toBe(500)
  simulator.setFaults([{ match: { endpoint: 'generation' }, fault: { kind: 'status-500' } }])
  expect((await post({ model: 'text-embedding-3-small', input: 'x' })).status).toBe(200)
  simulator.setFaults([{ match: { endpoint: 'embeddings' }, fault: { kind: 'missing-usage' } }])
  expect(await embed({ input: 'x' })).not.toHaveProperty('usage')
})
