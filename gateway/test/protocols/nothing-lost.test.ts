// Every member that the vendors' definitions of requests have, put where it belongs into a conversation that holds one of everything:
// a translation carries it, names it, or refuses the request. Nothing of what a client says is lost in silence.
import { AppError } from '@aicarpool/contract'
import { expect, test } from 'vitest'
import { clientProtocols } from '../../src/core/protocols/index.ts'
import type { ClientProtocol, DecodedRequest, RequestTarget } from '../../src/core/protocols/protocol.ts'
import { dot } from '../support/protocol-corpus.ts'
import { membersOf, sampleOf } from '../support/schema-members.ts'
import type { SchemaFile } from '../support/vendor-schemas.ts'

interface Wire {
  id: keyof typeof clientProtocols
  file: SchemaFile
  name: string
  body: Record<string, unknown>
  /** Members that say nothing about the answer, by their path without indexes. */
  silent: readonly string[]
}

const schema = { type: 'object', properties: { city: { type: 'string' } } }

const wires: readonly Wire[] = [
  {
    id: 'openai-chat',
    file: 'openai-types',
    name: 'ChatRequest',
    body: {
      model: 'm',
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Be brief' }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'How is it?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${dot}` } },
          ],
        },
        {
          role: 'assistant',
          content: 'I look',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'rain' }] },
      ],
      tools: [{ type: 'function', function: { name: 'weather', parameters: schema } }],
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema } },
      stream: true,
      stream_options: { include_usage: true },
    },
    silent: [
      'metadata',
      'prediction',
      'prompt_cache_key',
      'prompt_cache_options',
      'prompt_cache_retention',
      'store',
      'top_logprobs',
      'stream_options.include_obfuscation',
      'messages[].annotations',
      // Of the older form of tools, beside which it has to stand.
      'function_call',
      // What is done anyway.
      'n',
    ],
  },
  {
    id: 'openai-responses',
    file: 'openai-types',
    name: 'ResponsesRequest',
    body: {
      model: 'm',
      input: [
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'How is it?' },
            { type: 'input_image', image_url: `data:image/png;base64,${dot}`, detail: 'auto' },
          ],
        },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm' }] },
        {
          type: 'message',
          role: 'assistant',
          id: 'msg_1',
          status: 'completed',
          content: [{ type: 'output_text', text: 'I look', annotations: [] }],
        },
        { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: 'rain' },
      ],
      tools: [{ type: 'function', name: 'weather', parameters: schema, strict: false }],
      reasoning: { effort: 'high' },
      text: { format: { type: 'json_schema', name: 'a', schema } },
    },
    silent: [
      'client_metadata',
      'include',
      'max_tool_calls',
      'metadata',
      'prompt_cache_key',
      'prompt_cache_options',
      'prompt_cache_retention',
      'store',
      'stream_options',
      'input[].id',
      'input[].status',
      'input[].caller',
      'input[].created_by',
      'input[].content[].annotations',
      'input[].content[].logprobs',
      'input[].name',
      // The summary says the same in fewer words.
      'input[].content',
      // What is done anyway.
      'stream',
      'truncation',
    ],
  },
  {
    id: 'anthropic',
    file: 'anthropic-older-types',
    name: 'Request',
    body: {
      model: 'm',
      max_tokens: 4000,
      system: [{ type: 'text', text: 'Be brief' }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'How is it?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: dot } },
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'A map' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm', signature: '' },
            { type: 'text', text: 'I look' },
            { type: 'tool_use', id: 't1', name: 'weather', input: {} },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'rain' }] }],
        },
      ],
      tools: [{ name: 'weather', input_schema: schema }],
      tool_choice: { type: 'auto' },
      output_config: { format: { type: 'json_schema', schema } },
      metadata: {},
    },
    silent: [
      'diagnostics',
      'user_profile_id',
      'workspace_id',
      // What is done anyway.
      'messages[].content[].citations',
      'stream',
      'tools[].type',
      'tool_choice.disable_parallel_tool_use',
      'messages[].content[].caller',
      'messages[].content[].source.media_type',
    ],
  },
  {
    id: 'gemini',
    file: 'google-types',
    name: 'Request',
    body: {
      systemInstruction: { parts: [{ text: 'Be brief' }] },
      contents: [
        { role: 'user', parts: [{ text: 'How is it?' }, { inlineData: { mimeType: 'image/png', data: dot } }] },
        { role: 'model', parts: [{ text: 'I look' }, { functionCall: { name: 'weather', args: {} } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { output: 'rain' } } }] },
      ],
      tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: schema }] }],
      toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
      generationConfig: { thinkingConfig: { thinkingBudget: 1000 }, responseMimeType: 'application/json' },
    },
    silent: [
      // Of the members of a part that hold its content, only one can be there.
      'contents[].parts[].fileData',
      'contents[].parts[].functionCall',
      'contents[].parts[].functionResponse',
      'contents[].parts[].inlineData',
      'contents[].parts[].functionResponse.parts',
      // Who said it, and how it is sorted.
      'contents[].parts[].functionResponse.id',
      'contents[].parts[].partMetadata',
      'contents[].parts[].thought',
      'systemInstruction.role',
      'generationConfig.modelSelectionConfig',
      'generationConfig.routingConfig',
      // How many, where there are any.
      'generationConfig.logprobs',
      // What a function answers needs no announcement.
      'tools[].functionDeclarations[].response',
      'tools[].functionDeclarations[].responseJsonSchema',
      // What is done anyway.
      'generationConfig.candidateCount',
    ],
  },
]

const target: RequestTarget = { model: 'm', stream: true }

function decode({ translation }: ClientProtocol, body: Record<string, unknown>): DecodedRequest | AppError {
  try {
    if (!translation) throw new TypeError('the wire can be translated')
    return translation.decodeRequest(body, 'm', target)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

test.each(wires)('TR22 no member of a request of $id is lost in silence', ({ id, file, name, body, silent }) => {
  const protocol: ClientProtocol = clientProtocols[id]
  const plain = decode(protocol, body)
  if (plain instanceof AppError) throw plain
  const lost: string[] = []
  let tried = 0
  for (const { path, schema: member, put } of membersOf(file, name, body)) {
    const place = path.replaceAll(/\[\d+\]/g, '[]')
    const value = sampleOf(file, member)
    const decoded = decode(protocol, put(value))
    tried += 1
    if (decoded instanceof AppError || decoded.dropped.join() !== plain.dropped.join()) continue
    if (JSON.stringify(decoded.request) !== JSON.stringify(plain.request) || silent.includes(place)) continue
    lost.push(`${place} = ${JSON.stringify(value)}`)
  }
  expect([...new Set(lost)].toSorted()).toEqual([])
  expect(tried).toBeGreaterThan(40)
})
