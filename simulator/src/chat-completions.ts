// Reads a Chat Completions request, the wire that OpenAI defined and DashScope's compatible mode also speaks.
// Each vendor brings its own wording of complaints; the shape of the answers stays in the vendors' folders.
import type { JsonRecord } from './json.ts'
import { isRecord } from './json.ts'
import type { Problem } from './problem.ts'
import type { Prompt, PromptBlock } from './prompt.ts'
import { promptBlock, unknownFieldBlocks } from './prompt.ts'

export interface ChatRequest {
  model: string
  streamed: boolean
  usageWanted: boolean
  outputTokensMax: number | null
  prompt: Prompt
}

/** How a vendor words what is wrong with a request. */
export interface ChatComplaints {
  missing(field: string): Problem
  wrongType(field: string, expected: string, value: unknown): Problem
  wrongValue(field: string, value: unknown, supported: readonly string[]): Problem
  emptyArray(field: string): Problem
  belowMinimum(field: string, minimum: number, value: unknown): Problem
  streamOptionsWithoutStream(): Problem
}

const ROLES = ['system', 'assistant', 'user', 'function', 'tool', 'developer']

/** Fields that steer the answer without being part of the prompt. Any other field counts as input. */
const STEERING_FIELDS: ReadonlySet<string> = new Set(
  (
    'model messages tools stream stream_options max_tokens max_completion_tokens temperature top_p top_k n stop seed ' +
    'user presence_penalty frequency_penalty logit_bias logprobs top_logprobs response_format service_tier metadata ' +
    'store parallel_tool_calls tool_choice reasoning_effort verbosity prompt_cache_key safety_identifier ' +
    'enable_thinking thinking_budget enable_search'
  ).split(' '),
)

export function readChatRequest(body: unknown, complaints: ChatComplaints): ChatRequest | Problem {
  const request = isRecord(body) ? body : {}
  const problem = findProblem(request, complaints)
  if (problem !== null) return problem
  const { model, messages, stream, stream_options: options } = request
  const cap = request['max_completion_tokens'] ?? request['max_tokens']
  return {
    model: model as string,
    streamed: stream === true,
    usageWanted: isRecord(options) && options['include_usage'] === true,
    outputTokensMax: typeof cap === 'number' ? cap : null,
    prompt: readPrompt(request, messages as JsonRecord[]),
  }
}

function findProblem(request: JsonRecord, complaints: ChatComplaints): Problem | null {
  const { model, messages, stream, stream_options: options } = request
  if (model === undefined) return complaints.missing('model')
  if (typeof model !== 'string') return complaints.wrongType('model', 'a string', model)
  if (messages === undefined) return complaints.missing('messages')
  if (!Array.isArray(messages)) return complaints.wrongType('messages', 'an array of objects', messages)
  if (messages.length === 0) return complaints.emptyArray('messages')
  for (const field of ['max_tokens', 'max_completion_tokens']) {
    const cap = request[field] ?? null
    if (cap === null) continue
    if (typeof cap !== 'number' || !Number.isInteger(cap)) return complaints.wrongType(field, 'an integer', cap)
    if (cap < 1) return complaints.belowMinimum(field, 1, cap)
  }
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    return complaints.wrongType('stream', 'a boolean', stream)
  }
  if (isRecord(options) && stream !== true) return complaints.streamOptionsWithoutStream()
  for (const [index, message] of messages.entries()) {
    const found = findMessageProblem(message, `messages[${index}]`, complaints)
    if (found !== null) return found
  }
  return null
}

function findMessageProblem(message: unknown, place: string, complaints: ChatComplaints): Problem | null {
  if (!isRecord(message)) return complaints.wrongType(place, 'an object', message)
  const { role, content } = message
  if (role === undefined) return complaints.missing(`${place}.role`)
  if (typeof role !== 'string' || !ROLES.includes(role)) return complaints.wrongValue(`${place}.role`, role, ROLES)
  if (typeof content === 'string' || Array.isArray(content)) return null
  // An assistant turn that only calls tools has no content.
  if (role === 'assistant' && (content === undefined || content === null)) return null
  if (content === undefined) return complaints.missing(`${place}.content`)
  return complaints.wrongType(`${place}.content`, 'one of a string or array of objects', content)
}

function readPrompt(request: JsonRecord, messages: readonly JsonRecord[]): Prompt {
  const blocks: PromptBlock[] = []
  if (request['tools'] !== undefined) blocks.push(promptBlock('tools', JSON.stringify(request['tools'])))
  let lastUserText = ''
  for (const message of messages) {
    const text = contentText(message['content'])
    const calls = message['tool_calls'] === undefined ? '' : JSON.stringify(message['tool_calls'])
    blocks.push(promptBlock(String(message['role']), text + calls))
    if (message['role'] === 'user') lastUserText = text
  }
  blocks.push(...unknownFieldBlocks(request, STEERING_FIELDS))
  return { blocks, lastUserText }
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  const texts = content.map((part: unknown) =>
    isRecord(part) && typeof part['text'] === 'string' ? part['text'] : JSON.stringify(part),
  )
  return texts.join('\n')
}
