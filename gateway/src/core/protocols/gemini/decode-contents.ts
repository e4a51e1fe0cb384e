// The conversation of a generateContent request → canonical messages (Gemini API reference, "Content" and "Part").
import type { ChatMessage, ContentPart, TextPart, ToolCallPart } from '../chat.ts'
import { invalidField, members, nameRest, readFlag, readRecord, readText, type RequestBody } from '../request-fields.ts'
import { CallIds } from './call-ids.ts'
import { decodeMedia } from './decode-media.ts'
import { decodeResult } from './decode-result.ts'
import { readMessage, readMessages, readOptionalMessage, restOfMessage } from './proto-json.ts'
import { foreignSignature } from './wire-names.ts'

const partFields: ReadonlySet<string> = new Set(
  'text thought thoughtSignature inlineData fileData functionCall functionResponse'.split(' '),
)

const contentFields = members('role parts')
const callFields = members('name args id')
const instructionFields = members('text')

/** A turn without a role is the user's. */
const roles: ReadonlyMap<unknown, 'user' | 'assistant'> = new Map([
  [undefined, 'user'],
  ['user', 'user'],
  ['function', 'user'],
  ['model', 'assistant'],
])

interface PartContext {
  role: 'user' | 'assistant'
  calls: CallIds
  /** Names of what is left out: steps of the vendor's own tools, among others, which no other vendor can read. */
  dropped: string[]
}

export function decodeContents(value: unknown, dropped: string[]): ChatMessage[] {
  const calls = new CallIds()
  return readMessages(value, 'contents').flatMap((content, index) => {
    const path = `contents[${index}]`
    nameRest(content, path, contentFields, dropped)
    const role = roles.get(content['role'])
    if (role === undefined) throw invalidField(`${path}.role`, 'must be "user" or "model"')
    const parts = readMessages(content['parts'], `${path}.parts`)
    const context = { role, calls, dropped }
    const decoded = parts.flatMap((part, at) => decodePart(part, `${path}.parts[${at}]`, context))
    return decoded.length === 0 ? [] : [{ role, content: decoded }]
  })
}

function decodePart(part: RequestBody, path: string, context: PartContext): ContentPart[] {
  if (Object.keys(part).length === 0) throw invalidField(path, 'must not be empty')
  for (const name of restOfMessage(part, '', partFields, { partMetadata: 'ignored' })) context.dropped.push(name)
  const { text, functionCall, functionResponse, thoughtSignature: signature = foreignSignature } = part
  // Only the vendor that signed it can take a signature back.
  if (signature !== foreignSignature) context.dropped.push('contents[].parts[].thoughtSignature')
  if (text !== undefined) return decodeText(readText(text, `${path}.text`), part, path, context)
  if (functionCall !== undefined) {
    if (context.role === 'user') throw invalidField(`${path}.functionCall`, 'belongs to the role "model"')
    return [decodeCall(functionCall, `${path}.functionCall`, context)]
  }
  if (functionResponse !== undefined) {
    if (context.role === 'assistant') throw invalidField(`${path}.functionResponse`, 'belongs to the role "user"')
    return [decodeResult(functionResponse, `${path}.functionResponse`, context.calls, context.dropped)]
  }
  const media = decodeMedia(part, path, context.dropped)
  if (media?.type !== 'image' || context.role === 'user') return media === undefined ? [] : [media]
  // What the model has drawn cannot be put into its mouth elsewhere.
  context.dropped.push(path)
  return []
}

/** A signature may come on a part of its own, whose text is empty. */
function decodeText(text: string, part: RequestBody, path: string, { role }: PartContext): ContentPart[] {
  if (text === '') return []
  if (readFlag(part['thought'], `${path}.thought`) !== true) return [{ type: 'text', text }]
  return role === 'assistant' ? [{ type: 'reasoning', text }] : []
}

function decodeCall(value: unknown, path: string, { calls, dropped }: PartContext): ToolCallPart {
  const call = readMessage(value, path)
  nameRest(call, path, callFields, dropped)
  const name = readText(call['name'], `${path}.name`)
  const args = call['args'] === undefined ? {} : readRecord(call['args'], `${path}.args`)
  const given = call['id'] === undefined ? undefined : readText(call['id'], `${path}.id`)
  return { type: 'tool-call', id: calls.add(given, name), name, argumentsJson: JSON.stringify(args) }
}

/** Instructions are texts; the role that they are given does not matter. */
export function decodeSystem(value: unknown, dropped: string[]): TextPart[] {
  const content = readOptionalMessage(value, 'systemInstruction') ?? {}
  return readMessages(content['parts'], 'systemInstruction.parts').flatMap((part, index): TextPart[] => {
    const path = `systemInstruction.parts[${index}]`
    nameRest(part, path, instructionFields, dropped)
    if (part['text'] === undefined) dropped.push(path)
    const text = readText(part['text'] ?? '', `${path}.text`)
    return text === '' ? [] : [{ type: 'text', text }]
  })
}
