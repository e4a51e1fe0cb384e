// The conversation of a Chat Completions request: whether its messages are in order, and what they say as a prompt.
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'
import type { Problem } from '../problem.ts'
import type { CacheLife, PromptBlock } from '../prompt.ts'
import { imageBlock, promptBlock } from '../prompt.ts'
import type { TurnLog } from '../turn-log.ts'
import type { Complaints } from './complaints.ts'

const ROLES = ['system', 'assistant', 'user', 'function', 'tool', 'developer']
const PART_TYPES = ['text', 'image_url', 'input_audio', 'refusal', 'audio', 'file', 'video_url', 'video', 'input_text']

/** What a vendor's own dialect says of a content part. */
export interface PartRules {
  imageTokens(detail: unknown): number
  /** Where the caller marked the prefix up to this part for caching. */
  cacheLife(part: JsonRecord): CacheLife | null
}

export function findMessagesProblem(messages: readonly unknown[], complaints: Complaints): Problem | null {
  const waiting = new Set<unknown>()
  for (const [index, message] of messages.entries()) {
    const place = `messages[${index}]`
    const problem = findMessageProblem(message, place, complaints)
    if (problem !== null) return problem
    const { role, tool_calls: calls, tool_call_id: id } = message as JsonRecord
    if (role === 'tool') {
      if (!waiting.delete(id)) {
        const words = `messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.`
        return complaints.unfit(`messages.[${index}].role`, `Invalid parameter: ${words}`)
      }
      continue
    }
    if (waiting.size > 0) return unanswered(waiting, index, complaints)
    for (const call of Array.isArray(calls) ? calls : []) if (isRecord(call)) waiting.add(call['id'])
  }
  return waiting.size > 0 ? unanswered(waiting, messages.length, complaints) : null
}

function unanswered(waiting: ReadonlySet<unknown>, index: number, complaints: Complaints): Problem {
  const message =
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. ` +
    `The following tool_call_ids did not have response messages: ${[...waiting].join(', ')}`
  return complaints.unfit(`messages.[${index}].role`, message)
}

function findMessageProblem(message: unknown, place: string, complaints: Complaints): Problem | null {
  if (!isRecord(message)) return complaints.wrongType(place, 'an object', message)
  const { role, content, tool_call_id: id, tool_calls: calls } = message
  if (role === undefined) return complaints.missing(`${place}.role`)
  if (typeof role !== 'string' || !ROLES.includes(role)) return complaints.wrongValue(`${place}.role`, role, ROLES)
  if (role === 'tool' && typeof id !== 'string') return complaints.missing(`${place}.tool_call_id`)
  if (role === 'assistant' && calls !== undefined && calls !== null) {
    const problem = findCallsProblem(calls, `${place}.tool_calls`, complaints)
    if (problem !== null) return problem
  }
  if (typeof content === 'string') return null
  if (Array.isArray(content)) return findPartsProblem(content, role, `${place}.content`, complaints)
  // An assistant turn that only calls tools has no content.
  if (role === 'assistant' && (content === undefined || content === null)) return null
  if (content === undefined) return complaints.missing(`${place}.content`)
  return complaints.wrongType(`${place}.content`, 'one of a string or array of objects', content)
}

function findCallsProblem(calls: unknown, place: string, complaints: Complaints): Problem | null {
  if (!Array.isArray(calls)) return complaints.wrongType(place, 'an array of objects', calls)
  if (calls.length === 0) return complaints.emptyArray(place)
  for (const [index, call] of calls.entries()) {
    if (!isRecord(call)) return complaints.wrongType(`${place}[${index}]`, 'an object', call)
    if (typeof call['id'] !== 'string') return complaints.missing(`${place}[${index}].id`)
    if (call['type'] === 'custom') continue
    const { function: called } = call
    if (!isRecord(called)) return complaints.missing(`${place}[${index}].function`)
    if (typeof called['name'] !== 'string') return complaints.missing(`${place}[${index}].function.name`)
    if (typeof called['arguments'] !== 'string') return complaints.missing(`${place}[${index}].function.arguments`)
  }
  return null
}

function findPartsProblem(
  parts: readonly unknown[],
  role: string,
  place: string,
  complaints: Complaints,
): Problem | null {
  for (const [index, part] of parts.entries()) {
    const at = `${place}[${index}]`
    if (!isRecord(part)) return complaints.wrongType(at, 'an object', part)
    const { type } = part
    if (type === undefined) return complaints.missing(`${at}.type`)
    if (typeof type !== 'string' || !PART_TYPES.includes(type)) {
      return complaints.wrongValue(`${at}.type`, type, PART_TYPES.slice(0, 6))
    }
    if (type === 'text' && typeof part['text'] !== 'string') return complaints.missing(`${at}.text`)
    if (type !== 'image_url') continue
    if (role !== 'user') {
      const message =
        `Invalid 'messages'. Image URLs are only allowed for messages with role 'user', ` +
        `but this message with role '${role}' contains an image URL.`
      return complaints.unfit(at, message, 'invalid_value')
    }
    const image = part['image_url']
    if (!isRecord(image)) return complaints.wrongType(`${at}.image_url`, 'an object', image)
    if (typeof image['url'] !== 'string') return complaints.missing(`${at}.image_url.url`)
    if (!/^(https?:\/\/|data:image\/[\w.+-]+;base64,)/.test(image['url'])) {
      const message = `Invalid image URL: '${at}.image_url.url'. Expected a valid URL, but got a value with an invalid format.`
      return complaints.unfit(`${at}.image_url.url`, message, 'invalid_image_url')
    }
  }
  return null
}

/** Reads valid messages into blocks, and follows the turns. */
export function readMessages(messages: readonly JsonRecord[], rules: PartRules, turns: TurnLog): PromptBlock[] {
  const blocks: PromptBlock[] = []
  for (const message of messages) {
    const role = String(message['role'])
    const text = contentText(message['content'])
    if (role === 'assistant') turns.assistant()
    else if (role === 'tool') turns.toolResult(String(message['tool_call_id']), text)
    else if (role === 'user') for (const part of contentTexts(message['content'])) turns.user(part)
    blocks.push(...contentBlocks(role, message['content'], rules))
    if (message['tool_calls'] !== undefined) blocks.push(promptBlock(role, JSON.stringify(message['tool_calls'])))
    if (typeof message['reasoning_content'] === 'string') {
      blocks.push(promptBlock('thinking', message['reasoning_content']))
    }
  }
  return blocks
}

function contentBlocks(role: string, content: unknown, rules: PartRules): PromptBlock[] {
  if (typeof content === 'string') return [promptBlock(role, content)]
  if (!Array.isArray(content)) return []
  return content.filter(isRecord).map((part) => {
    const life = rules.cacheLife(part)
    const { image_url: image, cache_control: _mark, prompt_cache_breakpoint: _breakpoint, ...rest } = part
    if (part['type'] === 'image_url' && isRecord(image)) {
      return imageBlock(role, String(image['url']), rules.imageTokens(image['detail']), life)
    }
    return promptBlock(role, typeof part['text'] === 'string' ? part['text'] : JSON.stringify(rest), life)
  })
}

function contentTexts(content: unknown): string[] {
  if (typeof content === 'string') return [content]
  if (!Array.isArray(content)) return []
  return content.flatMap((part: unknown) => (isRecord(part) && typeof part['text'] === 'string' ? [part['text']] : []))
}

function contentText(content: unknown): string {
  return contentTexts(content).join('\n')
}
