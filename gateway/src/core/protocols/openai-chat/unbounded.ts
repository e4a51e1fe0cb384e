// What of a Chat Completions request its bytes say nothing of (OpenAI API reference: `web_search_options`, image and file parts;
// Model Studio: `enable_search`, `video_url`, files by "fileid://").
import { asRecord, asRecords, asText, type JsonRecord } from '../lenient-json.ts'
import type { RequestBody } from '../request-fields.ts'
import { isWebAddress, type UnboundedPart } from '../unbounded.ts'

export function unboundedParts(body: RequestBody): UnboundedPart[] {
  const parts: UnboundedPart[] = []
  if (asRecord(body['web_search_options'])) parts.push({ kind: 'tool', field: 'web_search_options' })
  if (body['enable_search'] === true) parts.push({ kind: 'tool', field: 'enable_search' })
  for (const [index, { content }] of asRecords(body['messages']).entries()) {
    const path = `messages[${index}].content`
    if (asText(content)?.includes('fileid://') === true) parts.push({ kind: 'reference', field: path })
    for (const [at, part] of asRecords(content).entries()) {
      const kind = kindOf(part)
      if (kind !== undefined) parts.push({ kind, field: `${path}[${at}]` })
    }
  }
  return parts
}

function kindOf(part: JsonRecord): UnboundedPart['kind'] | undefined {
  const image = part['image_url']
  if (isWebAddress(asRecord(image)?.['url'] ?? image)) return 'image'
  if (asText(asRecord(part['file'])?.['file_id']) !== undefined) return 'reference'
  const isVideo = part['type'] === 'video_url' || part['type'] === 'video'
  return isVideo ? 'reference' : undefined
}
