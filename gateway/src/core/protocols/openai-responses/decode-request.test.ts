// Requests of the Responses wire as canonical ones: what Codex, the vendor's SDK and the AI SDK send, and what cannot be passed on.
import { AppError } from '@aicarpool/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeRequest } from './decode-request.ts'
import { openAiResponsesClient } from './index.ts'
import { reasoningMark } from './reasoning-mark.ts'
import { flatName } from './tool-names.ts'

const decode = (body: object) => decodeRequest({ model: 'alias', input: 'hi', ...body }, 'm')
const messagesOf = (input: unknown) => decode({ input }).request.messages
const complaint = (body: object) => {
  try {
    decode(body)
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, field: error.field }
    throw error
  }
  return undefined
}
const user = { role: 'user', content: [{ type: 'text', text: 'hi' }] }

describe('the conversation', () => {
  test('a string is a message of the user; instructions stand before those of the input', () => {
    const developer = { role: 'developer', content: [{ type: 'input_text', text: 'two' }] }
    const { request } = decode({ instructions: 'one', input: [developer, { role: 'user', content: 'hi' }] })
    expect(request.system.map(({ text }) => text)).toEqual(['one', 'two'])
    expect(request.messages).toEqual([user])
    expect(decode({}).request).toMatchObject({ model: 'm', messages: [user], stream: false })
  })

  test('a turn of reasoning, words and calls is one message, and so are the results', () => {
    const input = [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'hm' }],
        encrypted_content: reasoningMark,
      },
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'so', annotations: [] }],
      },
      { type: 'function_call', id: 'fc_1', call_id: 'a', name: 'f', arguments: '{"x":1}', status: 'completed' },
      { type: 'custom_tool_call', call_id: 'b', name: 'patch', input: '*** Begin' },
      { type: 'function_call', call_id: 'c', name: 'list', namespace: 'mcp__files', arguments: '' },
      { type: 'function_call_output', call_id: 'a', output: 'one' },
      { type: 'custom_tool_call_output', call_id: 'b', output: [{ type: 'input_text', text: 'two' }] },
      {
        type: 'function_call_output',
        call_id: 'c',
        output: [{ type: 'input_image', image_url: 'data:image/png;base64,aGk=', detail: 'auto' }],
      },
      { type: 'message', role: 'developer', content: 'be brief' },
    ]
    const { request, dropped } = decode({ input })
    expect(dropped).toEqual([])
    expect(request.messages).toEqual([
      user,
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'hm' },
          { type: 'text', text: 'so' },
          { type: 'tool-call', id: 'a', name: 'f', argumentsJson: '{"x":1}' },
          { type: 'tool-call', id: 'b', name: 'patch', argumentsJson: '{"input":"*** Begin"}' },
          { type: 'tool-call', id: 'c', name: 'mcp__files__list', argumentsJson: '{}' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool-result', callId: 'a', name: 'f', content: [{ type: 'text', text: 'one' }], isError: false },
          { type: 'tool-result', callId: 'b', name: 'patch', content: [{ type: 'text', text: 'two' }], isError: false },
          {
            type: 'tool-result',
            callId: 'c',
            name: 'mcp__files__list',
            content: [{ type: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'aGk=' } }],
            isError: false,
          },
        ],
      },
      { role: 'system', content: [{ type: 'text', text: 'be brief' }] },
    ])
  })

  test('images by URL, marks of prefixes, refusals of earlier turns', () => {
    const image = { type: 'input_image', image_url: 'https://e.org/a.png', detail: 'low' }
    const marked = { type: 'input_text', text: 'x', prompt_cache_breakpoint: { mode: 'explicit' } }
    const refusal = { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] }
    const { request, dropped } = decode({ input: [{ role: 'user', content: [image, marked] }, refusal] })
    expect(request.messages[0]?.content).toEqual([
      { type: 'image', source: { kind: 'url', url: 'https://e.org/a.png' } },
      { type: 'text', text: 'x', cacheMark: '5m' },
    ])
    expect(request.messages[1]?.content).toEqual([{ type: 'text', text: 'no' }])
    expect(dropped).toEqual(['input[0].content[0].detail'])
  })

  test('what the vendor encrypted, and what its own tools did, is left out and named', () => {
    const input = [
      { role: 'user', content: 'hi' },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA' },
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      { type: 'item_reference', id: 'rs_2' },
    ]
    const { request, dropped } = decode({ input })
    expect(request.messages).toEqual([user])
    expect(dropped).toEqual(['reasoning.encrypted_content', 'input[2]', 'input[3]'])
  })

  test('what lies at the vendor, or only it can read, is refused', () => {
    const refused = (input: unknown) => complaint({ input })
    const content = (part: object) => refused([{ role: 'user', content: [part] }])
    expect(content({ type: 'input_file', file_id: 'f' })).toEqual({
      code: 'not_translatable',
      field: 'input[0].content[0]',
    })
    expect(content({ type: 'input_image', file_id: 'f', detail: 'auto' })?.code).toBe('not_translatable')
    for (const type of ['compaction', 'local_shell_call', 'computer_call', 'apply_patch_call', 'newer']) {
      expect(refused([{ type }])).toEqual({ code: 'not_translatable', field: 'input[0]' })
    }
    expect(refused([{ type: 'item_reference', id: 'msg_1' }])).toEqual({ code: 'not_translatable', field: 'input[0]' })
    const stored = { previous_response_id: 'r', conversation: 'c', prompt: { id: 'p' }, background: true }
    for (const [field, value] of Object.entries(stored)) {
      expect(complaint({ [field]: value })).toEqual({ code: 'not_translatable', field })
      expect(complaint({ [field]: null })).toBeUndefined()
    }
    expect(complaint({ include: ['message.output_text.logprobs'] })?.code).toBe('not_translatable')
  })

  test('malformed input is named', () => {
    expect(complaint({ input: undefined })?.field).toBe('input')
    expect(complaint({ input: [] })?.field).toBe('input')
    expect(complaint({ input: 5 })?.field).toBe('input')
    expect(complaint({ input: [{ role: 'robot', content: 'x' }] })?.field).toBe('input[0].role')
    expect(complaint({ input: [{ type: 'function_call', name: 'f' }] })?.field).toBe('input[0].call_id')
    expect(complaint({ input: [{ role: 'system', content: 'x' }] })).toBeUndefined()
    expect(
      messagesOf([
        { role: 'user', content: [{ type: 'input_text', text: '' }] },
        { role: 'user', content: 'hi' },
      ]),
    ).toEqual([user])
  })
})

describe('tools', () => {
  const fn = { type: 'function', name: 'f', description: 'does', parameters: { type: 'object' }, strict: false }
  const space = {
    type: 'namespace',
    name: 'mcp__x__',
    description: '',
    tools: [
      { ...fn, strict: null },
      { type: 'custom', name: 'c' },
    ],
  }

  test('functions, custom tools and namespaces; the vendor’s own are left out and named', () => {
    const custom = { type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'lark', definition: 's: x' } }
    const { request, dropped } = decode({ tools: [fn, custom, space, { type: 'web_search' }, { type: 'newer' }] })
    expect(request.tools).toMatchObject([
      { name: 'f', description: 'does', strict: false },
      { name: 'patch', origin: { kind: 'custom' }, parameters: { required: ['input'] } },
      { name: 'mcp__x__f', origin: { kind: 'namespace', namespace: 'mcp__x__', name: 'f' }, strict: undefined },
      { name: 'mcp__x__c', origin: { kind: 'namespace', name: 'c', isCustom: true } },
    ])
    expect(request.tools[1]?.description).toContain('lark')
    expect(dropped).toEqual(['tools[1].format', 'tools[3]', 'tools[4]'])
    expect(complaint({ tools: [{ type: 'mcp' }] })).toEqual({ code: 'not_translatable', field: 'tools[0]' })
    expect(complaint({ tools: [{ type: 'local_shell' }] })?.code).toBe('not_translatable')
  })

  test('tools that came in the conversation are offered, once', () => {
    const input = [
      { role: 'user', content: 'hi' },
      { type: 'additional_tools', role: 'developer', tools: [fn, { ...fn, name: 'g' }] },
    ]
    expect(decode({ tools: [fn], input }).request.tools.map(({ name }) => name)).toEqual(['f', 'g'])
  })

  test('the choice among them', () => {
    const choice = (tool_choice: unknown) => decode({ tools: [fn, space], tool_choice }).request
    expect(choice('required').toolChoice).toEqual({ type: 'required' })
    expect(choice({ type: 'function', name: 'f' }).toolChoice).toEqual({ type: 'tool', name: 'f' })
    expect(choice({ type: 'function', name: 'f', namespace: 'mcp__x__' }).toolChoice).toEqual({
      type: 'tool',
      name: 'mcp__x__f',
    })
    expect(choice({ type: 'custom', name: 'c' }).toolChoice).toEqual({ type: 'tool', name: 'mcp__x__c' })
    const allowed = choice({
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'function', name: 'f' }, { type: 'web_search' }],
    })
    expect(allowed).toMatchObject({ toolChoice: { type: 'required' }, tools: [{ name: 'f' }] })
    expect(complaint({ tools: [fn], tool_choice: { type: 'function', name: 'g' } })?.code).toBe('invalid_request')
    expect(complaint({ tools: [fn], tool_choice: { type: 'web_search_preview' } })?.code).toBe('not_translatable')
    expect(complaint({ tools: [{ type: 'web_search' }], tool_choice: 'required' })?.code).toBe('not_translatable')
  })

  test('names in namespaces fit every vendor and stay apart', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 90 }), fc.string({ minLength: 1, maxLength: 90 }), (namespace, name) => {
        fc.pre(namespace !== '')
        expect(flatName(namespace, name)).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
      }),
    )
    expect(flatName('n'.repeat(70), 'a')).not.toBe(flatName('n'.repeat(70), 'b'))
    expect(flatName(undefined, 'plain.name')).toBe('plain.name')
  })
})

describe('members', () => {
  test('what is said of the answer', () => {
    const schema = { type: 'object', properties: {} }
    const { request, dropped } = decode({
      max_output_tokens: 50,
      temperature: 0.5,
      top_p: 0.9,
      parallel_tool_calls: false,
      reasoning: { effort: 'high', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 'n', schema, strict: true }, verbosity: 'low' },
      user: 'u',
      stream: true,
    })
    expect(request).toMatchObject({
      maxOutputTokens: 50,
      temperature: 0.5,
      topP: 0.9,
      parallelToolCalls: false,
      reasoning: { effort: 'high', isShown: true },
      responseFormat: { type: 'json-schema', name: 'n', schema, strict: true },
      userId: 'u',
      stream: true,
    })
    expect(dropped).toEqual(['text.verbosity'])
    expect(decode({ reasoning: { effort: null, summary: null } }).request.reasoning).toBeUndefined()
    expect(decode({ reasoning: { effort: 'none', summary: 'auto' } }).request.reasoning?.isShown).toBe(false)
    expect(decode({ text: { format: { type: 'json_object' } } }).request.responseFormat).toEqual({ type: 'json' })
  })

  test('what says nothing about the answer is ignored, what does is named', () => {
    const quiet = {
      store: false,
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: 'k',
      client_metadata: { a: 'b' },
      metadata: {},
      truncation: 'disabled',
      service_tier: 'auto',
      stream_options: { include_obfuscation: false },
      top_logprobs: 0,
      background: false,
    }
    expect(decode(quiet).dropped).toEqual([])
    const loud = { store: true, truncation: 'auto', service_tier: 'flex', context_management: [], newer: 1 }
    expect(decode(loud).dropped).toEqual(Object.keys(loud))
    expect(complaint({ reasoning: { effort: 'heavy' } })?.field).toBe('reasoning.effort')
    expect(complaint({ text: { format: { type: 'xml' } } })?.field).toBe('text.format.type')
  })

  test('the facts of a request', () => {
    const inspect = (body: object) => openAiResponsesClient.inspectRequest({ model: 'a', ...body }, {})
    expect(inspect({ stream: true, max_output_tokens: 9 })).toEqual({
      model: 'a',
      stream: true,
      maxOutputTokens: 9,
      choices: 1,
      refersTo: [],
      isStored: true,
    })
    expect(inspect({ store: false })).toMatchObject({ isStored: false })
    expect(() => inspect({ background: true })).toThrow(AppError)
    expect(inspect({ background: true, stream: true }).stream).toBe(true)
    expect(() => inspect({ max_output_tokens: -1 })).toThrow(AppError)
  })

  test('what a request refers to that is stored elsewhere', () => {
    const refer = (body: object) => openAiResponsesClient.inspectRequest({ model: 'a', ...body }, {}).refersTo
    expect(refer({ previous_response_id: 'resp_1', conversation: { id: 'conv_1' }, prompt: { id: 'pmpt_1' } })).toEqual(
      [
        { field: 'previous_response_id', id: 'resp_1' },
        { field: 'conversation', id: 'conv_1' },
        { field: 'prompt', id: 'pmpt_1' },
      ],
    )
    expect(refer({ conversation: 'conv_1' })).toEqual([{ field: 'conversation', id: 'conv_1' }])
    const input = [
      { role: 'user', content: 'hi' },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA' },
      { type: 'reasoning', id: 'rs_2', summary: [] },
      { type: 'item_reference', id: 'msg_1' },
      { type: 'message', role: 'assistant', id: 'msg_2', content: [] },
      7,
    ]
    expect(refer({ input })).toEqual([
      { field: 'input[2]', id: 'rs_2' },
      { field: 'input[3]', id: 'msg_1' },
    ])
  })

  test('anything at all is decoded or refused with a reason', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 4 }),
      fc.array(
        fc.dictionary(
          fc.constantFrom('type', 'role', 'content', 'name', 'call_id', 'output', 'tools'),
          fc.oneof(
            fc.constantFrom('message', 'user', 'function', 'function_call', 'reasoning', 'namespace'),
            fc.jsonValue(),
          ),
        ),
      ),
    )
    const body = fc.dictionary(
      fc.constantFrom('input', 'tools', 'tool_choice', 'text', 'reasoning', 'include', 'stream'),
      value,
    )
    fc.assert(
      fc.property(body, (fields) => {
        complaint(fields)
      }),
      { numRuns: 500 },
    )
  })
})
