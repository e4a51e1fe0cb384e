// What the wire's vendors store, and how requests refer to it (OpenAI API reference, `store`, `previous_response_id`,
// `conversation`, "item_reference"). It lies with the account that answered, and with no other.
import { asRecord, asRecords, asText, parseRecord, type JsonRecord } from '../lenient-json.ts'
import type { StoredReference } from '../protocol.ts'
import type { RequestBody } from '../request-fields.ts'

/** An answer has a few dozen items at most. */
const idsMax = 200

/** Left out, `store` is on. */
export function isStored({ store }: RequestBody): boolean {
  return store !== false
}

export function readReferences(body: RequestBody): StoredReference[] {
  const { previous_response_id: previous, conversation, prompt, input } = body
  const named = [
    { field: 'previous_response_id', id: asText(previous) },
    { field: 'conversation', id: asText(asRecord(conversation)?.['id']) ?? asText(conversation) },
    { field: 'prompt', id: asText(asRecord(prompt)?.['id']) },
  ]
  const items: unknown[] = Array.isArray(input) ? input : []
  const inside = items.map((item, index) => ({ field: `input[${index}]`, id: referredBy(asRecord(item)) }))
  return [...named, ...inside].flatMap(({ field, id }) => (id === undefined ? [] : [{ field, id }]))
}

/** Thoughts that come without what was encrypted of them are looked up by their id. */
function referredBy(item: JsonRecord | undefined): string | undefined {
  const isLookedUp =
    item?.['type'] === 'item_reference' ||
    (item?.['type'] === 'reasoning' && typeof item['encrypted_content'] !== 'string')
  return isLookedUp ? asText(item['id']) : undefined
}

export function readStoredIds(body: Buffer): string[] {
  return storedIdsOf(parseRecord(body) ?? {})
}

/** Of a response and its items. */
export function storedIdsOf(response: JsonRecord): string[] {
  const ids = [response, ...asRecords(response['output'])].map(({ id }) => asText(id))
  return ids.filter((id) => id !== undefined).slice(0, idsMax)
}
