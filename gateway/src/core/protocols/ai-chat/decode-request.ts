// The unified call → the canonical request. Unlike the other clients' protocols this one is always translated.
import type { ChatMessage, ChatRequest } from '../chat.ts'
import { readAiChat } from './inspect-request.ts'

export function decodeRequest(body: Record<string, unknown>, model: string): ChatRequest {
  const { messages, maxTokens, temperature, stream } = readAiChat(body)
  return {
    model,
    system: messages.filter(({ role }) => role === 'system').map(({ content }) => content),
    messages: messages.flatMap(({ role, content }): ChatMessage[] =>
      role === 'system' ? [] : [{ role, content: [{ type: 'text', text: content }] }],
    ),
    maxOutputTokens: maxTokens,
    temperature,
    stream: stream ?? false,
  }
}
