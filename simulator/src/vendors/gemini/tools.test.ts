// Function calling on Gemini's wire over a real socket: calls whole in one part, with ids and signatures in the third
// generation, their responses, and the refusals of turns that do not fit together.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import type { Parsed } from '../../test-client.ts'
import { eventData, send, testAccounts } from '../../test-client.ts'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ seed: 13, speed: 0, accounts: testAccounts() })
})
afterEach(() => simulator.stop())

const SECOND = 'gemini-2.5-flash'
const THIRD = 'gemini-3.8-flash'

const weather = {
  name: 'weather',
  parametersJsonSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
}
const clock = {
  name: 'clock',
  parameters: {
    type: 'OBJECT',
    properties: { zone: { type: 'STRING', enum: ['UTC'], format: 'enum' } },
    required: ['zone'],
  },
}
const tools = [{ functionDeclarations: [weather, clock] }]

function call(path: string, body: object) {
  const url = `${simulator.url}/gemini/v1beta/models/${path}`
  return send({ url, headers: { 'x-goog-api-key': 'key-gemini' }, body: { tools, ...body } })
}

async function generate(model: string, body: object): Promise<Parsed> {
  return JSON.parse((await call(`${model}:generateContent`, body)).text)
}

function user(...parts: object[]) {
  return { role: 'user', parts }
}

function functionCalls(answer: Parsed): Parsed[] {
  return answer.candidates[0].content.parts.filter((part: Parsed) => part.functionCall !== undefined)
}

test('calls have arguments that fit and end with STOP; only the third generation numbers and signs them', async () => {
  const contents = [user({ text: '[[tool:weather]] [[tool:clock]]' })]
  const second = await generate(SECOND, { contents })
  expect(second.candidates[0].finishReason).toBe('STOP')
  expect(functionCalls(second)).toEqual([
    { functionCall: { name: 'weather', args: { city: expect.any(String) } } },
    { functionCall: { name: 'clock', args: { zone: 'UTC' } } },
  ])
  const [first, other] = functionCalls(await generate(THIRD, { contents }))
  expect(first).toEqual({
    functionCall: { id: expect.any(String), name: 'weather', args: { city: expect.any(String) } },
    thoughtSignature: expect.stringMatching(/^[\w+/]{80,}=*$/),
  })
  expect(other).not.toHaveProperty('thoughtSignature')
  expect(other.functionCall.id).not.toBe(first.functionCall.id)
})

test('a response is quoted in the next answer, and the turn goes on through several calls', async () => {
  const question = user({ text: '[[tool:weather {"city":"Oslo"}]]' })
  const [first] = functionCalls(await generate(THIRD, { contents: [question] }))
  const { id } = first.functionCall
  const response = { functionResponse: { id, name: 'weather', response: { output: 'rain' } } }
  const contents = [question, { role: 'model', parts: [first] }, user(response)]
  const answer = await generate(THIRD, { contents })
  const text = answer.candidates[0].content.parts.map((part: Parsed) => part.text).join('')
  expect(text).toContain('rain')
})

test('streamed, a call is whole in its chunk, and the last chunk finishes', async () => {
  const contents = [user({ text: '[[tokens:60]] [[tool:weather {"city":"Bern"}]]' })]
  const answer = await call(`${THIRD}:streamGenerateContent?alt=sse`, { contents })
  const events = eventData(answer.text)
  const calls = events.flatMap(functionCalls)
  expect(calls).toMatchObject([{ functionCall: { name: 'weather', args: { city: 'Bern' } } }])
  expect(events.filter((event) => event.candidates[0].finishReason !== undefined)).toEqual([events.at(-1)])
  const usage = events.at(-1).usageMetadata
  const entry = simulator.ledger()[0]!
  expect(usage.candidatesTokenCount + usage.thoughtsTokenCount).toBe(entry.usage.output)
})

test('a text of the third generation ends with a signature on a part without words', async () => {
  const contents = [user({ text: '[[tokens:90]]' })]
  const events = eventData((await call(`${THIRD}:streamGenerateContent?alt=sse`, { contents })).text)
  expect(events.at(-1).candidates[0]).toMatchObject({
    content: { parts: [{ text: '', thoughtSignature: expect.any(String) }] },
    finishReason: 'STOP',
  })
})

test.each([
  ['ANY', { mode: 'ANY' }, 1],
  ['ANY of some', { mode: 'any', allowed_function_names: ['clock'] }, 1],
  ['NONE', { mode: 'NONE' }, 0],
  ['AUTO', { mode: 'AUTO' }, 0],
])('the mode %s decides over calls', async (_name, config, count) => {
  const answer = await generate(SECOND, {
    contents: [user({ text: 'hello' })],
    tool_config: { function_calling_config: config },
  })
  expect(functionCalls(answer)).toHaveLength(count)
  if ('allowed_function_names' in config) expect(functionCalls(answer)[0].functionCall.name).toBe('clock')
})

const asked = user({ text: 'hi' })
const calling = (extra: object = {}) => ({
  role: 'model',
  parts: [{ functionCall: { name: 'clock', args: {} }, ...extra }],
})
const responding = user({ functionResponse: { name: 'clock', response: { result: 'noon' } } })

test('the third generation wants the signatures of the running turn back', async () => {
  const refused = await call(`${THIRD}:generateContent`, { contents: [asked, calling(), responding] })
  expect(refused.status).toBe(400)
  expect(JSON.parse(refused.text).error).toMatchObject({
    status: 'INVALID_ARGUMENT',
    message: expect.stringMatching(
      /^Function call is missing a thought_signature in functionCall parts\. .*function call `default_api:clock` , position 2\./,
    ),
  })
  const good = ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go']
  for (const thoughtSignature of [...good, Buffer.from(good[0]!).toString('base64')]) {
    const contents = [asked, calling({ thoughtSignature }), responding]
    expect((await call(`${THIRD}:generateContent`, { contents })).status).toBe(200)
  }
  const corrupted = { contents: [asked, calling({ thoughtSignature: 'QUJDRA==' }), responding] }
  expect((await generate(THIRD, corrupted)).error.message).toBe('Corrupted thought signature.')
  // A turn that is over, and the second generation, do without.
  const over = [asked, calling(), responding, { role: 'model', parts: [{ text: 'noon' }] }, asked]
  expect((await call(`${THIRD}:generateContent`, { contents: over })).status).toBe(200)
  expect((await call(`${SECOND}:generateContent`, { contents: [asked, calling(), responding] })).status).toBe(200)
})

test('the chunks of a streamed answer may come back as contents of their own', async () => {
  const contents = [user({ text: '[[tokens:60]] [[tool:clock]]' })]
  const events = eventData((await call(`${THIRD}:streamGenerateContent?alt=sse`, { contents })).text)
  const chunks = events
    .map((event) => event.candidates[0].content)
    .filter((content: Parsed) => content.parts !== undefined)
  expect(chunks.length).toBeGreaterThan(1)
  const answer = await call(`${THIRD}:generateContent`, { contents: [...contents, ...chunks, responding] })
  expect(answer.status).toBe(200)
})

test.each<[string, object[], string]>([
  ['a call first', [calling()], 'Please ensure that function call turn comes immediately after a user turn'],
  [
    'a response to nothing',
    [asked, responding],
    'Please ensure that function response turn comes immediately after a function call turn.',
  ],
  [
    'a call without response',
    [asked, calling(), asked],
    'Please ensure that the number of function response parts is equal',
  ],
  ['a call by the user', [user({ functionCall: { name: 'clock' } })], 'role model'],
  [
    'a response that is text',
    [asked, calling(), user({ functionResponse: { name: 'clock', response: 'noon' } })],
    "Invalid value at 'GenerateContentRequest.contents[2].parts[0].function_response.response'",
  ],
])('%s is refused', async (_name, contents, expected) => {
  expect((await generate(SECOND, { contents })).error.message).toContain(expected)
})
