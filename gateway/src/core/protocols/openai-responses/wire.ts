// The answers of the Responses wire, read leniently: events of a stream, the response that they carry, and its items (OpenAI
// API reference, "The response object", "Streaming events").
import { asRecord, asRecords, asText, type JsonRecord } from '../lenient-json.ts'

export const responsesPath = '/v1/responses'

export interface WireResponse {
  id: string
  model: string
  status: string | undefined
  /** Why it is incomplete. */
  incompleteReason: string | undefined
  items: JsonRecord[]
  serviceTier: string | undefined
  usage: JsonRecord | undefined
  error: JsonRecord | undefined
  /** Searches by the vendor's own tool, as it counts them itself; undefined where it does not. */
  searches: unknown
}

export function readResponse(json: JsonRecord): WireResponse {
  return {
    id: asText(json['id']) ?? '',
    model: asText(json['model']) ?? '',
    status: asText(json['status']),
    incompleteReason: asText(asRecord(json['incomplete_details'])?.['reason']),
    items: asRecords(json['output']),
    serviceTier: asText(json['service_tier']),
    usage: asRecord(json['usage']),
    error: asRecord(json['error']),
    searches: asRecord(asRecord(json['tool_usage'])?.['web_search'])?.['num_requests'],
  }
}

/** What an item says in words: texts and refusals of a message, of reasoning the summary or else the thoughts themselves. */
export interface ItemText {
  text: string
  isRefusal: boolean
}

export function readItemTexts(item: JsonRecord): ItemText[] {
  const content = asRecords(item['content'])
  const summary = asRecords(item['summary'])
  return (summary.length > 0 ? summary : content).map((part) => {
    const refusal = asText(part['refusal'])
    return { text: refusal ?? asText(part['text']) ?? '', isRefusal: refusal !== undefined }
  })
}

export interface ItemCall {
  id: string
  name: string
  /** Undefined where the item does not hold them yet. */
  argumentsJson: string | undefined
}

/** The call that an item is; undefined for items that are none of the client's. */
export function readItemCall(item: JsonRecord): ItemCall | undefined {
  const name = asText(item['name']) ?? ''
  const id = asText(item['call_id']) || (asText(item['id']) ?? '')
  switch (item['type']) {
    case 'function_call':
      return { id, name, argumentsJson: asText(item['arguments']) || undefined }
    case 'custom_tool_call': {
      const input = asText(item['input'])
      return { id, name, argumentsJson: input === undefined ? undefined : JSON.stringify({ input }) }
    }
    default:
      return undefined
  }
}
