// Reads an Anthropic Messages request: validation in the vendor's wording, and the prompt with its cache marks.
// Order of the prompt is that of Anthropic's cache: tools, system, messages.
import type { IncomingHttpHeaders } from 'node:http'
import type { JsonRecord } from '../../json.ts'
import { isPositiveInteger, isRecord } from '../../json.ts'
import type { Problem } from '../../problem.ts'
import type { CacheLife, Prompt, PromptBlock } from '../../prompt.ts'
import { promptBlock, unknownFieldBlocks } from '../../prompt.ts'
import { singleHeader } from '../../vendor.ts'

/** Anthropic prompt caching guide: "up to 4 cache breakpoints". */
const CACHE_MARKS_MAX = 4
/** The version since which sampling parameters are refused as extra inputs. */
const VERSION_WITHOUT_SAMPLING = '2026-10-21'
const SAMPLING_FIELDS = ['temperature', 'top_p', 'top_k']

/** Fields that steer the answer without being part of the prompt. Any other field counts as input. */
const STEERING_FIELDS: ReadonlySet<string> = new Set(
  (
    'model messages system tools max_tokens stream temperature top_p top_k stop_sequences metadata service_tier ' +
    'thinking tool_choice output_config context_management container cache_control inference_geo speed'
  ).split(' '),
)

export interface MessagesRequest {
  model: string
  streamed: boolean
  outputTokensMax: number
  prompt: Prompt
}

export function readMessagesRequest(body: unknown, headers: IncomingHttpHeaders): MessagesRequest | Problem {
  const request = isRecord(body) ? body : {}
  const problem = findProblem(request, headers)
  if (problem !== null) return problem
  const prompt = readPrompt(request)
  const marks = prompt.blocks.map((block) => block.cacheFor).filter((life) => life !== null)
  if (marks.length > CACHE_MARKS_MAX) {
    return invalid(`A maximum of ${CACHE_MARKS_MAX} blocks with cache_control may be provided. Found ${marks.length}.`)
  }
  const firstShort = marks.indexOf('5m')
  if (firstShort >= 0 && marks.lastIndexOf('1h') > firstShort) {
    return invalid("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block.")
  }
  const { model, stream, max_tokens: cap } = request
  return { model: model as string, streamed: stream === true, outputTokensMax: cap as number, prompt }
}

function invalid(message: string): Problem {
  return { kind: 'invalid-request', message }
}

function findProblem(request: JsonRecord, headers: IncomingHttpHeaders): Problem | null {
  for (const field of ['model', 'messages', 'max_tokens']) {
    if (request[field] === undefined) return invalid(`${field}: Field required`)
  }
  const { model, messages, max_tokens: cap, stream, system } = request
  if (typeof model !== 'string') return invalid('model: Input should be a valid string')
  if (!Array.isArray(messages)) return invalid('messages: Input should be a valid list')
  if (typeof cap !== 'number' || !Number.isInteger(cap)) return invalid('max_tokens: Input should be a valid integer')
  if (!isPositiveInteger(cap)) return invalid('max_tokens: Input should be greater than or equal to 1')
  if (stream !== undefined && typeof stream !== 'boolean') return invalid('stream: Input should be a valid boolean')
  if (system !== undefined && typeof system !== 'string' && !Array.isArray(system)) {
    return invalid('system: Input should be a valid list')
  }
  const hasSampling = singleHeader(headers['anthropic-version']) !== VERSION_WITHOUT_SAMPLING
  const extra = hasSampling ? undefined : SAMPLING_FIELDS.find((field) => request[field] !== undefined)
  if (extra !== undefined) return invalid(`${extra}: Extra inputs are not permitted`)
  return findMessagesProblem(messages, headers)
}

function findMessagesProblem(messages: readonly unknown[], headers: IncomingHttpHeaders): Problem | null {
  if (messages.length === 0) return invalid('messages: at least one message is required')
  // System turns in mid-conversation are a beta, announced by a header of that name.
  const allowsSystem = (singleHeader(headers['anthropic-beta']) ?? '').includes('mid-conversation')
  for (const [index, message] of messages.entries()) {
    const place = `messages.${index}`
    if (!isRecord(message)) return invalid(`${place}: Input should be a valid dictionary`)
    const { role, content } = message
    if (role === undefined) return invalid(`${place}.role: Field required`)
    if (role === 'system' && !allowsSystem) {
      return invalid(`messages: Unexpected role "system". The Messages API accepts a top-level \`system\` parameter.`)
    }
    if (role !== 'user' && role !== 'assistant' && role !== 'system') {
      return invalid(`${place}.role: Input should be 'user' or 'assistant'`)
    }
    if (content === undefined) return invalid(`${place}.content: Field required`)
    const problem = findContentProblem(content, `${place}.content`)
    if (problem !== null) return problem
  }
  const first = messages[0]
  return isRecord(first) && first['role'] === 'assistant'
    ? invalid('messages: first message must use the "user" role')
    : null
}

function findContentProblem(content: unknown, place: string): Problem | null {
  if (typeof content === 'string') return null
  if (!Array.isArray(content)) return invalid(`${place}: Input should be a valid list`)
  for (const [index, block] of content.entries()) {
    if (!isRecord(block)) return invalid(`${place}.${index}: Input should be a valid dictionary`)
    if (typeof block['type'] !== 'string') return invalid(`${place}.${index}.type: Field required`)
    if (block['type'] !== 'text') continue
    if (typeof block['text'] !== 'string') return invalid(`${place}.${index}.text.text: Field required`)
    if (block['text'] === '') return invalid('messages: text content blocks must be non-empty')
  }
  return null
}

function readPrompt(request: JsonRecord): Prompt {
  const { tools, system, messages } = request
  const blocks: PromptBlock[] = []
  for (const tool of Array.isArray(tools) ? tools : []) blocks.push(readBlock('tool', tool))
  blocks.push(...contentBlocks('system', system ?? []))
  let lastUserText = ''
  for (const message of messages as JsonRecord[]) {
    const role = String(message['role'])
    blocks.push(...contentBlocks(role, message['content']))
    if (role === 'user') lastUserText = contentText(message['content'])
  }
  const last = blocks.at(-1)
  // A mark on the request itself stands for its last block (automatic caching in the prompt caching guide).
  const life = lifeOf(request)
  if (last !== undefined && life !== null) last.cacheFor ??= life
  blocks.push(...unknownFieldBlocks(request, STEERING_FIELDS))
  return { blocks, lastUserText }
}

function contentBlocks(role: string, content: unknown): PromptBlock[] {
  if (typeof content === 'string') return [promptBlock(role, content)]
  return Array.isArray(content) ? content.map((block) => readBlock(role, block)) : []
}

function readBlock(role: string, block: unknown): PromptBlock {
  if (!isRecord(block)) return promptBlock(role, JSON.stringify(block))
  if (block['type'] === 'text' && typeof block['text'] === 'string') {
    return promptBlock(role, block['text'], lifeOf(block))
  }
  // The mark is no part of the prefix: moving it must not lose the cache.
  const { cache_control: _, ...rest } = block
  return promptBlock(role, JSON.stringify(rest), lifeOf(block))
}

function lifeOf(record: JsonRecord): CacheLife | null {
  const control = record['cache_control']
  if (!isRecord(control)) return null
  return control['ttl'] === '1h' ? '1h' : '5m'
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((block: unknown) => (isRecord(block) && typeof block['text'] === 'string' ? block['text'] : ''))
    .join('\n')
}
