// What of a generateContent request its bytes say nothing of (Gemini API reference: "Tool", "FileData", "CachedContent").
import { asRecord, asRecords, type JsonRecord } from '../lenient-json.ts'
import type { RequestBody } from '../request-fields.ts'
import type { UnboundedPart } from '../unbounded.ts'
import { camelCase } from './proto-json.ts'

/** What the client runs itself. */
const clientTools: ReadonlySet<string> = new Set(['functionDeclarations', 'computerUse'])

export function unboundedParts(body: RequestBody): UnboundedPart[] {
  const parts: UnboundedPart[] = []
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined) continue
    const member = camelCase(name)
    if (member === 'cachedContent') parts.push({ kind: 'reference', field: name })
    else if (member === 'tools') parts.push(...ownTools(value))
    else if (member === 'contents') parts.push(...files(value))
  }
  return parts
}

/** One object stands for a list of one. */
const listed = (value: unknown): JsonRecord[] => (Array.isArray(value) ? asRecords(value) : asRecords([value]))

function ownTools(value: unknown): UnboundedPart[] {
  return listed(value).flatMap((tool, index) =>
    Object.keys(tool)
      .filter((name) => !clientTools.has(camelCase(name)))
      .map((name) => ({ kind: 'tool' as const, field: `tools[${index}].${name}` })),
  )
}

function files(value: unknown): UnboundedPart[] {
  return listed(value).flatMap((content, index) =>
    listed(content['parts']).flatMap((part, at) => {
      const name = Object.keys(part).find((key) => camelCase(key) === 'fileData' && asRecord(part[key]))
      return name === undefined
        ? []
        : [{ kind: 'reference' as const, field: `contents[${index}].parts[${at}].${name}` }]
    }),
  )
}
