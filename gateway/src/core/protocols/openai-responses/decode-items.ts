// The input of a Responses request → canonical messages (OpenAI API reference, "Create a model response", `input`). Items in which
// the vendor's own tools worked are left out and named: what came of them stands in the text.
import type { ChatMessage, ContentPart, TextPart } from '../chat.ts'
import { asRecord, asText, parseJson } from '../lenient-json.ts'
import {
  invalidField,
  members,
  nameRest,
  notTranslatable,
  readRecords,
  readText,
  type RequestBody,
} from '../request-fields.ts'
import { decodeContent, decodeTexts } from './decode-parts.ts'
import { isMarked } from './reasoning-mark.ts'
import { flatName } from './tool-names.ts'
import { readItemTexts } from './wire.ts'

/** Tools that came in the conversation, and where. */
export interface FoundTools {
  entries: RequestBody[]
  path: string
}

export interface Conversation {
  /** Instructions that stand before the first turn. */
  system: TextPart[]
  messages: ChatMessage[]
  tools: FoundTools[]
}

interface Reading extends Conversation {
  dropped: string[]
  /** Names of the tools called so far, by the call's id. */
  calls: Map<string, string>
}

/** Ids and states of items are the vendor's own; answers to come do not depend on them. */
const read = {
  message: members('type role content id status'),
  call: members('type call_id name namespace arguments input id status caller created_by'),
  output: members('type call_id output id status name caller created_by'),
  reasoning: members('type summary content encrypted_content id status'),
}

export function decodeItems(value: unknown, dropped: string[]): Conversation {
  const reading: Reading = { system: [], messages: [], tools: [], dropped, calls: new Map() }
  if (typeof value === 'string') {
    if (value !== '') add(reading, 'user', [{ type: 'text', text: value }])
    return reading
  }
  for (const [index, item] of readRecords(value, 'input').entries()) decodeItem(item, `input[${index}]`, reading)
  return reading
}

/** Left out and named; the rest of what the vendor's tools do cannot be done without. */
const droppedItems: ReadonlySet<unknown> = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'mcp_list_tools',
  'mcp_call',
  'mcp_approval_request',
  'mcp_approval_response',
  'tool_search_call',
  'program',
  'program_output',
])

function decodeItem(item: RequestBody, path: string, reading: Reading): void {
  const type = item['type'] ?? (item['role'] === undefined ? undefined : 'message')
  switch (type) {
    case 'message':
      decodeMessage(item, path, reading)
      return
    case 'function_call':
    case 'custom_tool_call':
      add(reading, 'assistant', [decodeCall(item, path, reading)])
      return
    case 'function_call_output':
    case 'custom_tool_call_output':
      add(reading, 'user', [decodeOutput(item, path, reading)])
      return
    case 'reasoning':
      nameRest(item, path, read.reasoning, reading.dropped)
      decodeReasoning(item, reading)
      return
    case 'additional_tools':
    case 'tool_search_output':
      reading.tools.push({ entries: readRecords(item['tools'], `${path}.tools`), path: `${path}.tools` })
      return
    case 'item_reference':
      decodeReference(item, path, reading)
      return
    default:
      if (!droppedItems.has(type)) throw refusedItem(type, path)
      reading.dropped.push(path)
  }
}

function refusedItem(type: unknown, path: string): Error {
  const name = readText(type, `${path}.type`).slice(0, 40)
  return notTranslatable(path, `"${path}" of type "${name}" cannot be passed on.`)
}

function decodeMessage(item: RequestBody, path: string, reading: Reading): void {
  nameRest(item, path, read.message, reading.dropped)
  const { role, content } = item
  const place = `${path}.content`
  switch (role) {
    case 'system':
    case 'developer': {
      const texts = decodeTexts(content, place, reading.dropped)
      if (reading.messages.length === 0) reading.system.push(...texts)
      else if (texts.length > 0) reading.messages.push({ role: 'system', content: texts })
      return
    }
    case 'user':
      add(reading, 'user', decodeContent(content, place, reading.dropped))
      return
    case 'assistant':
      add(reading, 'assistant', decodeTexts(content, place, reading.dropped))
      return
    default:
      throw invalidField(`${path}.role`, 'must be one of user, assistant, system, developer')
  }
}

/** What the assistant says, thinks and calls in one turn are several items here, and so are the results of its calls. */
function add(reading: Reading, role: 'user' | 'assistant', content: ContentPart[]): void {
  if (content.length === 0) return
  const last = reading.messages.at(-1)
  const isResult = content[0]?.type === 'tool-result'
  const continues =
    last?.role === role &&
    (role === 'assistant' || (isResult && last.content.every(({ type }) => type === 'tool-result')))
  if (continues) last.content.push(...content)
  else reading.messages.push({ role, content })
}

function decodeCall(item: RequestBody, path: string, reading: Reading): ContentPart {
  nameRest(item, path, read.call, reading.dropped)
  const id = readText(item['call_id'], `${path}.call_id`)
  const name = flatName(asText(item['namespace']), readText(item['name'], `${path}.name`))
  reading.calls.set(id, name)
  const argumentsJson =
    item['type'] === 'custom_tool_call'
      ? JSON.stringify({ input: readText(item['input'], `${path}.input`) })
      : readArguments(item['arguments'], `${path}.arguments`)
  return { type: 'tool-call', id, name, argumentsJson }
}

/** Models write what they like; wires that carry the arguments as an object need one. */
function readArguments(value: unknown, path: string): string {
  const text = readText(value ?? '', path)
  const parsed = parseJson(text)
  if (asRecord(parsed) !== undefined) return text
  if (parsed !== undefined) return JSON.stringify({ value: parsed })
  return text.trim() === '' ? '{}' : JSON.stringify({ text })
}

function decodeOutput(item: RequestBody, path: string, reading: Reading): ContentPart {
  nameRest(item, path, read.output, reading.dropped)
  const callId = readText(item['call_id'], `${path}.call_id`)
  const content = decodeContent(item['output'], `${path}.output`, reading.dropped)
  return { type: 'tool-result', callId, name: reading.calls.get(callId), content, isError: false }
}

/** Thoughts that the vendor has encrypted can be read by nobody else; ours have nothing encrypted in them. */
function decodeReasoning(item: RequestBody, reading: Reading): void {
  const encrypted = item['encrypted_content'] ?? undefined
  if (encrypted !== undefined && !isMarked(encrypted)) reading.dropped.push('reasoning.encrypted_content')
  const texts = readItemTexts(item).map(({ text }) => text)
  const text = texts.filter((paragraph) => paragraph !== '').join('\n\n')
  if (text !== '') add(reading, 'assistant', [{ type: 'reasoning', text }])
}

function decodeReference(item: RequestBody, path: string, reading: Reading): void {
  const id = readText(item['id'], `${path}.id`)
  if (!id.startsWith('rs_')) {
    const detail = `"${path}" names an item, and nothing is stored here: send the item itself, as clients do with "store": false.`
    throw notTranslatable(path, detail)
  }
  // What was thought is not needed to go on.
  reading.dropped.push(path)
}
