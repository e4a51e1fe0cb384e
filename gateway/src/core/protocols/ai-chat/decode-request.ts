// The unified call → the canonical request. Unlike the other clients' protocols this one is always translated.
import { plainRequest, type ChatMessage, type TextPart } from '../chat.ts'
import type { DecodedRequest } from '../protocol.ts'
import { readAiChat } from './inspect-request.ts'

/** Nothing is ever dropped: the contract has no field without a counterpart. */
export function decodeRequest(body: Record<string, unknown>, model: string): DecodedRequest {
  const { messages, maxTokens, temperature, stream } = readAiChat(body)
  const system: TextPart[] = []
  const turns: ChatMessage[] = []
  for (const { role, content } of messages) {
    if (content === '') continue
    const part: TextPart = { type: 'text', text: content }
    // Wherever it stands, an instruction of this call is meant for the whole conversation.
    if (role === 'system') system.push(part)
    else turns.push({ role, content: [part] })
  }
  const request = {
    ...plainRequest,
    model,
    system,
    messages: turns,
    maxOutputTokens: maxTokens,
    temperature,
    stream: stream ?? false,
  }
  return { request, dropped: [] }
}
