// A client's generateContent request as a canonical one: both spellings, calls with and without ids, what is dropped and refused.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '@aicarpool/contract'
import { plainRequest } from '../chat.ts'
import { geminiClient } from './index.ts'

const { decodeRequest } = geminiClient.translation!
const user = { role: 'user', parts: [{ text: 'hi' }] }
const decode = (fields: object) => decodeRequest({ contents: [user], ...fields }, 'm', { model: 'm', stream: true })
const text = (words: string) => ({ type: 'text', text: words })

test('a request that asks for nothing special', () => {
  expect(decode({})).toEqual({
    request: { ...plainRequest, model: 'm', messages: [{ role: 'user', content: [text('hi')] }], stream: true },
    dropped: [],
  })
})

describe('conversations', () => {
  const messages = (...contents: object[]) => decode({ contents }).request.messages
  const call = (name: string, more: object = {}) => ({ functionCall: { name, args: { a: 1 }, ...more } })
  const result = (name: string, more: object = {}) => ({
    functionResponse: { name, response: { output: name }, ...more },
  })

  test('roles, thoughts, signatures and snake_case', () => {
    const turns = messages(
      { parts: { text: 'no role, one part' } },
      { role: 'model', parts: [{ text: 'hm', thought: true }, { text: 'yes' }, { text: '', thoughtSignature: 'x' }] },
      { role: 'user', parts: [{ inline_data: { mime_type: 'image/png', data: 'a-b_' } }] },
    )
    expect(turns).toEqual([
      { role: 'user', content: [text('no role, one part')] },
      { role: 'assistant', content: [{ type: 'reasoning', text: 'hm' }, text('yes')] },
      {
        role: 'user',
        content: [{ type: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'a+b/' } }],
      },
    ])
  })

  test('results without ids find their calls by name and order', () => {
    const [, calls, results] = messages(
      user,
      { role: 'model', parts: [call('f'), call('g'), { ...call('f'), thought_signature: 's' }] },
      { role: 'function', parts: [result('g'), result('f'), result('f')] },
    )
    expect(calls?.content.map((part) => ('id' in part ? part.id : ''))).toEqual(['call_1', 'call_2', 'call_3'])
    expect(results?.content.map((part) => ('callId' in part ? part.callId : ''))).toEqual([
      'call_2',
      'call_1',
      'call_3',
    ])
  })

  test('ids are kept, made unique where they are not, and matched', () => {
    const [, calls, results] = messages(
      user,
      { role: 'model', parts: [call('f', { id: 'x' }), call('f', { id: 'x' }), call('f', { id: 'call_1' })] },
      { role: 'user', parts: [result('f', { id: 'call_1' }), result('f', { id: 'x' }), result('f', { id: 'x' })] },
    )
    const ids = calls?.content.map((part) => ('id' in part ? part.id : ''))
    expect(ids).toEqual(['x', 'call_1', 'call_2'])
    const callIds = results?.content.map((part) => ('callId' in part ? part.callId : ''))
    expect(new Set(callIds)).toEqual(new Set(ids))
  })

  test.each([
    [{ output: 'ok' }, 'ok', false],
    [{ error: 'no' }, 'no', true],
    [{ output: { a: 1 } }, '{"a":1}', false],
    [{ result: 1, b: 2 }, '{"result":1,"b":2}', false],
  ])('a response %j', (response, words, isError) => {
    const [, , results] = messages(user, { role: 'model', parts: [call('f')] }, { parts: [result('f', { response })] })
    expect(results?.content).toEqual([
      { type: 'tool-result', callId: 'call_1', name: 'f', content: [text(words)], isError },
    ])
  })

  test('images in results, by address, and texts as files', () => {
    const image = { inlineData: { mimeType: 'image/png', data: 'AA==' } }
    const [first, , results] = messages(
      {
        parts: [
          { fileData: { fileUri: 'https://example.com/a.png' } },
          { inlineData: { mimeType: 'text/plain', data: Buffer.from('notes').toString('base64') } },
        ],
      },
      { role: 'model', parts: [call('f')] },
      { parts: [result('f', { parts: [image] })] },
    )
    expect(first?.content).toEqual([
      { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } },
      text('notes'),
    ])
    expect(results?.content[0]).toMatchObject({ content: [text('f'), { type: 'image' }] })
  })
})

describe('settings', () => {
  const setting = (generationConfig: object) => decode({ generationConfig }).request

  test('all of them, in either spelling', () => {
    expect(
      setting({
        max_output_tokens: '9',
        temperature: 0.5,
        topP: 0.9,
        top_k: 40,
        stopSequences: 'END',
        seed: 3,
        presencePenalty: 1,
        frequency_penalty: -1,
        candidateCount: 1,
        responseModalities: ['TEXT'],
      }),
    ).toMatchObject({
      maxOutputTokens: 9,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      stopSequences: ['END'],
      seed: 3,
      presencePenalty: 1,
      frequencyPenalty: -1,
    })
  })

  test.each([
    [
      { thinkingLevel: 'HIGH', includeThoughts: true },
      { effort: 'high', budgetTokens: undefined, isShown: true },
    ],
    [{ thinking_level: 'low' }, { effort: 'low', budgetTokens: undefined, isShown: false }],
    [{ thinkingBudget: 2048 }, { effort: undefined, budgetTokens: 2048, isShown: false }],
    [
      { thinkingBudget: 0, includeThoughts: true },
      { effort: 'none', budgetTokens: undefined, isShown: false },
    ],
    [{ thinkingBudget: -1 }, { effort: undefined, budgetTokens: undefined, isShown: false }],
    [{ includeThoughts: true }, { effort: undefined, budgetTokens: undefined, isShown: true }],
    [{ includeThoughts: false }, undefined],
    [{}, undefined],
  ])('thinking %j', (thinkingConfig, reasoning) => {
    expect(setting({ thinkingConfig }).reasoning).toEqual(reasoning)
  })

  test('schemas of both kinds', () => {
    const responseMimeType = 'application/json'
    expect(setting({ responseMimeType }).responseFormat).toEqual({ type: 'json' })
    const responseSchema = {
      type: 'OBJECT',
      properties: {
        any_of: { type: 'STRING', format: 'enum', enum: ['a'], nullable: true },
        list: { type: 'ARRAY', items: { any_of: [{ type: 'INTEGER' }] }, min_items: '1' },
      },
      propertyOrdering: ['any_of', 'list'],
    }
    expect(setting({ responseMimeType, responseSchema }).responseFormat).toMatchObject({
      type: 'json-schema',
      strict: true,
      schema: {
        type: 'object',
        properties: {
          any_of: { type: ['string', 'null'], enum: ['a', null] },
          list: { type: 'array', items: { anyOf: [{ type: 'integer' }] }, minItems: 1 },
        },
      },
    })
    const inCapitals = { type: 'OBJECT', properties: { n: { type: 'INTEGER', nullable: true } } }
    expect(setting({ responseMimeType, responseJsonSchema: inCapitals }).responseFormat).toMatchObject({
      schema: { type: 'object', properties: { n: { type: ['integer', 'null'] } } },
    })
    const responseJsonSchema = { type: 'object', title: 'x' }
    expect(setting({ responseMimeType, responseJsonSchema }).responseFormat).toMatchObject({
      schema: responseJsonSchema,
    })
  })
})

describe('tools', () => {
  const f = { name: 'f', description: 'does', parameters: { type: 'OBJECT', properties: { a: { type: 'STRING' } } } }
  const g = { name: 'g', parameters_json_schema: { type: 'object' } }
  const tools = [{ function_declarations: [f, g] }, { googleSearch: {} }]
  const choose = (functionCallingConfig: object) => {
    const { request } = decode({ tools, toolConfig: { functionCallingConfig } })
    return {
      names: request.tools.map(({ name }) => name),
      choice: request.toolChoice,
      strict: request.tools[0]?.strict,
    }
  }

  test("declarations of both kinds; the vendor's own are left out beside them", () => {
    const { request, dropped } = decode({ tools })
    const schema = { type: 'object', properties: { a: { type: 'string' } } }
    expect(request.tools).toEqual([
      { name: 'f', description: 'does', parameters: schema, strict: undefined },
      { name: 'g', description: undefined, parameters: { type: 'object' }, strict: undefined },
    ])
    expect(dropped).toEqual(['tools[1].googleSearch'])
  })

  test('modes', () => {
    expect(choose({ mode: 'AUTO' })).toMatchObject({ names: ['f', 'g'], choice: { type: 'auto' } })
    expect(choose({ mode: 'none' })).toMatchObject({ choice: { type: 'none' } })
    expect(choose({ mode: 'ANY' })).toMatchObject({ names: ['f', 'g'], choice: { type: 'required' } })
    expect(choose({ mode: 'ANY', allowed_function_names: ['g'] })).toMatchObject({
      choice: { type: 'tool', name: 'g' },
    })
    expect(choose({ mode: 'ANY', allowedFunctionNames: ['f', 'g'] })).toMatchObject({ choice: { type: 'required' } })
    expect(choose({ mode: 'VALIDATED', allowedFunctionNames: ['f'] })).toEqual({
      names: ['f'],
      choice: { type: 'auto' },
      strict: true,
    })
    expect(choose({})).toMatchObject({ names: ['f', 'g'], choice: undefined })
  })
})

test('what has no counterpart is named', () => {
  const { dropped } = decode({
    safetySettings: [],
    labels: {},
    model: 'models/m',
    store: false,
    future: 1,
    generationConfig: { mediaResolution: 'X' },
    contents: [user, { role: 'model', parts: [{ executableCode: {} }, { text: 'x' }] }],
  })
  expect(dropped.toSorted()).toEqual(['executableCode', 'future', 'generationConfig.mediaResolution', 'safetySettings'])
})

test.each([
  ['not_translatable', 'cachedContent', { cachedContent: 'cachedContents/1' }],
  ['not_translatable', 'tools[0].googleSearch', { tools: [{ google_search: {} }] }],
  ['not_translatable', 'tools[0].computerUse', { tools: [{ computerUse: {}, functionDeclarations: [{ name: 'f' }] }] }],
  ['not_translatable', 'generationConfig.candidateCount', { generationConfig: { candidateCount: 2 } }],
  ['not_translatable', 'generationConfig.responseModalities', { generationConfig: { responseModalities: ['IMAGE'] } }],
  ['not_translatable', 'generationConfig.responseLogprobs', { generationConfig: { responseLogprobs: true } }],
  ['not_translatable', 'generationConfig.responseMimeType', { generationConfig: { responseMimeType: 'text/x.enum' } }],
  [
    'not_translatable',
    'contents[0].parts[0].inlineData',
    { contents: [{ parts: [{ inlineData: { mimeType: 'audio/wav', data: '' } }] }] },
  ],
  [
    'not_translatable',
    'contents[0].parts[0].fileData',
    { contents: [{ parts: [{ fileData: { fileUri: 'gs://a/b.png', mimeType: 'image/png' } }] }] },
  ],
  ['invalid_request', 'contents[0].role', { contents: [{ role: 'system', parts: [] }] }],
  ['invalid_request', 'contents[0].parts[0]', { contents: [{ parts: [{}] }] }],
  ['invalid_request', 'contents[0].parts[0].text', { contents: [{ parts: [{ text: 1 }] }] }],
  [
    'invalid_request',
    'contents[0].parts[0].functionCall',
    { contents: [{ parts: [{ functionCall: { name: 'f' } }] }] },
  ],
  ['invalid_request', 'systemInstruction', { systemInstruction: 'be brief' }],
  ['invalid_request', 'tools[0].functionDeclarations[0].name', { tools: { functionDeclarations: {} } }],
  [
    'invalid_request',
    'toolConfig.functionCallingConfig.allowedFunctionNames',
    { toolConfig: { functionCallingConfig: { allowedFunctionNames: 'x' } } },
  ],
  ['invalid_request', 'generationConfig.temperature', { generationConfig: { temperature: 'hot' } }],
])('%s %s', (code, field, fields) => {
  expect(() => decode(fields)).toThrow(expect.objectContaining({ code, field }))
})

test('whatever a body holds, it is decoded or refused', () => {
  const names = [
    'contents',
    'parts',
    'role',
    'text',
    'functionCall',
    'function_response',
    'name',
    'args',
    'tools',
    '__proto__',
  ]
  const key = fc.oneof(fc.constantFrom(...names, 'generationConfig', 'responseSchema', 'thinkingConfig'), fc.string())
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.dictionary(key, tie('tree')),
      fc.array(tie('tree')),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(key, tree), (body) => {
      try {
        decodeRequest(JSON.parse(JSON.stringify(body)) as Record<string, unknown>, 'm', {})
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
      }
    }),
    { numRuns: 1000 },
  )
})
