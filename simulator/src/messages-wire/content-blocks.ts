// The rules of single content blocks: the fields of each type, who may send it, and what must be inside. How blocks of
// different messages hang together is conversation.ts's business. (Messages API reference, ContentBlockParam.)
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'
import type { Problem } from '../problem.ts'
import { isOwnSignature } from '../thinking-signature.ts'
import { findExtra, firstProblem, invalid, notOneOf, required, wrongType } from './refusal.ts'

export type Role = 'user' | 'assistant' | 'system'

export interface BlockRules {
  /** Off where a beta may have added fields, and on servers that ignore what they do not know. */
  refusesExtras: boolean
  isNewer: boolean
}

const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']
const TOOL_ID = /^[a-zA-Z0-9_-]+$/
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,200}$/
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

function fields(names: string): ReadonlySet<string> {
  return new Set(names.split(' '))
}

/** The types this file knows in full. Blocks of server tools and of betas pass as they are. */
const FIELDS: Record<string, ReadonlySet<string>> = {
  text: fields('type text cache_control citations'),
  image: fields('type source cache_control transformations'),
  document: fields('type source cache_control citations context title'),
  search_result: fields('type content source title cache_control citations'),
  thinking: fields('type thinking signature'),
  redacted_thinking: fields('type data'),
  tool_use: fields('type id name input cache_control caller toolset_name'),
  tool_result: fields('type tool_use_id content is_error cache_control toolset_name'),
  tool_reference: fields('type tool_name cache_control'),
}

/** What is neither here nor above has no place in a request, unless a beta brought it. */
const TOLERATED =
  /^(?:server_tool_use|container_upload|fallback|compaction|mcp_tool_use|\w+_tool_result|browser_state|tool_\w+|mcp_\w+)$/

const ASSISTANT_ONLY = ['thinking', 'redacted_thinking', 'tool_use']
const IN_TOOL_RESULT = ['text', 'image', 'search_result', 'document', 'tool_reference', 'browser_state']

type Check = (block: JsonRecord, place: string, rules: BlockRules) => Problem | null

const CHECKS: Record<string, Check> = {
  text: findTextProblem,
  image: findImageProblem,
  document: findDocumentProblem,
  thinking: findThinkingProblem,
  redacted_thinking: ({ data }, place) => {
    if (typeof data !== 'string') return required(`${place}.redacted_thinking.data`)
    return isOwnSignature(data, null) ? null : invalid(`${place}: Invalid \`data\` in \`redacted_thinking\` block`)
  },
  tool_use: findToolUseProblem,
  tool_result: findToolResultProblem,
}

export function findBlockProblem(block: unknown, role: Role, place: string, rules: BlockRules): Problem | null {
  if (!isRecord(block)) return wrongType(place, 'dictionary')
  const { type } = block
  if (type === undefined) return required(`${place}.type`)
  if (typeof type !== 'string') return wrongType(`${place}.type`, 'string')
  const known = FIELDS[type]
  if (known === undefined && rules.refusesExtras && !TOLERATED.test(type)) {
    const expected = Object.keys(FIELDS).map((name) => `'${name}'`)
    return invalid(
      `${place}: Input tag '${type}' found using 'type' does not match any of the expected tags: ` +
        expected.join(', '),
    )
  }
  const misplaced = findMisplaced(type, role, place, rules)
  if (misplaced !== null) return misplaced
  const problem = CHECKS[type]?.(block, place, rules) ?? null
  if (problem !== null) return problem
  return known !== undefined && rules.refusesExtras ? findExtra(block, known, `${place}.${type}`) : null
}

function findMisplaced(type: string, role: Role, place: string, rules: BlockRules): Problem | null {
  if (role === 'system' && FIELDS[type] !== undefined && type !== 'text') {
    return invalid(`${place}: \`${type}\` blocks are not allowed in \`system\` messages`)
  }
  if (role === 'user' && ASSISTANT_ONLY.includes(type)) {
    return invalid(`${place}: \`${type}\` blocks can only be in \`assistant\` messages`)
  }
  if (role === 'assistant' && type === 'tool_result') {
    return invalid(`${place}: \`tool_result\` blocks can only be in \`user\` messages`)
  }
  if (role === 'assistant' && type === 'document' && rules.isNewer) {
    return invalid(`${place}: \`document\` blocks can only be in \`user\` messages`)
  }
  return null
}

function findTextProblem(block: JsonRecord, place: string): Problem | null {
  const { text } = block
  if (text === undefined) return required(`${place}.text.text`)
  if (typeof text !== 'string') return wrongType(`${place}.text.text`, 'string')
  if (text === '') return invalid('messages: text content blocks must be non-empty')
  return text.trim() === '' ? invalid('messages: text content blocks must contain non-whitespace text') : null
}

/** Version 2026-10-21: only the model cites; a user's text with citations is refused. */
export function findCitations(block: unknown, place: string): Problem | null {
  if (!isRecord(block) || block['type'] !== 'text') return null
  const { citations } = block
  if (!Array.isArray(citations) || citations.length === 0) return null
  return invalid(`${place}.text.citations: citations are only permitted in \`assistant\` messages`)
}

function findImageProblem({ source }: JsonRecord, place: string): Problem | null {
  const inside = `${place}.image.source`
  if (!isRecord(source)) return required(inside)
  switch (source['type']) {
    case 'base64':
      if (typeof source['media_type'] !== 'string' || !IMAGE_TYPES.includes(source['media_type'])) {
        return notOneOf(`${inside}.base64.media_type`, IMAGE_TYPES)
      }
      return findDataProblem(source['data'], `${inside}.base64`)
    case 'url':
      return findUrlProblem(source['url'], `${inside}.url.url`)
    case 'file':
      return typeof source['file_id'] === 'string' ? null : required(`${inside}.file.file_id`)
    default:
      return unknownSource(source, inside, "'base64', 'file', 'url'")
  }
}

function findDocumentProblem(block: JsonRecord, place: string, rules: BlockRules): Problem | null {
  const { source } = block
  const inside = `${place}.document.source`
  if (!isRecord(source)) return required(inside)
  switch (source['type']) {
    case 'base64':
      if (source['media_type'] !== 'application/pdf') {
        return notOneOf(`${inside}.base64.media_type`, ['application/pdf'])
      }
      return findDataProblem(source['data'], `${inside}.base64`)
    case 'text':
      if (source['media_type'] !== 'text/plain') return notOneOf(`${inside}.text.media_type`, ['text/plain'])
      return typeof source['data'] === 'string' ? null : required(`${inside}.text.data`)
    case 'content':
      if (!Array.isArray(source['content'])) return null
      return firstProblem(source['content'], (item: unknown, index) =>
        findBlockProblem(item, 'user', `${inside}.content.content.${index}`, rules),
      )
    case 'url':
      return findUrlProblem(source['url'], `${inside}.url.url`)
    case 'file':
      return typeof source['file_id'] === 'string' ? null : required(`${inside}.file.file_id`)
    default:
      return unknownSource(source, inside, "'base64', 'content', 'file', 'text', 'url'")
  }
}

function unknownSource(source: JsonRecord, place: string, expected: string): Problem {
  if (typeof source['type'] !== 'string') return required(`${place}.type`)
  const found = `Input tag '${source['type']}' found using 'type'`
  return invalid(`${place}: ${found} does not match any of the expected tags: ${expected}`)
}

function findDataProblem(data: unknown, place: string): Problem | null {
  if (typeof data !== 'string') return required(`${place}.data`)
  if (data === '') return invalid(`${place}.data: image cannot be empty`)
  return BASE64.test(data) && data.length % 4 === 0 ? null : invalid(`${place}: invalid base64 data`)
}

function findUrlProblem(url: unknown, place: string): Problem | null {
  if (typeof url !== 'string') return required(place)
  if (url.startsWith('https://') || url.startsWith('http://')) return null
  return invalid(`${place}: Only HTTPS URLs are supported.`)
}

function findThinkingProblem(block: JsonRecord, place: string): Problem | null {
  const { thinking, signature } = block
  if (typeof thinking !== 'string') return required(`${place}.thinking.thinking`)
  if (typeof signature !== 'string') return required(`${place}.thinking.signature`)
  // Where the text was not shown it comes back empty, and the signature alone vouches for it.
  return isOwnSignature(signature, thinking === '' ? null : thinking)
    ? null
    : invalid(`${place}: Invalid \`signature\` in \`thinking\` block`)
}

function findToolUseProblem(block: JsonRecord, place: string): Problem | null {
  const { id, name, input } = block
  const inside = `${place}.tool_use`
  if (typeof id !== 'string') return required(`${inside}.id`)
  if (!TOOL_ID.test(id)) return invalid(`${inside}.id: String should match pattern '^[a-zA-Z0-9_-]+$'`)
  if (typeof name !== 'string') return required(`${inside}.name`)
  if (!TOOL_NAME.test(name)) return invalid(`${inside}.name: String should match pattern '^[a-zA-Z0-9_-]{1,200}$'`)
  if (input === undefined) return required(`${inside}.input`)
  return isRecord(input) ? null : wrongType(`${inside}.input`, 'dictionary')
}

function findToolResultProblem(block: JsonRecord, place: string, rules: BlockRules): Problem | null {
  const { tool_use_id: id, content = null, is_error: isError } = block
  const inside = `${place}.tool_result`
  if (typeof id !== 'string') return required(`${inside}.tool_use_id`)
  if (isError !== undefined && typeof isError !== 'boolean') return wrongType(`${inside}.is_error`, 'boolean')
  if (content === null || typeof content === 'string') return null
  if (!Array.isArray(content)) return wrongType(`${inside}.content`, 'list')
  return firstProblem(content, (item: unknown, index) => {
    const at = `${inside}.content.${index}`
    if (isRecord(item) && typeof item['type'] === 'string' && !IN_TOOL_RESULT.includes(item['type'])) {
      const expected = IN_TOOL_RESULT.map((name) => `'${name}'`).join(', ')
      return invalid(
        `${at}: Input tag '${item['type']}' found using 'type' does not match any of the expected tags: ${expected}`,
      )
    }
    return findBlockProblem(item, 'user', at, rules)
  })
}
