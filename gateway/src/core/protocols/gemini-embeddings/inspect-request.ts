// The facts of an embedding call that routing and quota need. The address names the model; each request of a batch names it once
// more, and the vendor refuses a batch of several models.
import { requireModel } from '../model-address.ts'
import type { RequestFacts, RequestTarget } from '../protocol.ts'
import { invalidField, readRecords, type RequestBody } from '../request-fields.ts'

export function inspectSingle(body: RequestBody, target: RequestTarget): RequestFacts {
  const model = requireModel(target)
  requireContent(body, 'content')
  return factsOf(model)
}

export function inspectBatch(body: RequestBody, target: RequestTarget): RequestFacts {
  const model = requireModel(target)
  const requests = readRecords(body['requests'], 'requests')
  if (requests.length === 0) throw invalidField('requests', 'must be a non-empty array')
  for (const [index, request] of requests.entries()) requireContent(request, `requests[${index}].content`)
  return factsOf(model)
}

function requireContent({ content }: RequestBody, path: string): void {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw invalidField(path, 'must be an object')
  }
}

/** Nothing is written: the output is vectors, which the vendor does not bill by the token. */
function factsOf(model: string): RequestFacts {
  return { model, stream: false, maxOutputTokens: 0, choices: 1 }
}
