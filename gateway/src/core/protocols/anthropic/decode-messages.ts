// The conversation of a Messages request → canonical messages. Blocks of the vendor's own tools that an earlier native turn
// left behind cannot go to another vendor and are named; what the client itself brings and cannot be passed on is refused.
import type { ChatMessage, ContentPart, Effort, ImagePart, TextPart } from '../chat.ts'
import {
  invalidField,
  members,
  nameRest,
  notTranslatable,
  readFlag,
  readRecord,
  readRecords,
  readText,
  type RequestBody,
} from '../request-fields.ts'
import { decodeDocument, decodeSearchResult } from './decode-documents.ts'
import { readEffort } from './read-effort.ts'
import { marked } from './read-mark.ts'
import { isMarked } from './thinking-mark.ts'

export interface Conversation {
  /** Instructions that stand before the first turn. */
  system: TextPart[]
  messages: ChatMessage[]
  /** How hard to think in the last turn, where an instruction in mid-conversation says so. */
  effort: Effort | undefined
  /** Definitions of tools that were added in mid-conversation, and the names of those that were taken away. */
  addedTools: RequestBody[]
  removedTools: Set<string>
}

interface Reading extends Conversation {
  dropped: string[]
  /** Names of the tools called so far, by the call's id. */
  calls: Map<string, string>
}

const read = {
  message: members('role content output_config clear_at'),
  text: members('type text cache_control'),
  image: members('type source cache_control'),
  thinking: members('type thinking signature'),
  call: members('type id name input cache_control caller'),
  result: members('type tool_use_id content is_error cache_control'),
}

export function decodeMessages(value: unknown, dropped: string[]): Conversation {
  const entries = readRecords(value, 'messages')
  const reading: Reading = {
    removedTools: new Set(),
    system: [],
    messages: [],
    effort: undefined,
    addedTools: [],
    dropped,
    calls: new Map(),
  }
  const lastUser = entries.findLastIndex(({ role }) => role === 'user')
  for (const [index, entry] of entries.entries()) {
    const path = `messages[${index}]`
    nameRest(entry, path, read.message, dropped)
    switch (entry['role']) {
      case 'user':
        addMessage(reading, 'user', decodeContent(entry['content'], path, userPart, reading))
        break
      case 'assistant':
        addMessage(reading, 'assistant', decodeContent(entry['content'], path, assistantPart, reading))
        break
      case 'system':
        // Such an instruction counts for the turn it follows, and is no longer shown once the user has spoken again.
        if (entry['clear_at'] !== 'next_user_message' || index > lastUser) decodeInstruction(entry, path, reading)
        break
      default:
        throw invalidField(`${path}.role`, 'must be user, assistant or system')
    }
  }
  return reading
}

function addMessage(reading: Reading, role: 'user' | 'assistant', content: ContentPart[]): void {
  if (content.length > 0) reading.messages.push({ role, content })
}

function decodeInstruction(entry: RequestBody, path: string, reading: Reading): void {
  const config = entry['output_config'] ?? undefined
  if (config !== undefined) {
    reading.effort = readEffort(readRecord(config, `${path}.output_config`), `${path}.output_config`) ?? reading.effort
  }
  if (entry['content'] === undefined || entry['content'] === null) return
  const content = decodeContent(entry['content'], path, systemPart, reading)
  if (content.length === 0) return
  if (reading.messages.length > 0) reading.messages.push({ role: 'system', content })
  else reading.system.push(...content)
}

type ReadPart<Part> = (block: RequestBody, path: string, reading: Reading) => Part[]

/** A string is short for one text block. Empty texts say nothing, and some wires refuse them. */
function decodeContent<Part>(value: unknown, path: string, decode: ReadPart<Part | TextPart>, reading: Reading) {
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value } satisfies TextPart]
  if (value === undefined || value === null) throw invalidField(`${path}.content`, 'is required')
  return readRecords(value, `${path}.content`).flatMap((block, index) => {
    return decode(block, `${path}.content[${index}]`, reading)
  })
}

/** Texts alone: a system prompt. */
export function decodeTexts(value: unknown, path: string, dropped: string[]): TextPart[] {
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }]
  return readRecords(value, path).flatMap((block, index) => textPart(block, `${path}[${index}]`, { dropped }))
}

function textPart(block: RequestBody, path: string, { dropped }: Pick<Reading, 'dropped'>): TextPart[] {
  nameRest(block, path, read.text, dropped)
  if (block['type'] !== 'text') throw invalidField(`${path}.type`, 'must be text')
  const text = readText(block['text'], `${path}.text`)
  return text === '' ? [] : [{ type: 'text', text, ...marked(block, path) }]
}

function systemPart(block: RequestBody, path: string, reading: Reading): TextPart[] {
  const type = blockType(block, path)
  if (type === 'text') return textPart(block, path, reading)
  if (type === 'tool_addition' || type === 'tool_removal') changeTools(block, type, path, reading)
  else reading.dropped.push(shown(type))
  return []
}

/** Only what is offered at last counts: the tools stand before the whole conversation elsewhere. */
function changeTools(block: RequestBody, type: string, path: string, reading: Reading): void {
  const tool = readRecord(block['tool'], `${path}.tool`)
  if (tool['type'] === 'tool_reference') {
    const name = readText(tool['name'], `${path}.tool.name`)
    if (type === 'tool_removal') reading.removedTools.add(name)
    else reading.removedTools.delete(name)
  } else if (type === 'tool_addition' && tool['type'] === 'tool_definition') {
    const definition = readRecord(tool['definition'], `${path}.tool.definition`)
    reading.addedTools.push(definition)
    reading.removedTools.delete(String(definition['name']))
  } else reading.dropped.push(type)
}

function userPart(block: RequestBody, path: string, reading: Reading): ContentPart[] {
  const type = blockType(block, path)
  if (type === 'tool_result') return [toolResultPart(block, path, reading)]
  return materialPart(block, type, path, reading)
}

/** What a user's message and a tool's result can both hold. */
function materialPart(block: RequestBody, type: string, path: string, reading: Reading): (TextPart | ImagePart)[] {
  switch (type) {
    case 'text':
      return textPart(block, path, reading)
    case 'image':
      nameRest(block, path, read.image, reading.dropped)
      return [imagePart(block, path)]
    case 'document':
      return decodeDocument(block, path, reading.dropped, (inner, at) =>
        materialPart(inner, blockType(inner, at), at, reading),
      )
    case 'search_result':
      return decodeSearchResult(block, path, reading.dropped)
    case 'tool_reference':
      // What the client's own search for tools has found; it is offered like all others.
      return [{ type: 'text', text: `Tool found: ${readText(block['tool_name'], `${path}.tool_name`)}` }]
    case 'browser_state':
      reading.dropped.push(type)
      return []
    default:
      throw notTranslatable(`${path}.type`, `"${path}" of type "${shown(type)}" cannot be passed on.`)
  }
}

/** A client's own word comes back in messages and headers; no real type is longer, or has other letters. */
const typeCharsShown = 60

function shown(type: string): string {
  return type.replace(/[^\w.-]/g, '_').slice(0, typeCharsShown)
}

function imagePart(block: RequestBody, path: string): ImagePart {
  const source = readRecord(block['source'], `${path}.source`)
  switch (source['type']) {
    case 'base64': {
      const mediaType = readText(source['media_type'], `${path}.source.media_type`)
      const base64 = readText(source['data'], `${path}.source.data`)
      return { type: 'image', source: { kind: 'data', mediaType, base64 }, ...marked(block, path) }
    }
    case 'url':
      return {
        type: 'image',
        source: { kind: 'url', url: readText(source['url'], `${path}.source.url`) },
        ...marked(block, path),
      }
    case 'file':
      throw notTranslatable(`${path}.source`, `"${path}" names a file that lies at the vendor.`)
    default:
      throw invalidField(`${path}.source.type`, 'must be base64 or url')
  }
}

function toolResultPart(block: RequestBody, path: string, reading: Reading): ContentPart {
  nameRest(block, path, read.result, reading.dropped)
  const callId = readText(block['tool_use_id'], `${path}.tool_use_id`)
  const content =
    block['content'] === undefined || block['content'] === null
      ? []
      : decodeContent<ImagePart>(block['content'], path, resultPart, reading)
  return {
    type: 'tool-result',
    callId,
    name: reading.calls.get(callId),
    content,
    isError: readFlag(block['is_error'], `${path}.is_error`) ?? false,
    ...marked(block, path),
  }
}

function resultPart(block: RequestBody, path: string, reading: Reading): (TextPart | ImagePart)[] {
  return materialPart(block, blockType(block, path), path, reading)
}

function assistantPart(block: RequestBody, path: string, reading: Reading): ContentPart[] {
  const type = blockType(block, path)
  switch (type) {
    case 'text':
      return textPart(block, path, reading)
    case 'thinking': {
      // Only the vendor that signed it can take a signature back.
      const { signature = '' } = block
      if (signature !== '' && !isMarked(signature)) reading.dropped.push('thinking.signature')
      nameRest(block, path, read.thinking, reading.dropped)
      const text = readText(block['thinking'], `${path}.thinking`)
      return text === '' ? [] : [{ type: 'reasoning', text }]
    }
    case 'redacted_thinking':
      reading.dropped.push(type)
      return []
    case 'tool_use': {
      nameRest(block, path, read.call, reading.dropped)
      const id = readText(block['id'], `${path}.id`)
      const name = readText(block['name'], `${path}.name`)
      const argumentsJson = JSON.stringify(readRecord(block['input'] ?? {}, `${path}.input`))
      reading.calls.set(id, name)
      return [{ type: 'tool-call', id, name, argumentsJson, ...marked(block, path) }]
    }
    case 'compaction':
      // The vendor's summary of what stood before it; encrypted ones can be read by nobody else.
      if (typeof block['content'] === 'string' && block['content'] !== '') {
        return [{ type: 'text', text: block['content'], ...marked(block, path) }]
      }
      throw notTranslatable(path, `"${path}" holds a summary that only the vendor can read.`)
    default:
      reading.dropped.push(shown(type))
      return []
  }
}

function blockType(block: RequestBody, path: string): string {
  return readText(block['type'], `${path}.type`)
}
