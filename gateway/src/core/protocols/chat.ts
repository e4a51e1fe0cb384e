// The canonical conversation: what every wire is decoded into and encoded from when client and account speak different
// protocols. One request shape, one event union. Text for now; tools, images and reasoning are further content parts and
// events of the same unions.
import type { UpstreamFailure } from './failure.ts'
import type { Usage } from './usage.ts'

export interface TextPart {
  type: 'text'
  text: string
}
export type ContentPart = TextPart

export interface ChatMessage {
  role: 'user' | 'assistant'
  content: ContentPart[]
}

export interface ChatRequest {
  /** The vendor's model name, aliases already resolved. */
  model: string
  /** System and developer instructions, in order. */
  system: string[]
  /** Alternates as the client sent it; encoders merge neighbours of one role where a vendor demands it. */
  messages: ChatMessage[]
  maxOutputTokens: number | undefined
  temperature: number | undefined
  stream: boolean
}

export type FinishReason = 'stop' | 'length' | 'content-filter' | 'other'

/** What an answer consists of, streamed or not. A plain JSON answer is the same events, collected. */
export type ChatEvent =
  | { type: 'message-start'; id: string; model: string }
  | { type: 'text-delta'; text: string }
  /** Cumulative: the latest replaces what came before. `isFinal`: these are the answer's last figures. */
  | { type: 'usage'; usage: Usage; raw: unknown; isFinal: boolean }
  | { type: 'message-end'; reason: FinishReason }
  /** The vendor reported an error inside the answer. Nothing follows. */
  | { type: 'failure'; failure: UpstreamFailure }
