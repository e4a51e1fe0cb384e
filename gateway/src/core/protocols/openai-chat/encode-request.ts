// The canonical request as a Chat Completions body, for requests that clients made in another protocol.
import type { ChatRequest } from '../chat.ts'
import type { WireOptions } from '../protocol.ts'

export function encodeRequest(request: ChatRequest, options: WireOptions = {}): Buffer {
  const system = request.system.map((content) => ({ role: 'system', content }))
  const messages = request.messages.map(({ role, content }) => ({
    role,
    content: content.map((part) => part.text).join(''),
  }))
  const maximumField = options.usesOlderMaximumField === true ? 'max_tokens' : 'max_completion_tokens'
  return Buffer.from(
    JSON.stringify({
      model: request.model,
      messages: [...system, ...messages],
      [maximumField]: request.maxOutputTokens,
      temperature: request.temperature,
      // Without `include_usage` a stream reports no usage at all.
      ...(request.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    }),
  )
}
