// The canonical request as a Messages body, for requests that clients made in another protocol (Anthropic Messages API).
import type { ChatMessage, ChatRequest } from '../chat.ts'

/** The wire demands a maximum. Every model of the last years can write this much. */
const maxTokensDefault = 4096
/** The wire's scale ends at 1, others' at 2. */
const temperatureMax = 1
/** Conversations must open with the user; one that opens with a greeting of the assistant gets this before it. */
const openingText = '(The conversation begins.)'
/** From this version on, models refuse sampling parameters. */
const samplingRefusedFrom = { major: 4, minor: 7 }

export function encodeRequest(request: ChatRequest): Buffer {
  const system = request.system.filter((text) => text.trim() !== '').join('\n\n')
  return Buffer.from(
    JSON.stringify({
      model: request.model,
      max_tokens: request.maxOutputTokens ?? maxTokensDefault,
      system: system === '' ? undefined : system,
      messages: encodeMessages(request.messages),
      temperature: takesSampling(request.model) ? clampTemperature(request.temperature) : undefined,
      stream: request.stream ? true : undefined,
    }),
  )
}

interface WireMessage {
  role: ChatMessage['role']
  content: { type: 'text'; text: string }[]
}

/** Neighbours of one role are merged, empty text blocks are refused and therefore left out. */
function encodeMessages(messages: readonly ChatMessage[]): WireMessage[] {
  const encoded: WireMessage[] = []
  for (const { role, content } of messages) {
    const blocks = content
      .filter((part) => part.text.trim() !== '')
      .map(({ text }) => ({ type: 'text' as const, text }))
    const last = encoded.at(-1)
    if (blocks.length === 0) continue
    if (last?.role === role) last.content.push(...blocks)
    else encoded.push({ role, content: blocks })
  }
  if (encoded[0]?.role === 'assistant')
    encoded.unshift({ role: 'user', content: [{ type: 'text', text: openingText }] })
  return encoded
}

function clampTemperature(temperature: number | undefined): number | undefined {
  return temperature === undefined ? undefined : Math.min(temperature, temperatureMax)
}

/** Version numbers have one or two digits in model names ("…-4-5-20250929" is 4.5); a name without one is let through. */
function takesSampling(model: string): boolean {
  const numbers = model
    .split(/[^0-9a-z]+/i)
    .filter((word) => /^\d{1,2}$/.test(word))
    .map(Number)
  const [major = 0, minor = 0] = numbers
  if (major !== samplingRefusedFrom.major) return major < samplingRefusedFrom.major
  return minor < samplingRefusedFrom.minor
}
