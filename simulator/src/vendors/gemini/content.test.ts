// What a Gemini request may hold and ask for, over a real socket: media and their tokens, thinking, structured output,
// candidates, stop sequences, blocked prompts, and everything that is refused.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Simulator } from '../../simulator.ts'
import { startSimulator } from '../../simulator.ts'
import type { Parsed } from '../../test-client.ts'
import { eventData, send, testAccounts } from '../../test-client.ts'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ seed: 11, speed: 0, accounts: testAccounts() })
})
afterEach(() => simulator.stop())

function call(path: string, body: object) {
  const url = `${simulator.url}/gemini/v1beta/models/${path}`
  return send({ url, headers: { 'x-goog-api-key': 'key-gemini' }, body })
}

async function generate(body: object, model = 'gemini-2.5-flash'): Promise<Parsed> {
  return JSON.parse((await call(`${model}:generateContent`, body)).text)
}

async function stream(body: object, model = 'gemini-2.5-flash'): Promise<Parsed[]> {
  return eventData((await call(`${model}:streamGenerateContent?alt=sse`, body)).text)
}

function says(text: string) {
  return { contents: [{ role: 'user', parts: [{ text }] }] }
}

test('thoughts are billed beside the candidates, shown where they are wanted, and counted where they are not', async () => {
  const shown = {
    ...says('[[think:30]] [[tokens:12]]'),
    generationConfig: { thinkingConfig: { includeThoughts: true } },
  }
  const hidden = { ...shown, generationConfig: { thinkingConfig: { thinkingBudget: 1024 } } }
  const [open, closed] = [await generate(shown), await generate(hidden)]
  expect(open.candidates[0].content.parts).toEqual([
    { text: expect.any(String), thought: true },
    { text: expect.any(String) },
  ])
  expect(closed.candidates[0].content.parts).toHaveLength(1)
  for (const { usageMetadata: usage } of [open, closed]) {
    expect(usage).toMatchObject({ candidatesTokenCount: 12, thoughtsTokenCount: 30 })
    expect(usage.totalTokenCount).toBe(usage.promptTokenCount + 42)
  }
  expect(simulator.ledger().map((entry) => entry.usage)).toMatchObject([
    { output: 42, reasoning: 30 },
    { output: 42, reasoning: 30 },
  ])
  const last = (await stream(hidden)).at(-1)
  expect(last.usageMetadata).toMatchObject({ candidatesTokenCount: 12, thoughtsTokenCount: 30 })
})

test('the third generation thinks unless told to think least; a budget of 0 stops the second', async () => {
  const thoughts = async (model: string, thinkingConfig?: object) => {
    const config = thinkingConfig === undefined ? {} : { generationConfig: { thinkingConfig } }
    return (await generate({ ...says('hi'), ...config }, model)).usageMetadata.thoughtsTokenCount ?? 0
  }
  expect(await thoughts('gemini-3.5-flash')).toBeGreaterThan(0)
  expect(await thoughts('gemini-3.5-flash', { thinkingLevel: 'minimal' })).toBe(0)
  expect(await thoughts('gemini-4-hydrogen', { thinkingLevel: 'XHIGH' })).toBeGreaterThan(0)
  expect(await thoughts('gemini-2.5-flash', { thinkingBudget: -1 })).toBeGreaterThan(0)
  expect(await thoughts('gemini-2.5-flash', { thinkingBudget: 0 })).toBe(0)
})

test('images cost what their generation says and are told apart in the details', async () => {
  const parts = [{ text: 'look' }, { inline_data: { mime_type: 'image/png', data: 'AAAA' } }]
  for (const [model, tokens] of [
    ['gemini-2.5-flash', 258],
    ['gemini-3.5-flash', 1120],
  ] as const) {
    const { usageMetadata: usage } = await generate({ contents: [{ parts }] }, model)
    expect(usage.promptTokensDetails[1]).toEqual({ modality: 'IMAGE', tokenCount: tokens })
    expect(simulator.ledger().at(-1)!.usage).toMatchObject({ image: tokens, input: usage.promptTokenCount })
  }
})

test('structured output fits its schema, in either form, and is JSON where only that is asked', async () => {
  const responseMimeType = 'application/json'
  const schema = { type: 'OBJECT', properties: { n: { type: 'INTEGER' } }, required: ['n'] }
  const jsonSchema = {
    type: 'object',
    properties: { n: { type: 'integer' } },
    required: ['n'],
    additionalProperties: false,
  }
  for (const config of [{ responseSchema: schema }, { responseJsonSchema: jsonSchema }, {}]) {
    const answer = await generate({ ...says('count'), generationConfig: { responseMimeType, ...config } })
    const value = JSON.parse(answer.candidates[0].content.parts[0].text)
    expect(value).toEqual(Object.keys(config).length === 0 ? expect.any(Object) : { n: expect.any(Number) })
  }
})

test('several candidates are numbered, differ, and are billed together', async () => {
  const body = { ...says('[[tokens:20]]'), generationConfig: { candidateCount: 3 } }
  const whole = await generate(body)
  expect(whole.candidates.map((candidate: Parsed) => candidate.index)).toEqual([0, 1, 2])
  expect(whole.usageMetadata.candidatesTokenCount).toBe(60)
  const texts = whole.candidates.map((candidate: Parsed) => candidate.content.parts[0].text)
  expect(new Set(texts).size).toBe(3)
  const events = await stream(body)
  const streamed = [0, 1, 2].map((index) =>
    events
      .flatMap((event) => event.candidates)
      .filter((candidate: Parsed) => candidate.index === index)
      .map((candidate: Parsed) => candidate.content.parts[0].text)
      .join(''),
  )
  expect(streamed).toEqual(texts)
  expect(simulator.ledger()[1]!.usage.output).toBe(60)
})

test('a stop sequence ends with STOP; log probabilities come for every token', async () => {
  const config = { stopSequences: ['STOP'], responseLogprobs: true }
  const answer = await generate({ ...says('[[echo:one two STOP three]]'), generationConfig: config })
  const [candidate] = answer.candidates
  expect(candidate).toMatchObject({ finishReason: 'STOP', content: { parts: [{ text: 'one two ' }] } })
  const chosen = candidate.logprobsResult.chosenCandidates
  expect(chosen.map(({ token }: Parsed) => token).join('')).toBe('one two ')
  expect(candidate.avgLogprobs).toBeLessThan(0)
})

test('a blocked prompt has feedback, no candidates and no output; unsafe text ends with SAFETY', async () => {
  const body = says('[[refuse]]')
  for (const answer of [await generate(body), ...(await stream(body))]) {
    expect(answer.promptFeedback).toEqual({ blockReason: 'PROHIBITED_CONTENT' })
    expect(answer).not.toHaveProperty('candidates')
    expect(answer.usageMetadata.totalTokenCount).toBe(answer.usageMetadata.promptTokenCount)
  }
  expect(simulator.ledger().map((entry) => entry.usage.output)).toEqual([0, 0])
  expect((await stream(says('[[safety]] [[tokens:5]]'))).at(-1).candidates[0].finishReason).toBe('SAFETY')
})

test('Google’s search adds its own input, which the last usage tells apart', async () => {
  const body = { ...says('[[search:2]] [[tokens:90]]'), tools: [{ googleSearch: {} }] }
  for (const answer of [await generate(body), (await stream(body)).at(-1)]) {
    const entry = simulator.ledger().at(-1)!
    expect(entry.usage).toMatchObject({ toolInput: 140, webSearches: 2 })
    expect(answer.usageMetadata).toMatchObject({
      promptTokenCount: entry.usage.input,
      toolUsePromptTokenCount: 140,
      totalTokenCount: entry.usage.input + 140 + 90,
    })
    expect(answer.candidates[0].groundingMetadata.webSearchQueries).toHaveLength(2)
  }
})

const f = { name: 'f', parameters: { type: 'OBJECT', properties: { a: { type: 'STRING' } } } }
const declares = (...functionDeclarations: object[]) => ({ tools: [{ functionDeclarations }] })
const config = (generationConfig: object) => ({ generationConfig })
const thinking = (thinkingConfig: object) => config({ thinkingConfig })

test.each<[string, object, string, string?]>([
  ['an unknown field', { messages: [] }, 'Unknown name "messages": Cannot find field.'],
  ['six stop sequences', config({ stopSequences: ['1', '2', '3', '4', '5', '6'] }), 'at most 5 stop sequences'],
  ['nine candidates', config({ candidateCount: 9 }), 'from 1 (inclusive) to 9 (exclusive)'],
  ['a temperature beyond 2', config({ temperature: 2.1 }), 'temperature: must be in the range [0.0, 2.0].'],
  [
    'a schema without its type',
    config({ responseSchema: { type: 'OBJECT' } }),
    'response_mime_type must be `application/json`',
  ],
  ['an unknown type of answer', config({ responseMimeType: 'text/html' }), 'response_mime_type: allowed mimetypes'],
  [
    'a level for the second generation',
    thinking({ thinkingLevel: 'LOW' }),
    'Thinking level is not supported for this model.',
  ],
  [
    'a level and a budget',
    thinking({ thinkingLevel: 'LOW', thinkingBudget: 5 }),
    'only one of thinking budget and thinking level',
    'gemini-3.5-flash',
  ],
  [
    'a level the model lacks',
    thinking({ thinkingLevel: 'MINIMAL' }),
    'Thinking level MINIMAL is not supported',
    'gemini-3.1-pro-preview',
  ],
  [
    'a level that only a newer model has',
    thinking({ thinkingLevel: 'XHIGH' }),
    'Thinking level XHIGH is not supported',
    'gemini-3.8-flash',
  ],
  [
    'a budget of 0 for Pro',
    thinking({ thinkingBudget: 0 }),
    'Budget 0 is invalid. This model only works in thinking mode.',
    'gemini-2.5-pro',
  ],
  ['a budget beyond the model', thinking({ thinkingBudget: 40_000 }), 'between 128 and 32768', 'gemini-2.5-pro'],
  ['thinking of a model without it', thinking({ thinkingBudget: 5 }), 'Thinking is not enabled', 'gemini-2.0-flash'],
  ['a name with a blank', declares({ name: 'a b' }), 'function_declarations[0].name: [Invalid function name.'],
  ['a name twice', declares(f, f), 'Duplicate function declaration found: f'],
  ['two schemas', declares({ ...f, parametersJsonSchema: {} }), 'only one of parameters and parameters_json_schema'],
  [
    'a list without items',
    declares({ name: 'f', parameters: { type: 'OBJECT', properties: { a: { type: 'ARRAY' } } } }),
    'parameters.properties[a].items: missing field.',
  ],
  [
    'a required property that is not there',
    declares({ name: 'f', parameters: { type: 'OBJECT', required: ['b'] } }),
    'parameters.required[0]: property is not defined',
  ],
  [
    'a number with an enum',
    declares({ name: 'f', parameters: { type: 'OBJECT', properties: { a: { type: 'INTEGER', enum: ['1'] } } } }),
    'enum: only allowed for STRING type',
  ],
  [
    'a format beyond the subset',
    declares({ name: 'f', parameters: { type: 'OBJECT', properties: { a: { type: 'STRING', format: 'uri' } } } }),
    "only 'enum' and 'date-time' are supported for STRING type",
  ],
  [
    'search beside functions in the second generation',
    { tools: [{ functionDeclarations: [f] }, { googleSearch: {} }] },
    'Tool use with function calling is unsupported',
  ],
  [
    'functions beside JSON in the second generation',
    { ...declares(f), ...config({ responseMimeType: 'application/json' }) },
    "Function calling with a response mime type: 'application/json' is unsupported",
  ],
  ['any of no functions', { toolConfig: { functionCallingConfig: { mode: 'ANY' } } }, 'no function declarations'],
  [
    'an allowed name that is none',
    { ...declares(f), toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] } } },
    'contains "g"',
  ],
  [
    'a part with two contents',
    { contents: [{ parts: [{ text: 'x', functionCall: { name: 'f' } }] }] },
    'Cannot set 2 fields of a oneof',
  ],
  [
    'a part without content',
    { contents: [{ parts: [{ thought: true }] }] },
    "required oneof field 'data' must have one initialized field",
  ],
])('%s is refused', async (_name, body, expected, model = 'gemini-2.5-flash') => {
  const answer = await call(`${model}:generateContent`, { ...says('hi'), ...body })
  expect(answer.status).toBe(400)
  const { error } = JSON.parse(answer.text)
  expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT', message: expect.stringContaining(expected) })
})

test('a cache that was never created is not found', async () => {
  const { error } = await generate({ ...says('hi'), cachedContent: 'cachedContents/x' })
  expect(error).toMatchObject({ code: 403, status: 'PERMISSION_DENIED' })
})

test('fields that do not exist are listed in the error’s details', async () => {
  const body = { ...says('hi'), ...declares({ name: 'f', parameters: { type: 'OBJECT', $schema: 'x' } }) }
  const { error } = await generate(body)
  expect(error.details).toEqual([
    {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: [{ field: 'tools[0].function_declarations[0].parameters', description: error.message }],
    },
  ])
})
