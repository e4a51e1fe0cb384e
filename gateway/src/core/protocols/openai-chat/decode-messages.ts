// The conversation of a Chat Completions request → canonical messages (OpenAI API reference, `messages`).
import type { ChatMessage, ContentPart, ImagePart, TextPart, ToolCallPart, ToolResultPart } from '../chat.ts'
import { imageSourceOf, nameDetail } from '../image-data.ts'
import { asRecord, asText, parseJson } from '../lenient-json.ts'
import {
  invalidField,
  members,
  nameRest,
  notTranslatable,
  readRecord,
  readRecords,
  readText,
  type RequestBody,
} from '../request-fields.ts'
import { marked } from './read-mark.ts'

export interface Conversation {
  /** Instructions that stand before the first turn. */
  system: TextPart[]
  messages: ChatMessage[]
}

interface Reading extends Conversation {
  dropped: string[]
  /** Names of the functions called so far, by the call's id. */
  calls: Map<string, string>
  /** Calls of the older form that were not answered yet: they have no ids on the wire. */
  olderCalls: { id: string; name: string }[]
}

const marks = 'cache_control prompt_cache_breakpoint'
/** What was said of an earlier answer beside it ("annotations") says nothing about the next one. */
const read = {
  message: members(
    'role content name tool_calls function_call refusal audio reasoning_content reasoning tool_call_id annotations id ' +
      marks,
  ),
  text: members(`type text ${marks}`),
  image: members(`type image_url ${marks}`),
  address: members('url detail'),
  refusal: members('type refusal'),
  call: members('id type index function custom'),
  called: members('name arguments input'),
}

export function decodeMessages(value: unknown, dropped: string[]): Conversation {
  const reading: Reading = { system: [], messages: [], dropped, calls: new Map(), olderCalls: [] }
  for (const [index, entry] of readRecords(value, 'messages').entries()) {
    const path = `messages[${index}]`
    nameRest(entry, path, read.message, dropped)
    decodeMessage(entry, path, reading)
    if (entry['role'] !== 'function' && (entry['name'] ?? '') !== '') dropped.push(`${path}.name`)
  }
  return { system: reading.system, messages: reading.messages }
}

function decodeMessage(entry: RequestBody, path: string, reading: Reading): void {
  switch (entry['role']) {
    case 'system':
    case 'developer':
      addInstruction(reading, marking(entry, decodeContent(entry['content'], `${path}.content`, textPart, reading)))
      return
    case 'user':
      add(reading, 'user', marking(entry, decodeContent(entry['content'], `${path}.content`, materialPart, reading)))
      return
    case 'assistant':
      add(reading, 'assistant', marking(entry, decodeAssistant(entry, path, reading)))
      return
    case 'tool':
      add(reading, 'user', [decodeResult(entry, path, reading)])
      return
    case 'function':
      add(reading, 'user', [decodeOlderResult(entry, path, reading)])
      return
    default:
      throw invalidField(`${path}.role`, 'must be one of system, developer, user, assistant, tool, function')
  }
}

function add(reading: Reading, role: 'user' | 'assistant', content: ContentPart[]): void {
  const last = reading.messages.at(-1)
  // The results of several calls are several messages here and one turn elsewhere.
  if (content[0]?.type === 'tool-result' && last?.content.every(({ type }) => type === 'tool-result') === true) {
    last.content.push(...content)
  } else if (content.length > 0) reading.messages.push({ role, content })
}

function addInstruction(reading: Reading, content: TextPart[]): void {
  if (content.length === 0) return
  if (reading.messages.length === 0) reading.system.push(...content)
  else reading.messages.push({ role: 'system', content })
}

/** Some clients mark a whole message: that is its last part. */
function marking<Part extends ContentPart>(entry: RequestBody, content: Part[]): Part[] {
  const last = content.at(-1)
  const { cacheMark } = marked(entry)
  if (cacheMark !== undefined && last !== undefined && last.type !== 'reasoning') last.cacheMark ??= cacheMark
  return content
}

/** A string is short for one text part. Empty texts say nothing, and other wires refuse them. */
function decodeContent<Part>(
  value: unknown,
  path: string,
  decode: (part: RequestBody, path: string, reading: Reading) => Part,
  reading: Reading,
): (Part | TextPart)[] {
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }]
  if (value === undefined || value === null) throw invalidField(path, 'must be a string or an array of parts')
  const parts = readRecords(value, path).map((part, index) => decode(part, `${path}[${index}]`, reading))
  return parts.filter((part) => !isEmptyText(part))
}

function isEmptyText(part: unknown): boolean {
  const { type, text } = part as Partial<TextPart>
  return type === 'text' && text === ''
}

function textPart(part: RequestBody, path: string, { dropped }: Reading): TextPart {
  nameRest(part, path, read.text, dropped)
  if (part['type'] !== 'text') throw invalidField(`${path}.type`, 'must be text')
  return { type: 'text', text: readText(part['text'], `${path}.text`), ...marked(part) }
}

/** What users send, and what some clients put into results of tools. */
function materialPart(part: RequestBody, path: string, reading: Reading): TextPart | ImagePart {
  switch (part['type']) {
    case 'text':
      return textPart(part, path, reading)
    case 'image_url': {
      nameRest(part, path, read.image, reading.dropped)
      const { image_url: image } = part
      const url = typeof image === 'string' ? image : readAddress(readRecord(image, `${path}.image_url`), path, reading)
      if (url === '') throw invalidField(urlAt(path), 'must not be empty')
      return { type: 'image', source: imageSourceOf(url), ...marked(part) }
    }
    case 'input_audio':
    case 'file':
      throw notTranslatable(path, `"${path}" of type "${part['type']}" cannot be passed on.`)
    default:
      readText(part['type'], `${path}.type`)
      throw notTranslatable(`${path}.type`, `"${path}" is of a type that cannot be passed on.`)
  }
}

function readAddress(image: RequestBody, path: string, { dropped }: Reading): string {
  nameRest(image, `${path}.image_url`, read.address, dropped)
  nameDetail(image['detail'], `${path}.image_url.detail`, dropped)
  return readText(image['url'], urlAt(path))
}

const urlAt = (path: string) => `${path}.image_url.url`

function decodeAssistant(entry: RequestBody, path: string, reading: Reading): ContentPart[] {
  const { content, refusal, audio } = entry
  const thoughts = asText(entry['reasoning_content']) ?? asText(entry['reasoning']) ?? ''
  const parts: ContentPart[] = thoughts === '' ? [] : [{ type: 'reasoning', text: thoughts }]
  // Sound that an earlier answer was spoken in lies at the vendor.
  if (audio !== undefined && audio !== null) reading.dropped.push(`${path}.audio`)
  if (content !== undefined && content !== null)
    parts.push(...decodeContent(content, `${path}.content`, spokenPart, reading))
  if (refusal !== undefined && refusal !== null && refusal !== '') {
    parts.push({ type: 'text', text: readText(refusal, `${path}.refusal`) })
  }
  const calls = readRecords(entry['tool_calls'], `${path}.tool_calls`)
  parts.push(...calls.map((call, index) => decodeCall(call, `${path}.tool_calls[${index}]`, reading)))
  const older = entry['function_call'] ?? undefined
  if (older !== undefined) parts.push(decodeOlderCall(readRecord(older, `${path}.function_call`), path, reading))
  return parts
}

function spokenPart(part: RequestBody, path: string, reading: Reading): TextPart {
  if (part['type'] !== 'refusal') return textPart(part, path, reading)
  nameRest(part, path, read.refusal, reading.dropped)
  return { type: 'text', text: readText(part['refusal'], `${path}.refusal`) }
}

function decodeCall(call: RequestBody, path: string, reading: Reading): ToolCallPart {
  const id = readText(call['id'], `${path}.id`)
  const custom = asRecord(call['custom'])
  const called = custom ?? readRecord(call['function'], `${path}.function`)
  nameRest(call, path, read.call, reading.dropped)
  nameRest(called, `${path}.${custom ? 'custom' : 'function'}`, read.called, reading.dropped)
  const name = readText(called['name'], `${path}.${custom ? 'custom' : 'function'}.name`)
  reading.calls.set(id, name)
  const argumentsJson = custom
    ? JSON.stringify({ input: readText(custom['input'], `${path}.custom.input`) })
    : readArguments(called, `${path}.function.arguments`)
  return { type: 'tool-call', id, name, argumentsJson }
}

/** Models write what they like; wires that carry the arguments as an object need one. */
function readArguments(called: RequestBody, path: string): string {
  const text = readText(called['arguments'] ?? '', path)
  const value = parseJson(text)
  if (asRecord(value) !== undefined) return text
  if (value !== undefined) return JSON.stringify({ value })
  return text.trim() === '' ? '{}' : JSON.stringify({ text })
}

function decodeOlderCall(called: RequestBody, path: string, reading: Reading): ToolCallPart {
  const name = readText(called['name'], `${path}.function_call.name`)
  const argumentsJson = readArguments(called, `${path}.function_call.arguments`)
  const id = `call_function_${reading.calls.size}`
  reading.calls.set(id, name)
  reading.olderCalls.push({ id, name })
  return { type: 'tool-call', id, name, argumentsJson }
}

function decodeResult(entry: RequestBody, path: string, reading: Reading): ToolResultPart {
  const callId = readText(entry['tool_call_id'], `${path}.tool_call_id`)
  const content = decodeContent(entry['content'], `${path}.content`, materialPart, reading)
  return { type: 'tool-result', callId, name: reading.calls.get(callId), content, isError: false, ...marked(entry) }
}

function decodeOlderResult(entry: RequestBody, path: string, reading: Reading): ToolResultPart {
  const name = readText(entry['name'], `${path}.name`)
  const at = reading.olderCalls.findIndex((call) => call.name === name)
  const [call] = at < 0 ? [] : reading.olderCalls.splice(at, 1)
  if (call === undefined) throw invalidField(`${path}.name`, 'must name a function that was called before')
  const content = decodeContent(entry['content'] ?? '', `${path}.content`, textPart, reading)
  return { type: 'tool-result', callId: call.id, name, content, isError: false }
}
