// Documents and search results of a Messages request → canonical texts: plain text goes to any vendor, with its title. Files
// of other kinds are refused, since an answer about a file that was left out would be made up.
import type { ImagePart, TextPart } from '../chat.ts'
import { asRecord } from '../lenient-json.ts'
import {
  members,
  nameRest,
  notTranslatable,
  readRecord,
  readRecords,
  readText,
  type RequestBody,
} from '../request-fields.ts'
import { marked } from './read-mark.ts'

type Part = TextPart | ImagePart

const read = {
  document: members('type source title context cache_control'),
  searchResult: members('type title source content cache_control'),
}

export function decodeDocument(
  block: RequestBody,
  path: string,
  dropped: string[],
  decodePart: (block: RequestBody, path: string) => Part[],
): Part[] {
  const source = readRecord(block['source'], `${path}.source`)
  const parts = documentParts(source, path, decodePart)
  nameRest(cited(block), path, read.document, dropped)
  const head = [block['title'], block['context']].filter((text) => typeof text === 'string' && text !== '')
  if (head.length > 0) parts.unshift({ type: 'text', text: `Document: ${head.join('\n')}` })
  return withMark(parts, block, path)
}

function documentParts(
  source: RequestBody,
  path: string,
  decodePart: (block: RequestBody, path: string) => Part[],
): Part[] {
  if (source['type'] === 'text') return textOf(readText(source['data'], `${path}.source.data`))
  const { content } = source
  if (source['type'] !== 'content') throw notTranslatable(path, `"${path}" is a document that cannot be passed on.`)
  if (typeof content === 'string') return textOf(content)
  return readRecords(content, `${path}.source.content`).flatMap((inner, index) =>
    decodePart(inner, `${path}.source.content[${index}]`),
  )
}

export function decodeSearchResult(block: RequestBody, path: string, dropped: string[]): TextPart[] {
  nameRest(cited(block), path, read.searchResult, dropped)
  const title = readText(block['title'], `${path}.title`)
  const source = readText(block['source'], `${path}.source`)
  const texts = readRecords(block['content'], `${path}.content`).map((inner, index) =>
    readText(inner['text'], `${path}.content[${index}].text`),
  )
  return withMark([{ type: 'text', text: [title, source, ...texts].join('\n') }], block, path)
}

/** Citing can be switched off, which is what is done. */
function cited(block: RequestBody): RequestBody {
  return asRecord(block['citations'])?.['enabled'] === true ? block : { ...block, citations: undefined }
}

function textOf(text: string): TextPart[] {
  return text === '' ? [] : [{ type: 'text', text }]
}

/** What ends with the document ends with its last part. */
function withMark<P extends Part>(parts: P[], block: RequestBody, path: string): P[] {
  const last = parts.at(-1)
  if (last !== undefined) Object.assign(last, marked(block, path))
  return parts
}
