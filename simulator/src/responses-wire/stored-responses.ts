// Responses that the vendor keeps: looked up by their id, continued by `previous_response_id`, and their items referred
// to by later requests (API reference, "Get a model response", "Delete", "List input items").
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'
import type { StoredDocuments } from '../stored-documents.ts'
import type { LookUp } from '../vendor.ts'

export interface StoredResponse {
  document: JsonRecord
  input: readonly JsonRecord[]
  /** Input and output of all turns so far. */
  conversation: readonly JsonRecord[]
}

export function storeResponse(stored: StoredDocuments, response: StoredResponse): void {
  stored.set(String(response.document['id']), response)
  for (const item of response.conversation) {
    if (typeof item['id'] === 'string') stored.set(item['id'], item)
  }
}

export function findResponse(stored: StoredDocuments, id: string): StoredResponse | null {
  const found = stored.get(id)
  return isRecord(found) && isRecord(found['document']) ? (found as unknown as StoredResponse) : null
}

export function findItem(stored: StoredDocuments, id: string): JsonRecord | null {
  const found = stored.get(id)
  return isRecord(found) && found['document'] === undefined ? found : null
}

export function showResponse(stored: StoredDocuments, id: string): LookUp {
  const found = findResponse(stored, id)
  return found === null ? notFound(id) : { ok: true, body: JSON.stringify(found.document, null, 2) }
}

export function deleteResponse(stored: StoredDocuments, id: string): LookUp {
  if (findResponse(stored, id) === null || !stored.delete(id)) return notFound(id)
  return { ok: true, body: JSON.stringify({ id, object: 'response', deleted: true }) }
}

export function listInputItems(stored: StoredDocuments, id: string): LookUp {
  const found = findResponse(stored, id)
  if (found === null) return notFound(id)
  // Newest first is the API's own order.
  const data = found.input.toReversed()
  const ends = { first_id: data[0]?.['id'] ?? null, last_id: data.at(-1)?.['id'] ?? null }
  return { ok: true, body: JSON.stringify({ object: 'list', data, has_more: false, ...ends }) }
}

function notFound(id: string): LookUp {
  return {
    ok: false,
    problem: { kind: 'invalid-request', status: 404, message: `Response with id '${id}' not found.` },
  }
}
