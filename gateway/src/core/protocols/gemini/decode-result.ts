// What a function answered → a canonical result (Gemini API reference, "FunctionResponse"): `output` and `error` are the two
// words that the vendor knows; any other object is the output as a whole.
import type { ImagePart, TextPart, ToolResultPart } from '../chat.ts'
import { members, nameRest, readRecord, readText, type RequestBody } from '../request-fields.ts'
import type { CallIds } from './call-ids.ts'
import { decodeMedia } from './decode-media.ts'
import { readMessage, readMessages } from './proto-json.ts'

const read = members('name id response parts')

export function decodeResult(value: unknown, path: string, calls: CallIds, dropped: string[]): ToolResultPart {
  const result = readMessage(value, path)
  nameRest(result, path, read, dropped)
  const name = readText(result['name'], `${path}.name`)
  const id = result['id'] === undefined ? undefined : readText(result['id'], `${path}.id`)
  const response = result['response'] === undefined ? {} : readRecord(result['response'], `${path}.response`)
  const { text, isError } = readResponse(response)
  const words: TextPart[] = text === '' ? [] : [{ type: 'text', text }]
  const content = [...words, ...decodeParts(result, path, dropped)]
  return { type: 'tool-result', callId: calls.take(id, name), name, content, isError }
}

function readResponse(response: RequestBody): { text: string; isError: boolean } {
  const [name, ...more] = Object.keys(response)
  if (name === undefined) return { text: '', isError: false }
  const isOne = more.length === 0
  if (isOne && name === 'error') return { text: textOf(response['error']), isError: true }
  return { text: textOf(isOne && name === 'output' ? response['output'] : response), isError: false }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function decodeParts(result: RequestBody, path: string, dropped: string[]): (TextPart | ImagePart)[] {
  return readMessages(result['parts'], `${path}.parts`).flatMap((part, index) => {
    return decodeMedia(part, `${path}.parts[${index}]`, dropped) ?? []
  })
}
