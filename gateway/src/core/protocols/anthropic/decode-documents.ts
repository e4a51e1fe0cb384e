// Documents and search results of a Messages request → canonical texts: plain text goes to any vendor, with its title. Files
// of other kinds are refused, since an answer about a file that was left out would be made up.
import type { ImagePart, TextPart } from '../chat.ts'
import { notTranslatable, readRecord, readRecords, readText, type RequestBody } from '../request-fields.ts'
import { marked } from './read-mark.ts'

type Part = TextPart | ImagePart

export function decodeDocument(
  block: RequestBody,
  path: string,
  decodePart: (block: RequestBody, path: string) => Part[],
): Part[] {
  const source = readRecord(block['source'], `${path}.source`)
  const parts = documentParts(source, path, decodePart)
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

export function decodeSearchResult(block: RequestBody, path: string): TextPart[] {
  const title = readText(block['title'], `${path}.title`)
  const source = readText(block['source'], `${path}.source`)
  const texts = readRecords(block['content'], `${path}.content`).map((inner, index) =>
    readText(inner['text'], `${path}.content[${index}].text`),
  )
  return withMark([{ type: 'text', text: [title, source, ...texts].join('\n') }], block, path)
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
