// Canonical requests as generateContent bodies: calls and results in pairs, schemas, thinking by model, what is dropped; and that
// what is written is read back.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { translationOf } from '../__fixtures__/feed.ts'
import { plainRequest, type ChatMessage, type ChatRequest, type ContentPart, type ToolDefinition } from '../chat.ts'
import { fitRequest } from '../features.ts'
import { traitsOfUnknown, type ModelTraits } from '../model-traits.ts'
import { geminiAccount, geminiClient } from './index.ts'

const { encodeRequest, support } = translationOf(geminiAccount)
const levels: ModelTraits = { ...traitsOfUnknown, reasoning: 'level', efforts: ['low', 'medium', 'high'] }
const budgets: ModelTraits = { ...traitsOfUnknown, reasoning: 'budget' }

const text = (words: string) => ({ type: 'text' as const, text: words })
const tool = (name: string, parameters: Record<string, unknown> = { type: 'object' }): ToolDefinition => {
  return { name, description: undefined, parameters, strict: undefined }
}
const call = (id: string, argumentsJson = '{}'): ContentPart => ({ type: 'tool-call', id, name: 'f', argumentsJson })
const result = (callId: string, words: string, more: object = {}): ContentPart => {
  return { type: 'tool-result', callId, name: 'f', content: [text(words)], isError: false, ...more }
}
const said = (role: ChatMessage['role'], ...content: ContentPart[]): ChatMessage => ({ role, content })

function encode(request: Partial<ChatRequest>, traits = levels) {
  const full = { ...plainRequest, model: 'm', messages: [said('user', text('hi'))], stream: false, ...request }
  const { body, dropped } = encodeRequest(full, { traits, options: {} })
  return { body: JSON.parse(body.toString('utf8')) as Record<string, unknown>, dropped }
}
const contentsOf = (messages: ChatMessage[], traits = levels) => encode({ messages }, traits).body['contents']

describe('conversations', () => {
  const signature = 'skip_thought_signature_validator'

  test('the first call of a turn is signed, and results stand in the order of their calls', () => {
    const messages = [
      said('user', text('hi')),
      said('assistant', text('ok'), call('1', '{"a":1}'), call('2')),
      said('user', text('and'), result('2', 'B'), result('1', 'A', { isError: true })),
    ]
    expect(contentsOf(messages)).toEqual([
      { role: 'user', parts: [{ text: 'hi' }] },
      {
        role: 'model',
        parts: [
          { text: 'ok' },
          { functionCall: { id: '1', name: 'f', args: { a: 1 } }, thoughtSignature: signature },
          { functionCall: { id: '2', name: 'f', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: '1', name: 'f', response: { error: 'A' } } },
          { functionResponse: { id: '2', name: 'f', response: { output: 'B' } } },
          { text: 'and' },
        ],
      },
    ])
  })

  test('a call without a result gets one, and a result without a call becomes words', () => {
    const open = contentsOf([said('user', text('hi')), said('assistant', call('1'))]) as object[]
    expect(open.at(-1)).toMatchObject({ role: 'user', parts: [{ functionResponse: { id: '1', name: 'f' } }] })
    const orphan = contentsOf([said('user', result('x', 'A'))])
    expect(orphan).toEqual([{ role: 'user', parts: [{ text: 'Result of f:' }, { text: 'A' }] }])
  })

  test('images stand inside a result where the model takes them there, and behind all of them elsewhere', () => {
    const image = { type: 'image' as const, source: { kind: 'data' as const, mediaType: 'image/png', base64: 'AA==' } }
    const messages = [
      said('assistant', call('1'), call('2')),
      said('user', result('1', 'A', { content: [text('A'), image] }), result('2', 'B'), image),
    ]
    const inline = { inlineData: { mimeType: 'image/png', data: 'AA==' } }
    const last = (traits: ModelTraits) => (contentsOf(messages, traits) as { parts: object[] }[]).at(-1)?.parts
    expect(last(levels)).toMatchObject([
      { functionResponse: { id: '1', parts: [inline] } },
      { functionResponse: {} },
      inline,
    ])
    expect(last(budgets)).toMatchObject([{ functionResponse: { id: '1' } }, { functionResponse: {} }, inline, inline])
  })

  test('there is always a turn; arguments that are no object are shown', () => {
    expect(contentsOf([])).toEqual([{ role: 'user', parts: [{ text: '(The conversation begins.)' }] }])
    const [, turn] = contentsOf([said('assistant', call('1', '[1]'))]) as object[]
    expect(turn).toMatchObject({ parts: [{ functionCall: { args: { arguments: '[1]' } } }] })
  })
})

describe('functions', () => {
  const schemaOf = (parameters: Record<string, unknown>) => {
    const { tools } = encode({ tools: [tool('f', parameters)] }).body as { tools: { functionDeclarations: object[] }[] }
    return tools[0]?.functionDeclarations[0]
  }

  test('schemas keep what the wire knows, and what it does not is said in its words or left out', () => {
    const parameters = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      definitions: { node: { type: 'object', properties: { next: { $ref: '#/definitions/node', description: 'x' } } } },
      properties: {
        a: { const: 'x' },
        b: { type: 'number', exclusiveMinimum: 0, enum: [1, 2] },
        c: { allOf: [{ type: 'object', properties: { d: true }, required: ['d'] }, { required: ['e'] }] },
        e: { enum: [true, 1] },
        const: { type: 'string' },
      },
      additionalProperties: false,
    }
    expect(schemaOf(parameters)).toEqual({
      name: 'f',
      parametersJsonSchema: {
        type: 'object',
        $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
        properties: {
          a: { enum: ['x'] },
          b: { type: 'number', enum: [1, 2] },
          c: { type: 'object', properties: { d: {} }, required: ['d', 'e'] },
          e: {},
          const: { type: 'string' },
        },
        additionalProperties: false,
      },
    })
  })

  test('choices and modes', () => {
    const modeOf = (request: Partial<ChatRequest>) => encode({ tools: [tool('f')], ...request }).body['toolConfig']
    const strict = [{ ...tool('f'), strict: true }]
    expect(modeOf({})).toBeUndefined()
    expect(modeOf({ toolChoice: { type: 'auto' } })).toEqual({ functionCallingConfig: { mode: 'AUTO' } })
    expect(modeOf({ toolChoice: { type: 'none' } })).toEqual({ functionCallingConfig: { mode: 'NONE' } })
    expect(modeOf({ toolChoice: { type: 'required' } })).toEqual({ functionCallingConfig: { mode: 'ANY' } })
    expect(modeOf({ toolChoice: { type: 'tool', name: 'f' } })).toEqual({
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] },
    })
    expect(modeOf({ tools: strict })).toEqual({ functionCallingConfig: { mode: 'VALIDATED' } })
    expect(modeOf({ tools: [], toolChoice: { type: 'auto' } })).toBeUndefined()
  })
})

describe('settings', () => {
  const configOf = (request: Partial<ChatRequest>, traits = levels) => encode(request, traits).body['generationConfig']
  const thinking = (reasoning: Partial<NonNullable<ChatRequest['reasoning']>>, traits: ModelTraits) => {
    const full = { effort: undefined, budgetTokens: undefined, isShown: false, ...reasoning }
    return (configOf({ reasoning: full }, traits) as { thinkingConfig?: object }).thinkingConfig
  }

  test('levels', () => {
    expect(thinking({ effort: 'max', isShown: true }, levels)).toEqual({ includeThoughts: true, thinkingLevel: 'HIGH' })
    expect(thinking({ effort: 'none' }, levels)).toEqual({ thinkingLevel: 'LOW' })
    expect(thinking({ budgetTokens: 9000 }, levels)).toEqual({ thinkingLevel: 'MEDIUM' })
    expect(thinking({ isShown: true }, levels)).toEqual({ includeThoughts: true })
    expect(thinking({}, levels)).toBeUndefined()
  })

  test('budgets', () => {
    expect(thinking({ budgetTokens: 2000, isShown: true }, budgets)).toEqual({
      includeThoughts: true,
      thinkingBudget: 2000,
    })
    expect(thinking({ effort: 'max' }, budgets)).toEqual({ thinkingBudget: 24_576 })
    expect(thinking({ isShown: true }, budgets)).toEqual({ includeThoughts: true, thinkingBudget: -1 })
    expect(thinking({ effort: 'none' }, budgets)).toEqual({ thinkingBudget: 512 })
    expect(thinking({ effort: 'none' }, { ...budgets, efforts: ['none'] })).toEqual({ thinkingBudget: 0 })
    expect(thinking({ effort: 'high' }, traitsOfUnknown)).toBeUndefined()
  })

  test('formats; before the newer models, JSON and functions exclude each other', () => {
    const responseFormat = { type: 'json-schema' as const, name: 'x', schema: { type: 'object' }, strict: true }
    const held = { responseMimeType: 'application/json', responseJsonSchema: { type: 'object' } }
    expect(configOf({ responseFormat })).toEqual(held)
    expect(configOf({ responseFormat: { type: 'json' } })).toEqual({ responseMimeType: 'application/json' })
    expect(configOf({ responseFormat, tools: [tool('f')] })).toEqual(held)
    const told = encode({ responseFormat, tools: [tool('f')] }, budgets).body
    expect(told['generationConfig']).toEqual({})
    expect(JSON.stringify(told['systemInstruction'])).toContain('JSON schema')
  })

  test('what does not fit is left out and named', () => {
    const { body, dropped } = encode({ seed: 2 ** 40, stopSequences: ['1', '2', '3', '4', '5', '6'], temperature: 3 })
    expect(body['generationConfig']).toEqual({ temperature: 2, stopSequences: ['1', '2', '3', '4', '5'] })
    expect(dropped.toSorted()).toEqual(['seed', 'stop', 'temperature'])
  })
})

describe('what is written is read back', () => {
  const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((word) => text(`${word}.`))
  const json = fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  const round = fc.record({
    asked: fc.array(words, { minLength: 1, maxLength: 2 }),
    answer: fc.array(words, { minLength: 1, maxLength: 2 }),
    calls: fc.array(fc.record({ name: fc.constantFrom('f', 'g'), args: json, output: words, isError: fc.boolean() }), {
      maxLength: 3,
    }),
  })

  interface Round {
    asked: { type: 'text'; text: string }[]
    answer: { type: 'text'; text: string }[]
    calls: { name: string; args: Record<string, unknown>; output: { type: 'text'; text: string }; isError: boolean }[]
  }

  function conversationOf(rounds: readonly Round[]): ChatMessage[] {
    let results: ContentPart[] = []
    const messages = rounds.flatMap(({ asked, answer, calls }, index): ChatMessage[] => {
      const turn = said('user', ...results, ...asked)
      const made = calls.map(({ name, args }, at): ContentPart => {
        return { type: 'tool-call', id: `c${index}_${at}`, name, argumentsJson: JSON.stringify(args) }
      })
      results = calls.map(({ name, output, isError }, at): ContentPart => {
        return { type: 'tool-result', callId: `c${index}_${at}`, name, content: [output], isError }
      })
      return [turn, said('assistant', ...answer, ...made)]
    })
    return [...messages, said('user', ...results, text('last.'))]
  }

  const request = fc
    .record({
      rounds: fc.array(round, { maxLength: 3 }),
      system: fc.array(words, { maxLength: 2 }),
      toolChoice: fc.constantFrom<ChatRequest['toolChoice']>(
        { type: 'auto' },
        { type: 'none' },
        { type: 'required' },
        { type: 'tool', name: 'g' },
        undefined,
      ),
      strict: fc.boolean(),
      maxOutputTokens: fc.option(fc.integer({ min: 1, max: 9999 }), { nil: undefined }),
      temperature: fc.option(fc.constantFrom(0, 0.5, 2), { nil: undefined }),
      topK: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
      seed: fc.option(fc.nat(), { nil: undefined }),
      stopSequences: fc.array(
        words.map((word) => word.text),
        { maxLength: 5 },
      ),
      effort: fc.option(fc.constantFrom('low' as const, 'high' as const), { nil: undefined }),
      isShown: fc.boolean(),
      isHeld: fc.boolean(),
    })
    .map(({ rounds, strict, effort, isShown, isHeld, ...rest }): ChatRequest => {
      const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
      const isStrict = strict && (rest.toolChoice?.type ?? 'auto') === 'auto'
      return {
        ...plainRequest,
        ...rest,
        model: 'm',
        messages: conversationOf(rounds),
        tools: [tool('f', schema), tool('g')].map((one) => (isStrict ? { ...one, strict: true } : one)),
        toolChoice: isStrict ? { type: 'auto' } : rest.toolChoice,
        reasoning: effort && { effort, budgetTokens: undefined, isShown },
        responseFormat: isHeld ? { type: 'json-schema', name: 'answer', schema, strict: true } : undefined,
        stream: true,
      }
    })

  test('with its meaning, and nothing is dropped', () => {
    fc.assert(
      fc.property(request, (original) => {
        const fitted = fitRequest(original, support, levels)
        const { body, dropped } = encodeRequest(fitted.request, { traits: levels, options: {} })
        expect([...fitted.dropped, ...dropped]).toEqual([])
        const parsed = JSON.parse(body.toString('utf8')) as Record<string, unknown>
        const decoded = geminiClient.translation!.decodeRequest(parsed, 'm', { stream: true })
        expect(decoded.dropped).toEqual([])
        expect(JSON.parse(JSON.stringify(decoded.request))).toEqual(JSON.parse(JSON.stringify(original)))
      }),
      { numRuns: 400 },
    )
  })

  test('a longer conversation begins with the bytes of the shorter', () => {
    fc.assert(
      fc.property(request, (original) => {
        const bytes = (value: ChatRequest) => {
          return encodeRequest(value, { traits: levels, options: {} }).body.toString('utf8')
        }
        const longer = {
          ...original,
          messages: [...original.messages, said('assistant', text('x')), said('user', text('y'))],
        }
        const [prompt] = bytes(original).split('],"generationConfig"')
        expect(bytes(longer).startsWith(prompt ?? '')).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})
