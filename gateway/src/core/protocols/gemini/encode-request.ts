// The canonical request as a generateContent body (Gemini API reference, "GenerateContentRequest"). The model and whether to
// stream stand in the path.
import type { ChatMessage, ChatRequest } from '../chat.ts'

/** Conversations must open with the user; one that opens with a greeting of the model gets this before it. */
const openingText = '(The conversation begins.)'

export function encodeRequest(request: ChatRequest): Buffer {
  const system = request.system.filter((text) => text !== '')
  return Buffer.from(
    JSON.stringify({
      contents: encodeContents(request.messages),
      systemInstruction: system.length === 0 ? undefined : { parts: system.map((text) => ({ text })) },
      generationConfig: { maxOutputTokens: request.maxOutputTokens, temperature: request.temperature },
    }),
  )
}

/** `model` may be a bare name or the full resource name; every other character of it is data, never part of the path. */
export function pathOf(model: string, stream: boolean): string {
  const bareName = model.startsWith('models/') ? model.slice('models/'.length) : model
  // Half a surrogate pair, which JSON can carry, would make encodeURIComponent throw.
  const name = encodeURIComponent(bareName.toWellFormed())
  return `/v1beta/models/${name}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
}

interface WireContent {
  role: 'user' | 'model'
  parts: { text: string }[]
}

/** Turns must alternate and hold text: neighbours of one role are merged, empty parts left out. */
function encodeContents(messages: readonly ChatMessage[]): WireContent[] {
  const contents: WireContent[] = []
  for (const { role, content } of messages) {
    const parts = content.filter((part) => part.text !== '').map(({ text }) => ({ text }))
    const wireRole = role === 'assistant' ? 'model' : 'user'
    const last = contents.at(-1)
    if (parts.length === 0) continue
    if (last?.role === wireRole) last.parts.push(...parts)
    else contents.push({ role: wireRole, parts })
  }
  if (contents[0]?.role === 'model') contents.unshift({ role: 'user', parts: [{ text: openingText }] })
  return contents
}
