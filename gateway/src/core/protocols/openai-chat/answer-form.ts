// Which requests offered `functions`, the older form of tools: their answers call in that form. The canonical request has no place
// for it, so decode-request.ts notes it here and answer-calls.ts asks for it.
import type { ChatRequest } from '../chat.ts'

const olderRequests = new WeakSet<ChatRequest>()

export function noteOlderForm(request: ChatRequest): void {
  olderRequests.add(request)
}

export function hasOlderForm(request: ChatRequest): boolean {
  return olderRequests.has(request)
}
