// DeepSeek's side of the network, written by its documentation and not by our encoders: both wires, streamed and not. It calls the
// first tool it is offered until it has the result, then says `deepseekText`. What it billed stands in `books`.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { startScriptedProvider, type ScriptedProvider } from '../scripted-provider.ts'

export const deepseekKey = 'sk-ds-canary-1'
export const deepseekText = 'sunny indeed'
const thought = 'hm, the weather'
const callInput = '{"city":"Paris"}'

export interface DeepseekBill {
  path: string
  model: string
  /** Not found in the cache. */
  missed: number
  /** Found there. */
  hit: number
  output: number
  reasoning: number
}

export interface Deepseek extends ScriptedProvider {
  books: DeepseekBill[]
  /** Bodies of the answers as they were sent. */
  answers: string[]
  /** What requests of this key are answered: the balance is empty. */
  emptyKey: string
}

interface Asked {
  model: string
  stream?: boolean
  max_tokens?: number
  stream_options?: { include_usage?: boolean }
  tools?: { name?: string; function?: { name: string } }[]
  messages: { role: string; content: unknown }[]
}

export async function startDeepseek(): Promise<Deepseek> {
  const books: DeepseekBill[] = []
  const answers: string[] = []
  const emptyKey = 'sk-ds-canary-empty'
  const answer: RequestListener = (request, response) =>
    void readAsked(request).then((asked) => {
      const refusal = refusalOf(request, asked, emptyKey)
      if (refusal) return refuse(response, ...refusal)
      const path = request.url ?? ''
      const bill = { path, model: asked.model, missed: 41 + books.length, hit: 128, output: 23, reasoning: 7 }
      const said = path === chatPath ? chatAnswer(asked, bill) : messagesAnswer(asked, bill)
      books.push(bill)
      answers.push(said)
      const type = asked.stream === true ? 'text/event-stream; charset=utf-8' : 'application/json'
      response.writeHead(200, { 'content-type': type, 'x-ds-trace-id': `trace-${books.length}` }).end(said)
      return undefined
    })
  return { ...(await startScriptedProvider(answer)), books, answers, emptyKey }
}

const chatPath = '/v1/chat/completions'
const messagesPath = '/anthropic/v1/messages'

async function readAsked(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString()) as Asked
}

function refusalOf(request: IncomingMessage, asked: Asked, emptyKey: string): [number, string, string] | undefined {
  const { authorization = '' } = request.headers
  if (authorization === `Bearer ${emptyKey}`) return [402, 'unknown_error', 'Insufficient Balance']
  if (authorization !== `Bearer ${deepseekKey}`) return [401, 'authentication_error', 'Authentication Fails']
  if (request.url !== chatPath && request.url !== messagesPath) return [404, 'invalid_request_error', 'Not Found']
  if (!asked.model.startsWith('deepseek-')) return [400, 'invalid_request_error', 'Model Not Exist']
  if (asked.max_tokens === undefined) return [422, 'invalid_request_error', 'max_tokens is missing']
  return undefined
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  const error = { message, type, param: null, code: 'invalid_request_error' }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
}

/** Undefined when it has a result already, or no tool is offered. */
function toolFor({ tools = [], messages }: Asked): string | undefined {
  const hasResult = messages.some(
    ({ role, content }) =>
      role === 'tool' || (Array.isArray(content) && JSON.stringify(content).includes('"tool_result"')),
  )
  return hasResult ? undefined : (tools[0]?.function?.name ?? tools[0]?.name)
}

const events = (list: readonly object[], name?: (event: object) => string): string =>
  list.map((event) => `${name ? `event: ${name(event)}\n` : ''}data: ${JSON.stringify(event)}\n\n`).join('')

function chatAnswer(asked: Asked, bill: DeepseekBill): string {
  const tool = toolFor(asked)
  const usage = {
    prompt_tokens: bill.missed + bill.hit,
    completion_tokens: bill.output,
    total_tokens: bill.missed + bill.hit + bill.output,
    prompt_cache_hit_tokens: bill.hit,
    prompt_cache_miss_tokens: bill.missed,
    completion_tokens_details: { reasoning_tokens: bill.reasoning },
  }
  const base = { id: 'c0ffee', created: 1_790_000_000, model: asked.model, system_fingerprint: 'fp' }
  const end = tool === undefined ? 'stop' : 'tool_calls'
  const call = (piece: object) => ({ index: 0, ...piece })
  const named = { id: 'call_00_x', type: 'function', function: { name: tool, arguments: '' } }
  const finished = { ...named, function: { name: tool, arguments: callInput } }
  if (asked.stream !== true) {
    const content = tool === undefined ? deepseekText : ''
    const calls = tool === undefined ? {} : { tool_calls: [call(finished)] }
    const message = { role: 'assistant', content, reasoning_content: thought, ...calls }
    const choices = [{ index: 0, message, logprobs: null, finish_reason: end }]
    return JSON.stringify({ ...base, object: 'chat.completion', choices, usage })
  }
  const chunk = (delta: object, finish: string | null = null) => ({
    ...base,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...(asked.stream_options?.include_usage === true ? { usage: null } : {}),
  })
  const said =
    tool === undefined
      ? [chunk({ content: deepseekText.slice(0, 5) }), chunk({ content: deepseekText.slice(5) })]
      : [
          chunk({ tool_calls: [call(named)] }),
          chunk({ tool_calls: [call({ function: { arguments: callInput.slice(0, 4) } })] }),
          chunk({ tool_calls: [call({ function: { arguments: callInput.slice(4) } })] }),
        ]
  const list = [
    chunk({ role: 'assistant', content: null, reasoning_content: '' }),
    chunk({ content: null, reasoning_content: thought }),
    ...said,
    chunk({ content: '', reasoning_content: null }, end),
    ...(asked.stream_options?.include_usage === true
      ? [{ ...base, object: 'chat.completion.chunk', choices: [], usage }]
      : []),
  ]
  return `: keep-alive\n\n${events(list)}data: [DONE]\n\n`
}

function messagesAnswer(asked: Asked, bill: DeepseekBill): string {
  const tool = toolFor(asked)
  const usage = {
    input_tokens: bill.missed,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: bill.hit,
    output_tokens: bill.output,
    service_tier: 'standard',
  }
  const block =
    tool === undefined ? { type: 'text', text: '' } : { type: 'tool_use', id: 'call_00_x', name: tool, input: {} }
  const whole =
    tool === undefined ? { ...block, text: deepseekText } : { ...block, input: JSON.parse(callInput) as unknown }
  const stop_reason = tool === undefined ? 'end_turn' : 'tool_use'
  const thinking = { type: 'thinking', thinking: thought, signature: 'c0ffee' }
  const base = { id: 'c0ffee', type: 'message', role: 'assistant', model: asked.model, stop_sequence: null }
  if (asked.stream !== true) return JSON.stringify({ ...base, content: [thinking, whole], stop_reason, usage })
  const delta =
    tool === undefined
      ? { type: 'text_delta', text: deepseekText }
      : { type: 'input_json_delta', partial_json: callInput }
  const list = [
    {
      type: 'message_start',
      message: { ...base, content: [], stop_reason: null, usage: { ...usage, output_tokens: 0 } },
    },
    { type: 'content_block_start', index: 0, content_block: { ...thinking, thinking: '', signature: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: thought } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c0ffee' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: block },
    { type: 'content_block_delta', index: 1, delta },
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage },
    { type: 'message_stop' },
  ]
  return events(list, (event) => (event as { type: string }).type)
}
