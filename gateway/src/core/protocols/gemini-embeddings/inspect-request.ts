// The facts of an embedding call that routing and quota need. The address names the model; each request of a batch names it once
// more, and the vendor refuses a batch of several models.
import { asRecord, asText } from '../lenient-json.ts'
import { requireModel } from '../model-address.ts'
import type { RequestFacts, RequestTarget } from '../protocol.ts'
import { invalidField, readRecord, readRecords, type RequestBody } from '../request-fields.ts'

export function inspectSingle(body: RequestBody, target: RequestTarget): RequestFacts {
  const model = requireModel(target)
  return factsOf(model, contentBytes(body, 'content'))
}

export function inspectBatch(body: RequestBody, target: RequestTarget): RequestFacts {
  const model = requireModel(target)
  const requests = readRecords(body['requests'], 'requests')
  if (requests.length === 0) throw invalidField('requests', 'must be a non-empty array')
  const sizes = requests.map((request, index) => contentBytes(request, `requests[${index}].content`))
  return factsOf(
    model,
    sizes.reduce((sum, size) => sum + size, 0),
  )
}

/** Of the texts; a part that is something else counts as it stands. */
function contentBytes({ content }: RequestBody, path: string): number {
  const { parts } = readRecord(content, path)
  let bytes = 0
  for (const part of Array.isArray(parts) ? (parts as unknown[]) : [parts]) {
    const text = asText(asRecord(part)?.['text']) ?? JSON.stringify(part) ?? ''
    bytes += Buffer.byteLength(text)
  }
  return bytes
}

/** Nothing is written: the output is vectors, which the vendor does not bill by the token. */
function factsOf(model: string, inputBytes: number): RequestFacts {
  return { model, stream: false, maxOutputTokens: 0, choices: 1, inputBytes }
}
