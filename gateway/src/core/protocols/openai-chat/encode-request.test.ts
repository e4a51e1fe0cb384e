// Requests of other protocols as Chat Completions bodies: what the wire and its vendors demand of a body.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainRequest, type ChatMessage, type ChatRequest, type ContentPart, type ToolDefinition } from '../chat.ts'
import { traitsOfUnknown, type ModelTraits } from '../model-traits.ts'
import type { WireOptions } from '../protocol.ts'
import { encodeFitted } from '../translate.ts'
import { decodeRequest } from './decode-request.ts'
import { openAiChatAccount } from './index.ts'

type Json = Record<string, unknown>

const text = (value: string, cacheMark?: '5m' | '1h'): ContentPart => {
  return { type: 'text', text: value, ...(cacheMark && { cacheMark }) }
}
const message = (role: ChatMessage['role'], ...content: ContentPart[]): ChatMessage => ({ role, content })
const tool = (name: string, more: Partial<ToolDefinition> = {}): ToolDefinition => {
  return { name, description: undefined, parameters: { type: 'object', properties: {} }, strict: undefined, ...more }
}
const call = (id: string, argumentsJson = '{}'): ContentPart => ({ type: 'tool-call', id, name: 'f', argumentsJson })
const result = (callId: string, ...content: ContentPart[]): ContentPart => {
  return { type: 'tool-result', callId, name: 'f', content: content as [], isError: false }
}
const image: ContentPart = { type: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'aGk=' } }

function encode(over: Partial<ChatRequest>, traits: Partial<ModelTraits> = {}, options: WireOptions = {}) {
  const request = { ...plainRequest, model: 'm', messages: [message('user', text('hi'))], stream: false, ...over }
  const { translation } = openAiChatAccount
  if (translation === undefined) throw new TypeError('translated to')
  const { body, dropped } = encodeFitted(request, translation, { traits: { ...traitsOfUnknown, ...traits }, options })
  return { body: JSON.parse(body.toString('utf8')) as Json, dropped }
}
const messagesOf = (messages: ChatMessage[], options?: WireOptions) =>
  encode({ messages }, {}, options).body['messages']

describe('members', () => {
  test('a bare request, the maximum, and the wish for usage', () => {
    expect(encode({ system: [{ type: 'text', text: 'be brief' }], maxOutputTokens: 50, stream: true }).body).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'hi' },
      ],
      max_completion_tokens: 50,
      stream: true,
      stream_options: { include_usage: true },
    })
    expect(encode({ maxOutputTokens: 50 }, {}, { usesOlderMaximumField: true }).body).toMatchObject({ max_tokens: 50 })
    expect(encode({}).body).not.toHaveProperty('stream_options')
  })

  test('what the wire has no place for is named', () => {
    const over = { topK: 5, userId: 'u'.repeat(65), stopSequences: ['a', 'b', 'c', 'd', 'e'] }
    const { body, dropped } = encode(over)
    expect(body).toMatchObject({ stop: ['a', 'b', 'c', 'd'] })
    expect(dropped).toEqual(['top_k', 'stop', 'user'])
    expect(encode({ topK: 5, userId: 'u' }, {}, { support: { top_k: 'kept' } }).body).toMatchObject({
      top_k: 5,
      user: 'u',
    })
  })

  test('a choice of tools and a limit to one call need tools', () => {
    const choosing = { toolChoice: { type: 'auto' as const }, parallelToolCalls: false }
    expect(encode(choosing).body).not.toHaveProperty('tool_choice')
    expect(encode(choosing).body).not.toHaveProperty('parallel_tool_calls')
    expect(encode({ ...choosing, tools: [tool('f')] }).body).toMatchObject({
      tool_choice: 'auto',
      parallel_tool_calls: false,
    })
    expect(encode({ tools: [tool('f')], toolChoice: { type: 'tool', name: 'f' } }).body['tool_choice']).toEqual({
      type: 'function',
      function: { name: 'f' },
    })
  })
})

describe('messages', () => {
  test('calls are answered at once and all of them; results without a call keep their text', () => {
    const messages = [
      message('user', text('q')),
      message('assistant', text('I '), text('call'), call('a'), call('b', '{"cut')),
      message('system', text('be brief')),
      message('user', text('and?'), result('gone', text('late')), result('b', text('done'), text('well'))),
      message('assistant', call('c')),
    ]
    const called = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })
    expect(messagesOf(messages)).toEqual([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'I call', tool_calls: [called('a'), called('b')] },
      { role: 'tool', tool_call_id: 'b', content: 'done\n\nwell' },
      { role: 'tool', tool_call_id: 'a', content: '(no output)' },
      { role: 'system', content: 'be brief' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'and?' },
          { type: 'text', text: 'late' },
        ],
      },
      { role: 'assistant', content: null, tool_calls: [called('c')] },
      { role: 'tool', tool_call_id: 'c', content: '(no output)' },
    ])
  })

  test('there is always a turn', () => {
    expect(messagesOf([message('user', text(''))])).toEqual([{ role: 'user', content: '(The conversation begins.)' }])
  })

  test('a vendor that takes instructions at the top alone gets later ones as notes', () => {
    const messages = [message('user', text('q')), message('system', text('be brief'))]
    expect(messagesOf(messages, { support: { mid_conversation_system: 'adapted' } })).toEqual([
      { role: 'user', content: 'q' },
      { role: 'user', content: '<system-reminder>\nbe brief\n</system-reminder>' },
    ])
  })

  test('ids that are too long are shortened alike, and stay so when the conversation grows', () => {
    const [one, two] = ['x'.repeat(41), 'y'.repeat(60)]
    const round = (id: string) => [message('assistant', call(id)), message('user', result(id, text('r')))]
    const idsOf = (messages: ChatMessage[]) =>
      JSON.stringify(messagesOf(messages))
        .match(/"(?:id|tool_call_id)":"[^"]+"/g)
        ?.map((match) => match.split('"')[3])
    const first = idsOf(round(one))
    expect(first?.[0]?.length).toBeLessThanOrEqual(40)
    expect(first?.[0]).toBe(first?.[1])
    expect(idsOf([...round(one), ...round(two)])?.slice(0, 2)).toEqual(first)
    expect(new Set(idsOf([...round(one), ...round(two)])).size).toBe(2)
  })

  test('thoughts go back to vendors that take them', () => {
    const messages = [message('user', text('q')), message('assistant', { type: 'reasoning', text: 'hm' }, call('a'))]
    expect(encode({ messages }).dropped).toEqual(['earlier_reasoning'])
    expect(messagesOf(messages, { support: { earlier_reasoning: 'kept' } })).toMatchObject([
      {},
      { role: 'assistant', content: null, reasoning_content: 'hm' },
      {},
    ])
  })

  test('marks stand at parts, the last four of them, where the vendor knows any', () => {
    const system = ['1', '2', '3'].map((value) => ({ type: 'text' as const, text: value, cacheMark: '1h' as const }))
    const messages = [
      message('user', text('q', '5m')),
      message('assistant', call('a')),
      message('user', { ...result('a', text('r')), cacheMark: '5m' } as ContentPart),
    ]
    const kept: WireOptions = { support: { cache_marks: 'kept' } }
    const mark = { cache_control: { type: 'ephemeral' } }
    expect(encode({ system, messages }, {}, kept).body['messages']).toEqual([
      {
        role: 'system',
        content: [
          { type: 'text', text: '1' },
          { type: 'text', text: '2', ...mark },
          { type: 'text', text: '3', ...mark },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'q', ...mark }] },
      expect.objectContaining({ role: 'assistant' }),
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'r', ...mark }] },
    ])
    expect(encode({ system }).dropped).toEqual(['cache_marks'])
    expect(encode({ tools: [tool('f', { cacheMark: '5m' })] }, {}, kept).dropped).toEqual(['cache_marks'])
  })

  test('images of results follow in the user’s name', () => {
    const messages = [message('assistant', call('a')), message('user', result('a', text('r'), image))]
    expect(messagesOf(messages)).toEqual([
      expect.objectContaining({ role: 'assistant' }),
      { role: 'tool', tool_call_id: 'a', content: 'r' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'From the tool f:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
        ],
      },
    ])
  })
})

describe('schemas', () => {
  const open = { type: 'object', properties: { a: { type: 'string' } } }
  const closed = { ...open, required: ['a'], additionalProperties: false }

  test('parameters are objects without variants at the top', () => {
    const variants = { anyOf: [{ properties: { a: {} }, required: ['a'] }, { properties: { b: {} } }], $defs: {} }
    const tools = [tool('f', { parameters: {} }), tool('g', { parameters: variants, description: '' })]
    expect(encode({ tools }).body['tools']).toEqual([
      { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } },
      {
        type: 'function',
        function: { name: 'g', parameters: { $defs: {}, type: 'object', properties: { a: {}, b: {} } } },
      },
    ])
  })

  test('strictness is asked for where the schema is strict as this wire means it', () => {
    const strictOf = (parameters: Json) => {
      const { body, dropped } = encode({ tools: [tool('f', { parameters, strict: true })] })
      return [(body['tools'] as { function: Json }[])[0]?.function['strict'], dropped]
    }
    expect(strictOf(closed)).toEqual([true, []])
    expect(strictOf(open)).toEqual([undefined, ['strict_tools']])
    expect(strictOf({ ...closed, properties: { a: { items: open } } })).toEqual([undefined, ['strict_tools']])
    expect(strictOf({ ...closed, properties: { a: { anyOf: [closed, { type: 'null' }] } } })).toEqual([true, []])
  })

  test('an answer in JSON: by a schema, or by the word that the vendor looks for', () => {
    const format = (schema: Json, strict?: boolean) => ({ type: 'json-schema' as const, name: 'x y', schema, strict })
    expect(encode({ responseFormat: format(open, true) })).toMatchObject({
      body: { response_format: { type: 'json_schema', json_schema: { name: 'x_y', schema: open } } },
      dropped: ['json_schema'],
    })
    expect(encode({ responseFormat: format(closed) }).body['response_format']).toMatchObject({
      json_schema: { strict: true },
    })
    const without = encode({ responseFormat: format(open) }, { takesSchema: false })
    expect(without.dropped).toEqual(['json_schema'])
    expect(without.body).toMatchObject({ response_format: { type: 'json_object' }, messages: [{ role: 'system' }, {}] })
    const plain = encode({ responseFormat: { type: 'json' } }).body['messages']
    expect(JSON.stringify(plain)).toMatch(/JSON object/)
    const asked = [message('user', text('as json'))]
    expect(encode({ responseFormat: { type: 'json' }, messages: asked }).body['messages']).toHaveLength(1)
  })
})

describe('how hard to think', () => {
  const reasoning = { effort: 'high' as const, budgetTokens: undefined, isShown: true }
  const bySwitch: Partial<ModelTraits> = { reasoning: 'switch' }
  const fieldsOf = (over: Partial<ChatRequest>, traits: Partial<ModelTraits>) => {
    const { body, dropped } = encode(over, traits)
    const { reasoning_effort: effort, enable_thinking: isOn, thinking_budget: budget } = body
    return { effort, isOn, budget, dropped }
  }

  test('the nearest effort that the model takes', () => {
    const traits: Partial<ModelTraits> = { reasoning: 'effort', efforts: ['low', 'medium'] }
    expect(fieldsOf({ reasoning }, traits).effort).toBe('medium')
    expect(fieldsOf({ reasoning: { ...reasoning, effort: 'none' } }, traits).effort).toBe('low')
    expect(fieldsOf({ reasoning: { ...reasoning, effort: undefined } }, traits)).toMatchObject({ dropped: [] })
    expect(fieldsOf({ reasoning: { ...reasoning, effort: undefined, budgetTokens: 2000 } }, traits).effort).toBe('low')
    expect(fieldsOf({ reasoning }, {})).toEqual({ dropped: ['reasoning'] })
    expect(fieldsOf({ reasoning: { ...reasoning, effort: 'none' } }, {})).toEqual({ dropped: [] })
  })

  test('a switch, with a budget where it is a small one', () => {
    expect(fieldsOf({}, bySwitch)).toEqual({ dropped: [] })
    expect(fieldsOf({ reasoning: { ...reasoning, effort: 'none' } }, bySwitch)).toEqual({ isOn: false, dropped: [] })
    expect(fieldsOf({ reasoning }, bySwitch)).toEqual({ isOn: true, budget: 24_576, dropped: [] })
    expect(fieldsOf({ reasoning: { ...reasoning, effort: 'max' } }, bySwitch)).toEqual({ isOn: true, dropped: [] })
    const bare = { ...reasoning, effort: undefined }
    expect(fieldsOf({ reasoning: bare }, bySwitch)).toEqual({ isOn: true, dropped: [] })
  })

  test('with a switch, thinking yields to a call that is insisted on and to JSON', () => {
    const forced = { tools: [tool('f')], toolChoice: { type: 'required' as const } }
    expect(fieldsOf({ ...forced, reasoning }, bySwitch)).toEqual({ isOn: false, dropped: ['reasoning'] })
    expect(fieldsOf(forced, bySwitch)).toEqual({ isOn: false, dropped: [] })
    expect(fieldsOf({ responseFormat: { type: 'json' } }, bySwitch)).toEqual({ isOn: false, dropped: [] })
    const always = { ...bySwitch, thinksAlways: true }
    expect(fieldsOf({ ...forced, reasoning }, always)).toEqual({ budget: 24_576, dropped: ['tool_choice'] })
  })
})

test('whatever the request, encoding is total and its own decoder takes what is written', () => {
  const part = fc.oneof(
    fc.string().map((value) => text(value)),
    fc.constant(image),
    fc.constantFrom('a', 'b', 'c').map((id) => call(id)),
    fc.constantFrom('a', 'b', 'c').map((id) => result(id, text('r'), image)),
    fc.constant<ContentPart>({ type: 'reasoning', text: 'hm' }),
  )
  const allowed: Record<ChatMessage['role'], string[]> = {
    system: ['text'],
    user: ['text', 'image', 'tool-result'],
    assistant: ['text', 'tool-call', 'reasoning'],
  }
  const messages = fc.array(
    fc
      .tuple(
        fc.constantFrom('system' as const, 'user' as const, 'assistant' as const),
        fc.array(part, { maxLength: 5 }),
      )
      .map(([role, parts]) => message(role, ...parts.filter(({ type }) => allowed[role].includes(type)))),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(messages, (drawn) => {
      const { body } = encode({ messages: [message('user', text('q')), ...drawn] })
      expectAnswered(body['messages'] as Json[])
      expect(() => decodeRequest(body, 'm')).not.toThrow()
    }),
    { numRuns: 1000 },
  )
})

/** As the vendor checks it: every call is answered by the messages right behind it, and nothing else is. */
function expectAnswered(messages: readonly Json[]): void {
  let open: unknown[] = []
  for (const entry of [...messages, { role: 'end' } as Json]) {
    if (entry['role'] === 'tool') {
      expect(open).toContain(entry['tool_call_id'])
      open = open.filter((id) => id !== entry['tool_call_id'])
      continue
    }
    expect(open).toEqual([])
    open = ((entry['tool_calls'] ?? []) as Json[]).map(({ id }) => id)
  }
}
