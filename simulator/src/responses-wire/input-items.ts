// The input of a Responses request: resolves references to stored items, checks that items are in order (calls and
// their outputs, reasoning and what it led to), and reads them as a prompt.
import type { Complaints } from '../chat-wire/complaints.ts'
import type { JsonRecord } from '../json.ts'
import { asText, isRecord } from '../json.ts'
import type { Problem } from '../problem.ts'
import type { PromptBlock } from '../prompt.ts'
import { imageBlock, promptBlock } from '../prompt.ts'
import type { StoredDocuments } from '../stored-documents.ts'
import type { TurnLog } from '../turn-log.ts'
import type { ResponsesDialect } from './dialect.ts'
import { openReasoning } from './encrypted-reasoning.ts'
import { findItem } from './stored-responses.ts'

const ROLES = ['assistant', 'system', 'developer', 'user']
const PART_TYPES = [
  'input_text',
  'input_image',
  'output_text',
  'refusal',
  'input_file',
  'computer_screenshot',
  'summary_text',
]
const NOT_KEPT =
  ' Items are not persisted when `store` is set to false. ' +
  'Try again with `store` set to true, or remove this item from your input.'

/** Which kind of output answers which kind of call. */
const CALL_OF_OUTPUT: Readonly<Record<string, string>> = {
  function_call_output: 'function_call',
  custom_tool_call_output: 'custom_tool_call',
  local_shell_call_output: 'local_shell_call',
  shell_call_output: 'shell_call',
  apply_patch_call_output: 'apply_patch_call',
  computer_call_output: 'computer_call',
}
const ANSWERED_CALLS = ['function_call', 'custom_tool_call']

export interface InputContext {
  stored: StoredDocuments
  organisation: string
  /** Whether the request says `store: false`, which is part of the complaint. */
  isStored: boolean
  complaints: Complaints
}

export interface InputItems {
  items: readonly JsonRecord[]
  removedReasoning: readonly string[]
}

/** A string is one user message; a message may leave its type out. */
export function resolveInput(input: unknown, context: InputContext): InputItems | Problem {
  const { complaints } = context
  if (typeof input === 'string')
    return { items: [{ type: 'message', role: 'user', content: input }], removedReasoning: [] }
  if (!Array.isArray(input)) return complaints.wrongType('input', 'one of a string or array of objects', input)
  const items: JsonRecord[] = []
  const removedReasoning: string[] = []
  for (const [index, entry] of input.entries()) {
    const place = `input[${index}]`
    if (!isRecord(entry)) return complaints.wrongType(place, 'an object', entry)
    const item = entry['type'] === undefined && entry['role'] !== undefined ? { ...entry, type: 'message' } : entry
    if (item['type'] === undefined) return complaints.missing(`${place}.type`)
    const resolved = item['type'] === 'item_reference' ? findItem(context.stored, String(item['id'])) : item
    if (resolved === null) return itemNotFound(item, context)
    const problem = findItemProblem(resolved, place, context)
    if (problem !== null) return problem
    if (isForeignReasoning(resolved, context)) removedReasoning.push(asText(resolved['id']))
    else items.push(resolved)
  }
  return { items, removedReasoning }
}

function itemNotFound({ id }: JsonRecord, { isStored }: InputContext): Problem {
  const message = `Item with id '${String(id)}' not found.${isStored ? '' : NOT_KEPT}`
  return { kind: 'invalid-request', status: 404, message, param: 'input' }
}

function findItemProblem(item: JsonRecord, place: string, context: InputContext): Problem | null {
  const { complaints } = context
  const { type, call_id: callId } = item
  switch (type) {
    case 'message':
      return findMessageProblem(item, place, complaints)
    case 'reasoning':
      return findReasoningProblem(item, place, context)
    case 'function_call':
      if (typeof item['arguments'] !== 'string') return complaints.missing(`${place}.arguments`)
      if (typeof item['name'] !== 'string') return complaints.missing(`${place}.name`)
      return typeof callId === 'string' ? null : complaints.missing(`${place}.call_id`)
    case 'custom_tool_call':
      if (typeof item['input'] !== 'string') return complaints.missing(`${place}.input`)
      return typeof callId === 'string' ? null : complaints.missing(`${place}.call_id`)
    case 'function_call_output':
    case 'custom_tool_call_output':
      if (typeof callId !== 'string') return complaints.missing(`${place}.call_id`)
      return typeof item['output'] === 'string' || Array.isArray(item['output'])
        ? null
        : complaints.missing(`${place}.output`)
    default:
      // Server tools' items and whatever is newer than this simulator pass.
      return null
  }
}

function findMessageProblem({ role, content }: JsonRecord, place: string, complaints: Complaints): Problem | null {
  if (role === undefined) return complaints.missing(`${place}.role`)
  if (typeof role !== 'string' || !ROLES.includes(role)) return complaints.wrongValue(`${place}.role`, role, ROLES)
  if (typeof content === 'string') return null
  if (content === undefined) return complaints.missing(`${place}.content`)
  if (!Array.isArray(content)) {
    return complaints.wrongType(`${place}.content`, 'one of a string or array of objects', content)
  }
  const allowed = role === 'assistant' ? ['output_text', 'refusal'] : PART_TYPES
  for (const [index, part] of content.entries()) {
    const at = `${place}.content[${index}]`
    if (!isRecord(part)) return complaints.wrongType(at, 'an object', part)
    if (typeof part['type'] !== 'string' || !allowed.includes(part['type'])) {
      return complaints.wrongValue(`${at}.type`, part['type'], allowed)
    }
    if (part['type'].endsWith('_text') && typeof part['text'] !== 'string') return complaints.missing(`${at}.text`)
  }
  return null
}

function findReasoningProblem(item: JsonRecord, place: string, context: InputContext): Problem | null {
  const { encrypted_content: sealed, id, summary } = item
  if (!Array.isArray(summary)) return context.complaints.missing(`${place}.summary`)
  if (typeof sealed !== 'string') {
    return typeof id !== 'string' || findItem(context.stored, id) === null ? itemNotFound(item, context) : null
  }
  if (openReasoning(sealed, context.organisation) !== 'broken') return null
  const message =
    `The encrypted content ${sealed.slice(0, 4)}...${sealed.slice(-4)} could not be verified. ` +
    'Reason: Encrypted content could not be decrypted or parsed.'
  return { kind: 'invalid-request', message, code: 'invalid_encrypted_content' }
}

function isForeignReasoning({ type, encrypted_content: sealed }: JsonRecord, { organisation }: InputContext): boolean {
  return (
    type === 'reasoning' && typeof sealed === 'string' && openReasoning(sealed, organisation) === 'another organisation'
  )
}

/** Every call has its output and every output its call, and reasoning comes with what it led to. */
export function findOrderProblem(items: readonly JsonRecord[], complaints: Complaints): Problem | null {
  const calls = new Set<string>()
  const answered = new Set<string>()
  for (const [index, item] of items.entries()) {
    const { type, call_id: callId } = item
    const call = CALL_OF_OUTPUT[String(type)]
    if (type === 'reasoning' && !isOutput(items[index + 1])) {
      const message = `Item '${String(item['id'])}' of type 'reasoning' was provided without its required following item.`
      return complaints.unfit('input', message)
    }
    if (call !== undefined) {
      if (!calls.has(`${call} ${String(callId)}`)) {
        const words = String(type).replaceAll('_', ' ')
        return complaints.unfit('input', `No tool call found for ${words} with call_id ${String(callId)}.`)
      }
      answered.add(`${call} ${String(callId)}`)
    } else if (callId !== undefined) calls.add(`${String(type)} ${asText(callId)}`)
  }
  for (const call of calls) {
    const [type = '', callId] = call.split(' ')
    if (answered.has(call) || !ANSWERED_CALLS.includes(type)) continue
    const words = type.replaceAll('_', ' ')
    return complaints.unfit('input', `No tool output found for ${words} ${callId}.`)
  }
  return null
}

function isOutput(item: JsonRecord | undefined): boolean {
  if (item === undefined) return false
  return item['type'] === 'message' ? item['role'] === 'assistant' : CALL_OF_OUTPUT[String(item['type'])] === undefined
}

export function readItems(items: readonly JsonRecord[], dialect: ResponsesDialect, turns: TurnLog): PromptBlock[] {
  return items.flatMap((item) => readItem(item, dialect, turns))
}

function readItem(item: JsonRecord, dialect: ResponsesDialect, turns: TurnLog): PromptBlock[] {
  const { type, role, content } = item
  if (type === 'message') {
    const speaker = String(role)
    if (speaker === 'assistant') turns.assistant()
    else if (speaker === 'user') for (const text of partTexts(content)) turns.user(text)
    return partBlocks(speaker, content, dialect)
  }
  if (CALL_OF_OUTPUT[String(type)] !== undefined) {
    turns.toolResult(String(item['call_id']), partTexts(item['output']).join('\n'))
    return partBlocks('tool', item['output'], dialect)
  }
  if (type === 'additional_tools') return [promptBlock('tools', JSON.stringify(item['tools']))]
  turns.assistant()
  if (type === 'reasoning') return [promptBlock('thinking', partTexts(item['summary']).join('\n'))]
  // Ids and statuses are the vendor's bookkeeping and cost nobody tokens.
  const { id: _id, status: _status, ...said } = item
  return [promptBlock('assistant', JSON.stringify(said))]
}

function partBlocks(role: string, content: unknown, dialect: ResponsesDialect): PromptBlock[] {
  if (typeof content === 'string') return [promptBlock(role, content)]
  if (!Array.isArray(content)) return content === undefined ? [] : [promptBlock(role, JSON.stringify(content))]
  return content.filter(isRecord).map((part) => {
    const life = dialect.cacheLife(part)
    const { image_url: url, file_id: file, detail } = part
    if (part['type'] === 'input_image') return imageBlock(role, String(url ?? file), dialect.imageTokens(detail), life)
    const text = part['text'] ?? part['refusal']
    return promptBlock(role, typeof text === 'string' ? text : JSON.stringify(part), life)
  })
}

function partTexts(content: unknown): string[] {
  if (typeof content === 'string') return [content]
  if (!Array.isArray(content)) return []
  return content.flatMap((part: unknown) => (isRecord(part) && typeof part['text'] === 'string' ? [part['text']] : []))
}
