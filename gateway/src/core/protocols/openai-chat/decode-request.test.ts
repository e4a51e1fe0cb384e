// Chat Completions requests as canonical ones: every form of the wire is read, what cannot be passed on is named or refused, and
// what is encoded and decoded again means the same.
import { AppError } from '@aicarpool/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { translationOf } from '../__fixtures__/feed.ts'
import { plainRequest, type ChatMessage, type ChatRequest } from '../chat.ts'
import { traitsOfUnknown, type ModelTraits } from '../model-traits.ts'
import { openAiChatAccount, openAiChatClient } from './index.ts'

const { encodeRequest } = translationOf(openAiChatAccount)
const { translation: client } = openAiChatClient
const traits: ModelTraits = { ...traitsOfUnknown, reasoning: 'effort', efforts: ['low', 'medium', 'high'] }

const decode = (body: object) => client?.decodeRequest({ model: 'alias', ...body }, 'm', {})
const encode = (request: ChatRequest, options = {}) =>
  JSON.parse(encodeRequest(request, { traits, options }).body.toString('utf8')) as Record<string, unknown>

const user = (content: unknown) => ({ role: 'user', content })

describe('TR1 requests are decoded', () => {
  test('instructions before the first turn, and those between', () => {
    const messages = [
      { role: 'developer', content: 'be brief' },
      user('hi'),
      { role: 'system', content: [{ type: 'text', text: 'be kind' }] },
    ]
    expect(decode({ messages })?.request).toMatchObject({
      model: 'm',
      system: [{ type: 'text', text: 'be brief' }],
      messages: [{ role: 'user' }, { role: 'system', content: [{ type: 'text', text: 'be kind' }] }],
    })
  })

  test('parallel calls and their results become one turn of results, which know their tool', () => {
    const call = (id: string, name: string) => ({ id, type: 'function', function: { name, arguments: '{"a":1}' } })
    const messages = [
      user('weather?'),
      { role: 'assistant', content: null, tool_calls: [call('1', 'sun'), call('2', 'rain')] },
      { role: 'tool', tool_call_id: '1', content: 'yes' },
      { role: 'tool', tool_call_id: '2', content: [{ type: 'text', text: 'no' }] },
    ]
    const tools = [{ type: 'function', function: { name: 'sun' } }]
    expect(decode({ messages, tools })?.request.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'tool-call', id: '1', name: 'sun', argumentsJson: '{"a":1}' },
          { type: 'tool-call', id: '2', name: 'rain', argumentsJson: '{"a":1}' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool-result', callId: '1', name: 'sun', content: [{ type: 'text', text: 'yes' }], isError: false },
          { type: 'tool-result', callId: '2', name: 'rain', content: [{ type: 'text', text: 'no' }], isError: false },
        ],
      },
    ])
  })

  test('arguments that are no JSON object are still one', () => {
    const messages = [
      user('x'),
      { role: 'assistant', tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: 'oops' } }] },
    ]
    const part = decode({ messages })?.request.messages[1]?.content[0]
    expect(part).toMatchObject({ argumentsJson: '{"text":"oops"}' })
  })

  test('tools of free text, the older functions, and a choice among some', () => {
    const messages = [user('x')]
    const tools = [
      { type: 'custom', custom: { name: 'patch', description: 'd' } },
      { type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } },
    ]
    const allowed = { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] }
    expect(decode({ messages, tools })?.request.tools).toMatchObject([
      { name: 'patch', origin: { kind: 'custom' } },
      { name: 'f', strict: true },
    ])
    const chosen = decode({ messages, tools, tool_choice: { type: 'allowed_tools', allowed_tools: allowed } })
    expect(chosen?.request).toMatchObject({ tools: [{ name: 'f' }], toolChoice: { type: 'required' } })
    const older = decode({ messages, functions: [{ name: 'g' }], function_call: { name: 'g' } })
    expect(older?.request).toMatchObject({ tools: [{ name: 'g' }], toolChoice: { type: 'tool', name: 'g' } })
  })

  test('images as data and by address', () => {
    const image = (url: string) => ({ type: 'image_url', image_url: { url } })
    const content = [image('data:image/png;base64,aGk='), image('https://x.example/y.png')]
    expect(decode({ messages: [user(content)] })?.request.messages[0]?.content).toEqual([
      { type: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'aGk=' } },
      { type: 'image', source: { kind: 'url', url: 'https://x.example/y.png' } },
    ])
  })

  test.each([
    ['n', { n: 2 }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['audio', { audio: { voice: 'x', format: 'wav' } }],
    ['logprobs', { logprobs: true }],
    ['web_search_options', { web_search_options: {} }],
    [
      'messages[0].content[0]',
      { messages: [user([{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }])] },
    ],
  ])('%s is refused, because the answer would be worthless without it', (field, body) => {
    const refused = expect.objectContaining({ code: 'not_translatable', field })
    expect(() => decode({ messages: [user('x')], ...body })).toThrow(refused)
  })

  test.each([
    ['messages[0].role', { messages: [{ role: 'robot', content: 'x' }] }],
    ['messages[1].tool_call_id', { messages: [user('x'), { role: 'tool', content: 'x' }] }],
    ['reasoning_effort', { reasoning_effort: 'very' }],
    ['tools[0].type', { tools: [{ type: 'plugin' }] }],
    [
      'tool_choice',
      {
        tools: [{ type: 'function', function: { name: 'f' } }],
        tool_choice: { type: 'function', function: { name: 'g' } },
      },
    ],
    ['response_format.type', { response_format: { type: 'xml' } }],
    ['stop', { stop: 3 }],
  ])('a malformed %s is refused by name', (field, body) => {
    const refused = expect.objectContaining({ code: 'invalid_request', field })
    expect(() => decode({ messages: [user('x')], ...body })).toThrow(refused)
  })

  test('what merely changes the answer is named, what says nothing about it is not', () => {
    const body = { logit_bias: { 1: 2 }, store: true, metadata: {}, prediction: {}, verbosity: 'low' }
    const off = { logprobs: false, service_tier: 'auto' }
    expect(decode({ messages: [user('x')], ...body })?.dropped).toEqual(['logit_bias', 'verbosity'])
    expect(decode({ messages: [user('x')], ...off })?.dropped).toEqual([])
  })
})

describe('content of other vendors’ clients and older forms', () => {
  test('functions and their results, which have no ids', () => {
    const messages = [
      user('q'),
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"x":1}' } },
      { role: 'function', name: 'f', content: 'r' },
    ]
    const decoded = decode({ messages, functions: [{ name: 'f' }], function_call: 'auto' })
    expect(decoded?.request).toMatchObject({
      parallelToolCalls: false,
      toolChoice: { type: 'auto' },
      messages: [
        {},
        { content: [{ type: 'tool-call', id: 'call_function_0', name: 'f', argumentsJson: '{"x":1}' }] },
        { content: [{ type: 'tool-result', callId: 'call_function_0', name: 'f' }] },
      ],
    })
  })

  test('arguments are an object, whatever the model wrote', () => {
    const argumentsOf = (text: string) => {
      const call = { id: '1', type: 'function', function: { name: 'f', arguments: text } }
      const messages = [user('q'), { role: 'assistant', tool_calls: [call] }]
      return decode({ messages })?.request.messages[1]?.content[0]
    }
    expect(argumentsOf('')).toMatchObject({ argumentsJson: '{}' })
    expect(argumentsOf('[1]')).toMatchObject({ argumentsJson: '{"value":[1]}' })
    expect(argumentsOf('{"a')).toMatchObject({ argumentsJson: '{"text":"{\\"a"}' })
  })

  test('thoughts, refusals, marks of prefixes and names of people', () => {
    const mark = { cache_control: { type: 'ephemeral' } }
    const messages = [
      { role: 'system', content: [{ type: 'text', text: 's', prompt_cache_breakpoint: { mode: 'explicit' } }] },
      {
        role: 'user',
        name: 'bob',
        content: [{ type: 'text', text: 'q', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      },
      { role: 'assistant', reasoning_content: 'hm', content: [{ type: 'refusal', refusal: 'no' }], refusal: 'never' },
      { role: 'user', content: 'again', ...mark },
    ]
    const decoded = decode({ messages, tools: [{ type: 'function', function: { name: 'f' }, ...mark }] })
    expect(decoded?.dropped).toEqual(['messages[1].name'])
    expect(decoded?.request).toMatchObject({
      system: [{ text: 's', cacheMark: '5m' }],
      tools: [{ name: 'f', cacheMark: '5m', parameters: { type: 'object', properties: {} } }],
      messages: [
        { content: [{ text: 'q', cacheMark: '1h' }] },
        {
          content: [
            { type: 'reasoning', text: 'hm' },
            { type: 'text', text: 'no' },
            { type: 'text', text: 'never' },
          ],
        },
        { content: [{ text: 'again', cacheMark: '5m' }] },
      ],
    })
  })

  test('thinking that is switched, with a budget', () => {
    const reasoningOf = (body: object) => decode({ messages: [user('q')], ...body })?.request.reasoning
    expect(reasoningOf({})).toBeUndefined()
    expect(reasoningOf({ reasoning_effort: 'none' })).toMatchObject({ effort: 'none', isShown: false })
    expect(reasoningOf({ reasoning_effort: 'high' })).toEqual({
      effort: 'high',
      budgetTokens: undefined,
      isShown: true,
    })
    expect(reasoningOf({ enable_thinking: false, thinking_budget: 5 })).toEqual({
      effort: 'none',
      budgetTokens: undefined,
      isShown: false,
    })
    expect(reasoningOf({ enable_thinking: true, thinking_budget: 500 })).toMatchObject({ budgetTokens: 500 })
  })
})

test('whatever the body, decoding answers or refuses, and nothing else', () => {
  const seed = JSON.stringify({
    model: 'm',
    messages: [
      { role: 'system', content: 's' },
      user([
        { type: 'text', text: 'q' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
      ]),
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: '1', content: 'r' },
    ],
    tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
    tool_choice: { type: 'function', function: { name: 'f' } },
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } },
    stop: ['a'],
    stream_options: { include_usage: true },
  })
  const paths = fc.array(fc.nat(20), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(paths, fc.jsonValue({ maxDepth: 2 }), (steps, value) => {
      const body = replaced(JSON.parse(seed), steps, value) as Record<string, unknown>
      try {
        client?.decodeRequest(body, 'm', {})
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
      }
    }),
    { numRuns: 5000 },
  )
})

/** The value with another in its place, somewhere inside: each step picks a member. */
function replaced(value: unknown, [step, ...rest]: readonly number[], by: unknown): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return by
  const keys = Object.keys(value)
  const key = keys[step % Math.max(1, keys.length)]
  if (key === undefined) return by
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>
  copy[key] = replaced(copy[key], rest, by)
  return copy
}

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }).filter((text) => text.trim() !== '')
const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/)
const conversation = fc
  .array(fc.record({ question: words, answer: words, calls: fc.array(fc.tuple(name, words), { maxLength: 3 }) }), {
    maxLength: 3,
  })
  .map((rounds) => {
    const messages: ChatMessage[] = []
    for (const [at, { question, answer, calls }] of rounds.entries()) {
      messages.push({ role: 'user', content: [{ type: 'text', text: question }] })
      messages.push({
        role: 'assistant',
        content: [
          { type: 'text', text: answer },
          ...calls.map(([tool, text], index) => {
            return {
              type: 'tool-call' as const,
              id: `c${at}-${index}`,
              name: tool,
              argumentsJson: JSON.stringify({ text }),
            }
          }),
        ],
      })
      const results = calls.map(([tool, text], index) => {
        const content = [{ type: 'text' as const, text }]
        return { type: 'tool-result' as const, callId: `c${at}-${index}`, name: tool, content, isError: false }
      })
      if (results.length > 0) messages.push({ role: 'user', content: results })
    }
    return messages
  })

test('TR1 a conversation that is encoded and decoded again means the same', () => {
  const arbitrary = fc.record({
    system: fc.array(words, { maxLength: 1 }),
    earlier: conversation,
    last: words,
    tools: fc.uniqueArray(name, { maxLength: 3 }),
    stops: fc.array(words, { maxLength: 4 }),
    maxOutputTokens: fc.option(fc.integer({ min: 1, max: 9999 }), { nil: undefined }),
    seed: fc.option(fc.integer(), { nil: undefined }),
    isSingle: fc.boolean(),
    stream: fc.boolean(),
  })
  fc.assert(
    fc.property(arbitrary, ({ system, earlier, last, tools, stops, isSingle, ...rest }) => {
      const request: ChatRequest = {
        ...plainRequest,
        ...rest,
        model: 'm',
        system: system.map((text) => ({ type: 'text', text })),
        messages: [...earlier, { role: 'user', content: [{ type: 'text', text: last }] }],
        tools: tools.map((tool) => {
          return {
            name: tool,
            description: undefined,
            parameters: { type: 'object', properties: {} },
            strict: undefined,
          }
        }),
        toolChoice: tools.length > 0 ? { type: 'required' } : undefined,
        parallelToolCalls: tools.length > 0 && isSingle ? false : undefined,
        stopSequences: stops,
      }
      const again = client?.decodeRequest(encode(request), 'm', {}).request
      expect({ ...again, messages: mergeUsers(again?.messages ?? []) }).toEqual({
        ...request,
        messages: mergeUsers(request.messages),
        ...(request.stream ? { reportsUsage: true } : {}),
      })
    }),
    { numRuns: 500 },
  )
})

/** Results and what the user says next may become one turn. */
function mergeUsers(messages: readonly ChatMessage[]): ChatMessage[] {
  const merged: ChatMessage[] = []
  for (const message of messages) {
    const last = merged.at(-1)
    if (message.role === 'user' && last?.role === 'user') last.content = [...last.content, ...message.content]
    else merged.push({ ...message })
  }
  return merged
}
