// What of a Responses request its bytes say nothing of (OpenAI API reference: `tools`, `previous_response_id`, `conversation`,
// `prompt`, item references, image and file inputs).
import { asRecords, asText, type JsonRecord } from '../lenient-json.ts'
import type { RequestBody } from '../request-fields.ts'
import { isWebAddress, type UnboundedPart } from '../unbounded.ts'
import { readReferences } from './stored.ts'

/** Tools that the client runs. */
const clientTools: ReadonlySet<unknown> = new Set([
  'function',
  'custom',
  'namespace',
  'local_shell',
  'apply_patch',
  'computer',
  'computer_use_preview',
])

export function unboundedParts(body: RequestBody): UnboundedPart[] {
  const parts: UnboundedPart[] = readReferences(body).map(({ field }) => ({ kind: 'reference', field }))
  for (const [index, { type }] of asRecords(body['tools']).entries()) {
    if (!clientTools.has(type)) parts.push({ kind: 'tool', field: `tools[${index}]`, tool: asText(type) ?? '' })
  }
  for (const [index, item] of asRecords(body['input']).entries()) {
    for (const name of ['content', 'output']) {
      for (const [at, part] of asRecords(item[name]).entries()) {
        const kind = kindOf(part)
        if (kind !== undefined) parts.push({ kind, field: `input[${index}].${name}[${at}]` })
      }
    }
  }
  return parts
}

function kindOf(part: JsonRecord): UnboundedPart['kind'] | undefined {
  if (asText(part['file_id']) !== undefined || asText(part['file_url']) !== undefined) return 'reference'
  return isWebAddress(part['image_url']) ? 'image' : undefined
}
