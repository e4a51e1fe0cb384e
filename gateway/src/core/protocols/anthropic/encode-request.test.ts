// Requests of other protocols as Messages bodies: what the vendor demands of a body, and that its own decoder reads back what was
// meant.
import { AppError } from '@aicarpool/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatMessage, ChatRequest, ContentPart, ToolDefinition } from '../chat.ts'
import { fitRequest } from '../features.ts'
import { traitsOfUnknown, type ModelTraits } from '../model-traits.ts'
import { adaptiveTraits, budgetTraits, requestArbitrary, requestOf } from './__fixtures__/canonical.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeRequest } from './encode-request.ts'
import { withCalledTools } from './encode-tools.ts'
import { support } from './support.ts'

type Json = Record<string, unknown>

function encode(request: Partial<ChatRequest>, traits: ModelTraits = traitsOfUnknown) {
  const fitted = fitRequest(requestOf(request), support, traits)
  const { body, dropped } = encodeRequest(fitted.request, { traits, options: {} })
  return { body: JSON.parse(body.toString('utf8')) as Json, dropped: [...fitted.dropped, ...dropped] }
}
const emptySchema = { type: 'object', properties: {} }
const text = (value: string): ContentPart => ({ type: 'text', text: value })
const message = (role: ChatMessage['role'], ...content: ContentPart[]): ChatMessage => ({ role, content })
const tool = (name: string, more: Partial<ToolDefinition> = {}): ToolDefinition => {
  return { name, description: undefined, parameters: { type: 'object', properties: {} }, strict: undefined, ...more }
}

describe('meaning', () => {
  test('what was encoded is decoded to the same request', () => {
    fc.assert(
      fc.property(requestArbitrary, (request) => {
        const { body, dropped } = encodeRequest(request, { traits: budgetTraits, options: {} })
        const decoded = decodeRequest(JSON.parse(body.toString('utf8')) as Json, request.model)
        expect({ dropped, decoded }).toEqual({ dropped: [], decoded: { request: decodedForm(request), dropped: [] } })
      }),
      { numRuns: 1000 },
    )
  })

  test('whatever the traits, encoding is total and what is written is a body', () => {
    const traits = fc.record({
      ...(Object.fromEntries(Object.entries(traitsOfUnknown).map(([name, value]) => [name, fc.constant(value)])) as {
        [Name in keyof ModelTraits]-?: fc.Arbitrary<ModelTraits[Name]>
      }),
      reasoning: fc.constantFrom('none', 'budget', 'adaptive', 'effort', 'level', 'switch'),
      efforts: fc.constantFrom([], ['low', 'high']),
      takesSchema: fc.boolean(),
      thinksAlways: fc.boolean(),
    }) as fc.Arbitrary<ModelTraits>
    const reasoning = fc.record({
      effort: fc.constantFrom(undefined, 'none', 'minimal', 'max'),
      budgetTokens: fc.constantFrom(undefined, 1, 5000, 500_000),
      isShown: fc.boolean(),
    })
    fc.assert(
      fc.property(requestArbitrary, traits, reasoning, (request, model, thought) => {
        const asked = { ...request, reasoning: thought, topP: 0.5 } as ChatRequest
        const { body } = encodeRequest(asked, { traits: model, options: {} })
        const json = JSON.parse(body.toString('utf8')) as { max_tokens: number; thinking?: { budget_tokens?: number } }
        const budget = json.thinking?.budget_tokens
        if (budget !== undefined) {
          expect(budget).toBeGreaterThanOrEqual(1024)
          expect(budget).toBeLessThan(json.max_tokens)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

/** An automatic choice is what no choice means, but where it carries the limit to one call; called tools are always defined. */
function decodedForm(asked: ChatRequest): ChatRequest {
  const named = withCalledTools(asked)
  const tools = named.tools.map((entry) => ({ ...entry, parameters: { ...emptySchema, ...entry.parameters } }))
  const request = { ...named, tools }
  const toolChoice = request.toolChoice?.type === 'auto' ? undefined : request.toolChoice
  if (request.parallelToolCalls !== false) return { ...request, toolChoice }
  return { ...request, toolChoice: toolChoice ?? { type: 'auto' } }
}

describe('what the wire demands', () => {
  test('a maximum: the request’s, the model’s, or one that every model can write', () => {
    expect(encode({ maxOutputTokens: 7 }, budgetTraits).body['max_tokens']).toBe(7)
    expect(encode({}, budgetTraits).body['max_tokens']).toBe(64_000)
    expect(encode({}).body).toEqual({
      model: 'm',
      max_tokens: 4096,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    })
  })

  test('a turn, the user’s', () => {
    const opening = { role: 'user', content: [{ type: 'text', text: '(The conversation begins.)' }] }
    const stray: ContentPart = { type: 'tool-result', callId: 'gone', name: 'f', content: [], isError: false }
    expect(encode({ messages: [] }).body['messages']).toEqual([opening])
    expect(encode({ messages: [message('user', stray)] }).body['messages']).toEqual([opening])
    const messages = [message('user', stray), message('assistant', text('a')), message('user', stray)]
    expect(encode({ messages }).body['messages']).toMatchObject([opening, { role: 'assistant' }])
  })

  test('results first, notes for instructions, nothing blank, the user opens', () => {
    const call: ContentPart = { type: 'tool-call', id: 'functions.f:0', name: 'f', argumentsJson: '{"a":' }
    const result: ContentPart = {
      type: 'tool-result',
      callId: 'functions.f:0',
      name: 'f',
      content: [{ type: 'text', text: ' ' }],
      isError: true,
    }
    const orphan: ContentPart = { ...result, callId: 'gone', content: [{ type: 'text', text: 'late' }], isError: false }
    const messages = [
      message('assistant', text('welcome')),
      message('user', text(' ')),
      message('assistant', text('I call'), call),
      message('system', text('be brief')),
      message('user', orphan, result, text('and?')),
    ]
    expect(encode({ messages }).body['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: '(The conversation begins.)' }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'welcome' },
          { type: 'text', text: 'I call' },
          { type: 'tool_use', id: 'functions_f_0', name: 'f', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'functions_f_0', is_error: true },
          { type: 'text', text: '<system-reminder>\nbe brief\n</system-reminder>' },
          { type: 'text', text: 'late' },
          { type: 'text', text: 'and?', cache_control: { type: 'ephemeral' } },
        ],
      },
    ])
    expect(encode({ messages }).body).toMatchObject({
      tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
      tool_choice: { type: 'none' },
    })
  })

  test('a beginning of the answer ends without white space', () => {
    const messages = [message('user', text('q')), message('assistant', text('{ '))]
    const encoded = encode({ messages }).body['messages'] as { content: { text: string }[] }[]
    expect(encoded[1]?.content[0]?.text).toBe('{')
    expect(() => encode({ messages }, adaptiveTraits)).toThrow(AppError)
  })

  test('schemas of tools are objects without variants at the top', () => {
    const variants = { anyOf: [{ properties: { a: {} }, required: ['a'] }, { properties: { b: {} } }], $defs: {} }
    const tools = [tool('f', { parameters: {} }), tool('g', { parameters: variants, description: '' })]
    expect(encode({ tools }).body['tools']).toEqual([
      { name: 'f', input_schema: { type: 'object', properties: {} } },
      {
        name: 'g',
        input_schema: { $defs: {}, type: 'object', properties: { a: {}, b: {} } },
        cache_control: { type: 'ephemeral' },
      },
    ])
  })
})

describe('how hard to think', () => {
  const ask = (request: Partial<ChatRequest>, traits: ModelTraits) => {
    const { body, dropped } = encode(request, traits)
    return { thinking: body['thinking'], effort: (body['output_config'] as Json | undefined)?.['effort'], dropped }
  }
  const reasoning = { effort: 'high' as const, budgetTokens: undefined, isShown: true }

  test('adaptive models take the nearest effort, and decide themselves where none was named', () => {
    const thinking = { type: 'adaptive', display: 'summarized' }
    expect(ask({ reasoning }, adaptiveTraits)).toEqual({ thinking, effort: 'high', dropped: [] })
    expect(ask({ reasoning: { ...reasoning, effort: 'minimal' } }, adaptiveTraits).effort).toBe('low')
    const hidden = { effort: undefined, budgetTokens: undefined, isShown: false }
    expect(ask({ reasoning: hidden }, adaptiveTraits)).toEqual({
      thinking: { type: 'adaptive', display: 'omitted' },
      effort: undefined,
      dropped: [],
    })
    const off = { ...reasoning, effort: 'none' as const }
    expect(ask({ reasoning: off }, adaptiveTraits).thinking).toEqual({ type: 'disabled' })
    expect(ask({ reasoning: off }, { ...adaptiveTraits, thinksAlways: true })).toMatchObject({ effort: 'low' })
  })

  test('others take a budget that leaves room for the answer', () => {
    expect(ask({ reasoning }, budgetTraits).thinking).toEqual({ type: 'enabled', budget_tokens: 24_576 })
    expect(ask({ reasoning, maxOutputTokens: 4000 }, budgetTraits).thinking).toEqual({
      type: 'enabled',
      budget_tokens: 3199,
    })
    expect(ask({ reasoning, maxOutputTokens: 1200 }, budgetTraits)).toEqual({
      thinking: undefined,
      effort: undefined,
      dropped: ['reasoning'],
    })
    expect(ask({ reasoning: { ...reasoning, effort: 'none' } }, budgetTraits).thinking).toBeUndefined()
    expect(ask({ reasoning }, traitsOfUnknown).dropped).toEqual(['reasoning'])
  })

  test('a running tool loop goes on without a budget, since its signed thoughts are gone', () => {
    const result: ContentPart = { type: 'tool-result', callId: 'c', name: 'f', content: [], isError: false }
    const call: ContentPart = { type: 'tool-call', id: 'c', name: 'f', argumentsJson: '{}' }
    const messages = [message('user', text('q')), message('assistant', call), message('user', result)]
    expect(ask({ reasoning, messages }, budgetTraits)).toMatchObject({ thinking: undefined, dropped: ['reasoning'] })
    expect(ask({ reasoning, messages }, adaptiveTraits).thinking).toMatchObject({ type: 'adaptive' })
  })

  test('a call that is insisted on goes before thinking, except with models that always think', () => {
    const request = { reasoning, tools: [tool('f')], toolChoice: { type: 'required' as const } }
    const forced = encode(request, adaptiveTraits)
    expect(forced.body).toMatchObject({ tool_choice: { type: 'any' }, output_config: { effort: 'high' } })
    expect(forced.body['thinking']).toBeUndefined()
    expect(forced.dropped).toEqual(['reasoning'])
    const always = encode(request, { ...adaptiveTraits, thinksAlways: true })
    expect(always.body['tool_choice']).toBeUndefined()
    expect(always.dropped).toEqual(['tool_choice'])
  })

  test('thinking leaves no choice of sampling; temperature goes before top_p and ends at 1', () => {
    const sampling = { temperature: 1.5, topP: 0.5, topK: 3 }
    const cool = encode(sampling)
    expect(cool.body).toMatchObject({ temperature: 1, top_k: 3 })
    expect(cool.dropped).toEqual(['temperature', 'top_p'])
    expect(encode({ topP: 0.5 }).body['top_p']).toBe(0.5)
    expect(encode({ ...sampling, reasoning }, budgetTraits).dropped).toEqual(['temperature', 'top_p', 'top_k'])
    expect(encode(sampling, adaptiveTraits).dropped).toEqual(['temperature', 'top_p', 'top_k'])
  })
})

describe('output in JSON', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      age: { type: 'integer', minimum: 0, description: 'Years' },
      at: { type: 'string', format: 'date' },
      on: { type: 'string', format: 'regex' },
      list: { type: 'array', minItems: 2, items: { oneOf: [{ type: 'object', additionalProperties: true }] } },
    },
    $defs: { x: { type: ['object', 'null'] } },
  }
  const responseFormat = { type: 'json-schema' as const, name: 'n', schema, strict: true }

  test('schemas are closed at every depth, and what the vendor refuses goes into words', () => {
    expect(encode({ responseFormat }).body['output_config']).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: {
            age: { type: 'integer', description: 'Years\n{"minimum":0}' },
            at: { type: 'string', format: 'date' },
            on: { type: 'string', description: '{"format":"regex"}' },
            list: {
              type: 'array',
              items: { anyOf: [{ type: 'object', additionalProperties: false }] },
              description: '{"minItems":2}',
            },
          },
          $defs: { x: { type: ['object', 'null'], additionalProperties: false } },
          additionalProperties: false,
        },
      },
    })
  })

  test('where the model takes none, and for JSON of any kind, an instruction asks for it', () => {
    const traits = { ...traitsOfUnknown, takesSchema: false }
    const older = encode({ responseFormat, tools: [tool('f', { strict: true })] }, traits)
    expect(older.dropped).toEqual(['json_schema', 'strict_tools'])
    expect(JSON.stringify(older.body['system'])).toContain('"minItems')
    expect(encode({ responseFormat: { type: 'json' } }).body['system']).toMatchObject([
      { text: expect.stringContaining('a JSON object') },
    ])
  })

  test('strict tools are closed too', () => {
    const tools = [tool('f', { strict: true, parameters: { properties: { o: { type: 'object' } } } })]
    expect(encode({ tools }).body['tools']).toMatchObject([
      {
        strict: true,
        input_schema: { additionalProperties: false, properties: { o: { additionalProperties: false } } },
      },
    ])
  })
})

describe('cache marks', () => {
  const marks = (request: Partial<ChatRequest>) =>
    [...JSON.stringify(encode(request).body).matchAll(/"text":"(\w+)","cache_control":(\{[^}]*\})/g)].map(
      ([, word, mark]) => `${word} ${JSON.parse(mark ?? '')['ttl'] ?? '5m'}`,
    )
  const marked = (value: string, cacheMark: '5m' | '1h' = '5m'): ContentPart => ({
    type: 'text',
    text: value,
    cacheMark,
  })

  test('the client’s are kept, the last four of them, the longer-lived first', () => {
    const messages = [
      message('user', marked('a'), marked('b', '1h'), marked('c'), marked('d', '1h'), text('e'), marked('f')),
    ]
    expect(marks({ messages })).toEqual(['b 1h', 'c 5m', 'd 5m', 'f 5m'])
  })

  test('where there are none, a conversation that goes on gets its head and its end marked, a single question nothing', () => {
    const system = [{ type: 'text' as const, text: 'head' }]
    const question = message('user', text('q'))
    expect(marks({ system, messages: [question] })).toEqual([])
    expect(marks({ system, messages: [question], tools: [tool('f')] })).toEqual(['head 5m', 'q 5m'])
    const going = [question, message('assistant', text('a')), message('user', text('x'), text('end'))]
    expect(marks({ system, messages: going })).toEqual(['head 5m', 'end 5m'])
  })

  test('the request itself stays as it was', () => {
    const request = requestOf({ tools: [tool('f')] })
    const before = structuredClone(request)
    encodeRequest(request, { traits: traitsOfUnknown, options: {} })
    expect(request).toEqual(before)
  })

  test('a mark inside a result is the result’s', () => {
    const call: ContentPart = { type: 'tool-call', id: 'c', name: 'f', argumentsJson: '{}' }
    const content = [{ type: 'text' as const, text: 'x', cacheMark: '1h' as const }]
    const result: ContentPart = { type: 'tool-result', callId: 'c', name: 'f', content, isError: false }
    const { body } = encode({
      messages: [message('user', text('q')), message('assistant', call), message('user', result)],
    })
    expect((body['messages'] as Json[])[2]).toMatchObject({
      content: [{ content: [{ type: 'text', text: 'x' }], cache_control: { type: 'ephemeral', ttl: '1h' } }],
    })
  })
})

test('blank stop sequences and long names of users are left out and named', () => {
  const { body, dropped } = encode({ stopSequences: ['\n', 'END'], userId: 'u'.repeat(257), seed: 1 })
  expect(body['stop_sequences']).toEqual(['END'])
  expect(body['metadata']).toBeUndefined()
  expect(dropped.toSorted()).toEqual(['seed', 'stop', 'user'])
})
