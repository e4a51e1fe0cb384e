// What of a request every response of this wire repeats (OpenAI API reference, "The response object"). The canonical request has no
// place for most of it, so decode-request.ts notes the client's own body here and the answer encoder asks for it.
import type { ChatRequest } from '../chat.ts'
import { asRecord, asRecords, type JsonRecord } from '../lenient-json.ts'

const bodies = new WeakMap<ChatRequest, JsonRecord>()

export function noteRequest(request: ChatRequest, body: JsonRecord): void {
  bodies.set(request, body)
}

/** Members of a response. Where the client left something out, what was done then. */
export function echoOf(request: ChatRequest): JsonRecord {
  const body = bodies.get(request) ?? {}
  const reasoning = asRecord(body['reasoning'])
  const given = (field: string, otherwise: unknown = null) => body[field] ?? otherwise
  return {
    // The vendor's own programs: what it says where none was chosen.
    access_programs: null,
    background: false,
    instructions: given('instructions'),
    max_output_tokens: given('max_output_tokens'),
    max_tool_calls: given('max_tool_calls'),
    metadata: given('metadata', {}),
    parallel_tool_calls: given('parallel_tool_calls', true),
    previous_response_id: null,
    prompt_cache_key: given('prompt_cache_key'),
    reasoning: {
      effort: reasoning?.['effort'] ?? null,
      summary: reasoning?.['summary'] ?? reasoning?.['generate_summary'] ?? null,
    },
    safety_identifier: given('safety_identifier'),
    store: false,
    temperature: given('temperature', 1),
    text: { format: { type: 'text' }, verbosity: 'medium', ...asRecord(body['text']) },
    tool_choice: given('tool_choice', 'auto'),
    tools: asRecords(body['tools']).map(echoedTool),
    top_logprobs: 0,
    top_p: given('top_p', 1),
    truncation: 'disabled',
    // Absent unless the client named one: it may not be null.
    ...(typeof body['user'] === 'string' && { user: body['user'] }),
  }
}

/** A function's schema and strictness stand in every response, also where the request left them out. */
function echoedTool(tool: JsonRecord): JsonRecord {
  if (tool['type'] !== 'function') return tool
  return { ...tool, parameters: tool['parameters'] ?? null, strict: tool['strict'] ?? false }
}
