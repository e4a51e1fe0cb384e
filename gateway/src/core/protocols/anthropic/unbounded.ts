// What of a Messages request its bytes say nothing of (Anthropic API reference: server tools, MCP connector, files, URL sources,
// containers).
import { asRecord, asRecords, asText, type JsonRecord } from '../lenient-json.ts'
import type { RequestBody } from '../request-fields.ts'
import type { UnboundedPart } from '../unbounded.ts'

/** Tools of the vendor that the client runs itself, as it runs its own. */
const clientTools = /^(?:custom|bash_|text_editor_|computer_|memory_)/

export function unboundedParts(body: RequestBody): UnboundedPart[] {
  const parts: UnboundedPart[] = []
  for (const [index, { type }] of asRecords(body['tools']).entries()) {
    if (typeof type === 'string' && !clientTools.test(type))
      parts.push({ kind: 'tool', field: `tools[${index}]`, tool: type })
  }
  if (asRecords(body['mcp_servers']).length > 0) parts.push({ kind: 'tool', field: 'mcp_servers' })
  if (body['container'] !== undefined && body['container'] !== null) parts.push({ kind: 'tool', field: 'container' })
  for (const [index, message] of asRecords(body['messages']).entries()) {
    lookInto(message['content'], `messages[${index}].content`, parts)
  }
  return parts
}

function lookInto(content: unknown, path: string, parts: UnboundedPart[]): void {
  for (const [index, block] of asRecords(content).entries()) {
    const field = `${path}[${index}]`
    const kind = kindOf(block)
    if (kind !== undefined) parts.push({ kind, field: `${field}.source` })
    // Results of tools hold blocks themselves.
    if (Array.isArray(block['content'])) lookInto(block['content'], `${field}.content`, parts)
  }
}

function kindOf(block: JsonRecord): UnboundedPart['kind'] | undefined {
  if (block['type'] === 'container_upload') return 'reference'
  const source = asText(asRecord(block['source'])?.['type'])
  if (source === 'file') return 'reference'
  if (source !== 'url') return undefined
  return block['type'] === 'image' ? 'image' : 'reference'
}
