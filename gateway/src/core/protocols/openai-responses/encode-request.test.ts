// Requests of other protocols as Responses bodies: what the wire and its vendors demand of a body, and that its own decoder reads in
// it what was meant.
import { assert } from '@aicarpool/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainRequest, type ChatMessage, type ChatRequest, type ContentPart, type ToolDefinition } from '../chat.ts'
import { traitsOfUnknown, type ModelTraits } from '../model-traits.ts'
import type { WireOptions } from '../protocol.ts'
import { encodeFitted } from '../translate.ts'
import { requestArbitrary } from './__fixtures__/canonical.ts'
import { decodeRequest } from './decode-request.ts'
import { openAiResponsesAccount } from './index.ts'

type Json = Record<string, unknown>

const text = (value: string): ContentPart => ({ type: 'text', text: value })
const message = (role: ChatMessage['role'], ...content: ContentPart[]): ChatMessage => ({ role, content })
const tool = (name: string, more: Partial<ToolDefinition> = {}): ToolDefinition => {
  return { name, description: undefined, parameters: { type: 'object', properties: {} }, strict: undefined, ...more }
}
const call = (id: string, argumentsJson = '{}'): ContentPart => ({ type: 'tool-call', id, name: 'f', argumentsJson })
const result = (callId: string, isError: boolean, ...content: ContentPart[]): ContentPart => {
  return { type: 'tool-result', callId, name: 'f', content: content as [], isError }
}
const image: ContentPart = { type: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'aGk=' } }

const thinking: Partial<ModelTraits> = { reasoning: 'effort', efforts: ['none', 'low', 'medium', 'high'] }

function encode(over: Partial<ChatRequest>, traits: Partial<ModelTraits> = {}, options: WireOptions = {}) {
  const request = { ...plainRequest, model: 'm', messages: [message('user', text('hi'))], stream: false, ...over }
  const { translation } = openAiResponsesAccount
  assert(translation, 'translated to')
  const { body, dropped } = encodeFitted(request, translation, { traits: { ...traitsOfUnknown, ...traits }, options })
  return { body: JSON.parse(body.toString('utf8')) as Json, dropped }
}
const inputOf = (messages: ChatMessage[], options?: WireOptions) => encode({ messages }, {}, options).body['input']
const hi = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }

describe('members', () => {
  test('a bare request, stored nowhere; a stream without padding', () => {
    const system = [
      { type: 'text' as const, text: 'a' },
      { type: 'text' as const, text: 'b' },
    ]
    expect(encode({ system, maxOutputTokens: 50, stream: true }).body).toEqual({
      model: 'm',
      instructions: 'a\n\nb',
      input: [hi],
      max_output_tokens: 50,
      store: false,
      stream: true,
      stream_options: { include_obfuscation: false },
    })
    expect(encode({}).body).toEqual({ model: 'm', input: [hi], store: false })
    // Less than this is refused.
    expect(encode({ maxOutputTokens: 1 }).body['max_output_tokens']).toBe(16)
  })

  test('what the wire has no place for is named', () => {
    const over = { topK: 5, seed: 1, stopSequences: ['x'], presencePenalty: 1, userId: 'u'.repeat(65) }
    expect(encode(over).dropped).toEqual(['top_k', 'stop', 'seed', 'presence_penalty', 'user'])
    expect(encode({ userId: 'u' }).body).toMatchObject({ safety_identifier: 'u' })
  })

  test('thinking in the form that the model takes', () => {
    const reasoning = (effort: 'none' | 'max' | undefined, isShown: boolean) => ({
      effort,
      budgetTokens: undefined,
      isShown,
    })
    expect(encode({ reasoning: reasoning('max', true) }, thinking).body).toMatchObject({
      reasoning: { effort: 'high', summary: 'auto' },
    })
    expect(encode({ reasoning: reasoning(undefined, true) }, thinking).body).toMatchObject({
      reasoning: { summary: 'auto' },
    })
    // Vendors that do not tell everybody refuse the question.
    expect(encode({ reasoning: reasoning('max', true) }, thinking, { refusesSummaries: true }).body).toMatchObject({
      reasoning: { effort: 'high' },
    })
    expect(encode({ reasoning: reasoning(undefined, false) }, thinking).body).not.toHaveProperty('reasoning')
    expect(encode({ reasoning: reasoning('none', false) }, thinking).body).toMatchObject({
      reasoning: { effort: 'none' },
    })
    const unknown = encode({ reasoning: reasoning('max', true) })
    expect(unknown.body).not.toHaveProperty('reasoning')
    expect(unknown.dropped).toEqual(['reasoning'])
    expect(encode({ reasoning: reasoning('none', false) }).dropped).toEqual([])
    const switched = { reasoning: 'switch' as const }
    expect(encode({ reasoning: { effort: undefined, budgetTokens: 99, isShown: true } }, switched).body).toMatchObject({
      enable_thinking: true,
      thinking_budget: 99,
    })
    expect(encode({ reasoning: reasoning('none', false) }, switched).body).toMatchObject({ enable_thinking: false })
  })

  test('strictness is always written, and only where the schema allows it', () => {
    const closed = { type: 'object', properties: { a: {} }, required: ['a'], additionalProperties: false }
    const tools = [
      tool('a'),
      tool('b', { strict: true, parameters: closed }),
      tool('c', { strict: true, parameters: { anyOf: [closed] } }),
    ]
    const { body, dropped } = encode({ tools, toolChoice: { type: 'tool', name: 'a' } })
    expect(body['tools']).toEqual([
      { type: 'function', name: 'a', parameters: { type: 'object', properties: {} }, strict: false },
      { type: 'function', name: 'b', parameters: closed, strict: true },
      { type: 'function', name: 'c', parameters: { type: 'object', properties: { a: {} } }, strict: false },
    ])
    expect(body['tool_choice']).toEqual({ type: 'function', name: 'a' })
    expect(dropped).toEqual(['strict_tools'])
  })

  test('an answer in JSON; the word stands in the input where the vendor looks for it', () => {
    const closed = { type: 'object', properties: {}, additionalProperties: false }
    const schema = (strict?: boolean) => ({ type: 'json-schema' as const, name: 'a b', schema: closed, strict })
    expect(encode({ responseFormat: schema() }).body['text']).toEqual({
      format: { type: 'json_schema', name: 'a_b', schema: closed, strict: true },
    })
    const open = encode({
      responseFormat: { type: 'json-schema', name: 'n', schema: { type: 'object' }, strict: true },
    })
    expect(open).toMatchObject({ body: { text: { format: { strict: false } } }, dropped: ['json_schema'] })
    const json = encode({ responseFormat: { type: 'json' }, system: [{ type: 'text', text: 'in JSON' }] }).body
    expect(json).toMatchObject({ text: { format: { type: 'json_object' } }, input: [{ role: 'system' }, hi] })
    const said = [message('user', text('give me json'))]
    expect(encode({ responseFormat: { type: 'json' }, messages: said }).body['input']).toHaveLength(1)
    expect(encode({ responseFormat: schema() }, { takesSchema: false })).toMatchObject({
      body: { text: { format: { type: 'json_object' } } },
      dropped: ['json_schema'],
    })
  })
})

describe('the conversation', () => {
  test('items in the order in which they were said', () => {
    const id = 'x'.repeat(65)
    const conversation = [
      message('user', image, text('')),
      message('assistant', text('a'), call('1', '{"x":1}'), text('b'), call(id, 'cut {')),
      message('user', result('1', true, text('bad')), result(id, false, text('see'), image), text('and?')),
    ]
    expect(inputOf(conversation)).toEqual([
      {
        type: 'message',
        role: 'user',
        content: [{ type: 'input_image', image_url: 'data:image/png;base64,aGk=', detail: 'auto' }],
      },
      { type: 'message', role: 'assistant', content: 'a' },
      { type: 'function_call', call_id: '1', name: 'f', arguments: '{"x":1}' },
      { type: 'message', role: 'assistant', content: 'b' },
      { type: 'function_call', call_id: 'call_shortened_0', name: 'f', arguments: '{"text":"cut {"}' },
      { type: 'function_call_output', call_id: '1', output: 'Error: bad' },
      {
        type: 'function_call_output',
        call_id: 'call_shortened_0',
        output: [
          { type: 'input_text', text: 'see' },
          { type: 'input_image', image_url: 'data:image/png;base64,aGk=', detail: 'auto' },
        ],
      },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'and?' }] },
    ])
  })

  test('there is always a turn; what was said in several parts is one text', () => {
    const opening = { type: 'input_text', text: '(The conversation begins.)' }
    expect(inputOf([message('user', text(''))])).toEqual([{ type: 'message', role: 'user', content: [opening] }])
    expect(inputOf([message('assistant', text('a'), text('b'))])).toEqual([
      { type: 'message', role: 'assistant', content: 'ab' },
    ])
  })

  test('every call is answered, and results without their call keep their text', () => {
    const lost = [
      message('assistant', call('1')),
      message('user', result('2', false, text('late'))),
      message('user', text('hi')),
    ]
    expect(inputOf(lost)).toEqual([
      { type: 'function_call', call_id: '1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: '1', output: '(no output)' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'late' }] },
      hi,
    ])
  })

  test('instructions in mid-conversation, where the vendor takes them and where not', () => {
    const messages = [message('user', text('hi')), message('system', text('brief'))]
    expect(inputOf(messages)).toEqual([
      hi,
      { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'brief' }] },
    ])
    const noting = { support: { mid_conversation_system: 'adapted' as const } }
    expect(JSON.stringify(inputOf(messages, noting))).toContain('<system-reminder>')
  })

  test('the wire’s own decoder reads in it what was meant', () => {
    fc.assert(
      fc.property(requestArbitrary, (request) => {
        const { body } = encode(request, thinking)
        const { request: again, dropped } = decodeRequest(body, request.model)
        expect(dropped).toEqual([])
        expect(again).toEqual(request)
      }),
      { numRuns: 300 },
    )
  })
})
