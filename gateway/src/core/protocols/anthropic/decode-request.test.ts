// Requests of the wire's own clients as canonical ones: both live versions, the betas that command-line clients send, and what
// cannot go to another vendor.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mutatedArbitrary } from '../__fixtures__/feed.ts'
import { AppError } from '@aicarpool/contract'
import { decodeRequest } from './decode-request.ts'

const user = (content: unknown) => ({ role: 'user', content })
const assistant = (...content: object[]) => ({ role: 'assistant', content })
const decode = (body: object) =>
  decodeRequest({ model: 'alias', max_tokens: 100, messages: [user('hi')], ...body }, 'm')
const mark = { cache_control: { type: 'ephemeral', ttl: '1h' } }

/** In the manner of a command-line client: instructions in blocks, betas, a tool loop. */
const agentRequest = {
  model: 'claude-opus-5-5',
  max_tokens: 32_000,
  stream: true,
  system: [
    { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.330; cch=1;' },
    { type: 'text', text: 'You are an agent.', cache_control: { type: 'ephemeral' } },
    { type: 'text', text: '' },
  ],
  tools: [
    {
      name: 'Bash',
      description: 'Runs',
      input_schema: { type: 'object', properties: {} },
      defer_loading: true,
      ...mark,
    },
    { name: 'Read', input_schema: { type: 'object' }, strict: true, eager_input_streaming: true },
    { type: 'web_search_20260318', name: 'web_search', max_uses: 5 },
  ],
  tool_choice: { type: 'auto', disable_parallel_tool_use: true },
  thinking: { type: 'adaptive' },
  output_config: { effort: 'high', task_budget: { type: 'tokens', total: 9 } },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  metadata: { user_id: '{"device_id":"d"}' },
  betas: ['x'],
  messages: [
    { role: 'system', content: 'First.' },
    user([{ type: 'text', text: 'List files', ...mark }]),
    { role: 'system', content: [{ type: 'text', text: 'Old note' }], clear_at: 'next_user_message' },
    assistant(
      { type: 'thinking', thinking: 'hm', signature: 'EqQB' },
      { type: 'redacted_thinking', data: 'x' },
      { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
      { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
      { type: 'text', text: 'I look.', citations: [] },
      { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' }, caller: { type: 'direct' } },
      { type: 'tool_use', id: 'toolu_2', name: 'Read', input: {} },
    ),
    user([
      { type: 'tool_result', tool_use_id: 'toolu_1', content: 'a.ts', is_error: true },
      {
        type: 'tool_result',
        tool_use_id: 'toolu_2',
        content: [
          { type: 'text', text: 'seen' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
          { type: 'tool_reference', tool_name: 'Write' },
        ],
      },
    ]),
    {
      role: 'system',
      content: [
        { type: 'text', text: 'Note' },
        {
          type: 'tool_addition',
          tool: { type: 'tool_definition', definition: { name: 'Write', input_schema: { type: 'object' } } },
        },
        { type: 'tool_removal', tool: { type: 'tool_reference', name: 'Read' } },
      ],
      output_config: { effort: 'low' },
      clear_at: 'next_user_message',
    },
  ],
}

describe('the whole of a request', () => {
  test('an agent’s', () => {
    const { request, dropped } = decodeRequest(agentRequest, 'm')
    expect(dropped).toEqual([
      'context_management',
      'thinking.signature',
      'redacted_thinking',
      'server_tool_use',
      'web_search_tool_result',
      'tools[].defer_loading',
      'tools[].eager_input_streaming',
      'tools[2]',
      'output_config.task_budget',
    ])
    expect(request).toMatchObject({
      model: 'm',
      stream: true,
      maxOutputTokens: 32_000,
      system: [
        { type: 'text', text: 'You are an agent.', cacheMark: '5m' },
        { type: 'text', text: 'First.' },
      ],
      tools: [{ name: 'Bash', description: 'Runs', strict: undefined, cacheMark: '1h' }, { name: 'Write' }],
      toolChoice: { type: 'auto' },
      parallelToolCalls: false,
      reasoning: { effort: 'low', budgetTokens: undefined, isShown: true },
      userId: '{"device_id":"d"}',
    })
    expect(request.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'List files', cacheMark: '1h' }] },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'hm' },
          { type: 'text', text: 'I look.' },
          { type: 'tool-call', id: 'toolu_1', name: 'Bash', argumentsJson: '{"command":"ls"}' },
          { type: 'tool-call', id: 'toolu_2', name: 'Read', argumentsJson: '{}' },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool-result',
            callId: 'toolu_1',
            name: 'Bash',
            content: [{ type: 'text', text: 'a.ts' }],
            isError: true,
          },
          {
            type: 'tool-result',
            callId: 'toolu_2',
            name: 'Read',
            content: [
              { type: 'text', text: 'seen' },
              { type: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'aGk=' } },
              { type: 'text', text: 'Tool found: Write' },
            ],
            isError: false,
          },
        ],
      },
      { role: 'system', content: [{ type: 'text', text: 'Note' }] },
    ])
  })

  test('the shortest', () => {
    const { request, dropped } = decode({ system: 'Be brief.', stop_sequences: ['END'], temperature: 0.3, top_k: 4 })
    expect(dropped).toEqual([])
    expect(request).toMatchObject({
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
      stopSequences: ['END'],
      temperature: 0.3,
      topK: 4,
      stream: false,
      reasoning: undefined,
    })
  })
})

describe('single fields', () => {
  test.each([
    [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, { effort: undefined, budgetTokens: 2000, isShown: true }],
    [
      { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'max' } },
      { effort: 'max', budgetTokens: undefined, isShown: false },
    ],
    [{ thinking: { type: 'disabled' } }, { effort: 'none', budgetTokens: undefined, isShown: false }],
    [{ thinking: { type: 'between_tools' } }, { effort: 'low', budgetTokens: undefined, isShown: true }],
    [{ output_config: { effort: 'medium' } }, { effort: 'medium', budgetTokens: undefined, isShown: false }],
  ])('%j', (body, reasoning) => {
    expect(decode(body).request.reasoning).toEqual(reasoning)
  })

  test.each([
    [{ type: 'any' }, { type: 'required' }],
    [{ type: 'none' }, { type: 'none' }],
    [
      { type: 'tool', name: 'f' },
      { type: 'tool', name: 'f' },
    ],
  ])('tool_choice %j', (choice, toolChoice) => {
    const tools = [{ name: 'f', input_schema: {}, type: 'custom' }]
    expect(decode({ tools, tool_choice: choice }).request).toMatchObject({ toolChoice, parallelToolCalls: undefined })
  })

  test('structured output in its two places', () => {
    const format = { type: 'json_schema', schema: { type: 'object' } }
    const responseFormat = { type: 'json-schema', name: 'answer', schema: { type: 'object' }, strict: undefined }
    expect(decode({ output_config: { format } }).request).toMatchObject({ responseFormat, reasoning: undefined })
    expect(decode({ output_format: format }).request).toMatchObject({ responseFormat })
  })

  test('a mark on the request is one on its last block', () => {
    expect(decode(mark).request.messages[0]?.content).toEqual([{ type: 'text', text: 'hi', cacheMark: '1h' }])
  })

  test('documents of text and search results are text', () => {
    const content = [
      { type: 'document', title: 'T', source: { type: 'text', media_type: 'text/plain', data: 'body' }, ...mark },
      { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'inner' }] } },
      { type: 'search_result', title: 'S', source: 'https://s', content: [{ type: 'text', text: 'found' }] },
      { type: 'image', source: { type: 'url', url: 'https://i' } },
    ]
    expect(decode({ messages: [user(content)] }).request.messages[0]?.content).toEqual([
      { type: 'text', text: 'Document: T' },
      { type: 'text', text: 'body', cacheMark: '1h' },
      { type: 'text', text: 'inner' },
      { type: 'text', text: 'S\nhttps://s\nfound' },
      { type: 'image', source: { kind: 'url', url: 'https://i' } },
    ])
  })
})

describe('refusals', () => {
  const pdf = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' } }
  const file = { type: 'image', source: { type: 'file', file_id: 'f' } }
  const search = { type: 'web_search_20250305', name: 'web_search' }

  test.each<[string, object]>([
    ['container', { container: 'c' }],
    ['mcp_servers', { mcp_servers: [{}] }],
    ['inference_geo', { inference_geo: 'us' }],
    ['tools[0]', { tools: [search] }],
    [
      'tool_choice',
      { tools: [search, { name: 'f', input_schema: {} }], tool_choice: { type: 'tool', name: 'web_search' } },
    ],
    ['max_tokens', { max_tokens: 0 }],
    ['messages[0].content[0]', { messages: [user([pdf])] }],
    ['messages[0].content[0].source', { messages: [user([file])] }],
    ['messages[0].content[0].type', { messages: [user([{ type: 'container_upload', file_id: 'f' }])] }],
    ['messages[0].content[0]', { messages: [assistant({ type: 'compaction', encrypted_content: 'x' })] }],
  ])('%s cannot be passed on', (field, body) => {
    expect(() => decode(body)).toThrow(expect.objectContaining({ code: 'not_translatable', field }))
  })

  test.each<[string, object]>([
    ['messages', { messages: [] }],
    ['messages', { messages: [user(''), assistant({ type: 'redacted_thinking', data: 'x' })] }],
    ['messages[0]', { messages: ['hi'] }],
    ['messages[0].role', { messages: [{ role: 'tool', content: 'x' }] }],
    ['messages[0].content', { messages: [{ role: 'user' }] }],
    ['messages[0].content[0].text', { messages: [user([{ type: 'text' }])] }],
    ['messages[0].content[0].tool_use_id', { messages: [user([{ type: 'tool_result' }])] }],
    ['messages[0].content[0].source.type', { messages: [user([{ type: 'image', source: {} }])] }],
    [
      'messages[0].content[0].cache_control.ttl',
      {
        messages: [user([{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '2h' } }])],
      },
    ],
    ['system[0].type', { system: [{ type: 'image' }] }],
    ['tools', { tools: {} }],
    ['tools[0].input_schema', { tools: [{ name: 'f' }] }],
    ['tool_choice.type', { tool_choice: { type: 'some' } }],
    ['thinking.type', { thinking: { type: 'hard' } }],
    ['thinking.budget_tokens', { thinking: { type: 'enabled' } }],
    ['output_config.effort', { output_config: { effort: 'minimal' } }],
    ['output_config.format.type', { output_config: { format: { type: 'xml' } } }],
    ['stop_sequences[0]', { stop_sequences: [1] }],
    ['temperature', { temperature: '1' }],
    ['metadata.user_id', { metadata: { user_id: 1 } }],
  ])('a wrong %s is named', (field, body) => {
    expect(() => decode(body)).toThrow(expect.objectContaining({ code: 'invalid_request', field }))
  })

  test('whatever a body holds, it is decoded or refused by name', () => {
    const bytes = Buffer.from(JSON.stringify(agentRequest))
    const bodies = fc.oneof(
      mutatedArbitrary(bytes).map((mutated) => parse(mutated.toString('utf8'))),
      fc.dictionary(fc.constantFrom(...Object.keys(agentRequest)), fc.jsonValue({ maxDepth: 4 })),
    )
    fc.assert(
      fc.property(bodies, (body) => {
        try {
          decodeRequest(body as Record<string, unknown>, 'm')
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
          expect((error as AppError).field).toBeTruthy()
        }
      }),
      { numRuns: 3000 },
    )
  })
})

function parse(json: string): object {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    // A mutation that broke the JSON itself: such a body comes to no decoder.
    return {}
  }
}
