// The content of messages and of tools' outputs → canonical parts (OpenAI API reference, "Create a model response", `input`).
import type { CacheMark, ImagePart, TextPart } from '../chat.ts'
import { imageSourceOf, nameDetail } from '../image-data.ts'
import { asRecord } from '../lenient-json.ts'
import {
  invalidField,
  members,
  nameRest,
  notTranslatable,
  readRecords,
  readText,
  type RequestBody,
} from '../request-fields.ts'

export type MaterialPart = TextPart | ImagePart

/** What was said of an earlier answer beside it says nothing about the next one. */
const read = {
  text: members('type text prompt_cache_breakpoint annotations logprobs'),
  refusal: members('type refusal'),
  image: members('type image_url file_id detail prompt_cache_breakpoint'),
}

/** A string is short for one text part. Empty texts say nothing, and other wires refuse them. */
export function decodeContent(value: unknown, path: string, dropped: string[]): MaterialPart[] {
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }]
  if (value === undefined || value === null) throw invalidField(path, 'must be a string or an array of parts')
  const parts = readRecords(value, path).map((part, index) => decodePart(part, `${path}[${index}]`, dropped))
  return parts.filter((part) => part.type === 'image' || part.text !== '')
}

/** What instructions and the assistant's own messages consist of. */
export function decodeTexts(value: unknown, path: string, dropped: string[]): TextPart[] {
  return decodeContent(value, path, dropped).map((part) => {
    if (part.type === 'image') throw notTranslatable(path, `"${path}" holds an image that cannot be passed on.`)
    return part
  })
}

function decodePart(part: RequestBody, path: string, dropped: string[]): MaterialPart {
  const type = readText(part['type'], `${path}.type`)
  switch (type) {
    case 'input_text':
    case 'output_text':
      nameRest(part, path, read.text, dropped)
      return { type: 'text', text: readText(part['text'], `${path}.text`), ...marked(part) }
    case 'refusal':
      nameRest(part, path, read.refusal, dropped)
      return { type: 'text', text: readText(part['refusal'], `${path}.refusal`) }
    case 'input_image':
      return decodeImage(part, path, dropped)
    default:
      throw notTranslatable(path, `"${path}" of type "${type.slice(0, 40)}" cannot be passed on.`)
  }
}

function decodeImage(part: RequestBody, path: string, dropped: string[]): ImagePart {
  nameRest(part, path, read.image, dropped)
  const { image_url: url, file_id: file, detail } = part
  if (file !== undefined && file !== null) {
    throw notTranslatable(`${path}.file_id`, `"${path}.file_id" names a file that lies at another vendor.`)
  }
  const address = readText(url, `${path}.image_url`)
  if (address === '') throw invalidField(`${path}.image_url`, 'must not be empty')
  nameDetail(detail, `${path}.detail`, dropped)
  return { type: 'image', source: imageSourceOf(address), ...marked(part) }
}

/** `prompt_cache_breakpoint` names no time (OpenAI guide "Prompt caching"). */
function marked(part: RequestBody): { cacheMark?: CacheMark } {
  return asRecord(part['prompt_cache_breakpoint']) === undefined ? {} : { cacheMark: '5m' }
}
