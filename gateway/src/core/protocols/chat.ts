// The canonical conversation: what every wire is decoded into and encoded from when client and account speak different
// protocols. One request shape, one event union. `features.ts` says which wire can carry which part of a request.
import type { UpstreamFailure } from './failure.ts'
import type { Usage } from './usage.ts'

/** Where a client marked the end of a prefix that the provider should keep in its prompt cache, and for how long. */
export type CacheMark = '5m' | '1h'

export interface TextPart {
  type: 'text'
  text: string
  cacheMark?: CacheMark
}

export interface ImagePart {
  type: 'image'
  source: { kind: 'data'; mediaType: string; base64: string } | { kind: 'url'; url: string }
  cacheMark?: CacheMark
}

/** A call that the assistant made. `id` is unique in the conversation; wires without ids get one made up by the decoder. */
export interface ToolCallPart {
  type: 'tool-call'
  id: string
  name: string
  /** The arguments as JSON text of an object, as the model wrote it; '{}' where a wire left it empty. */
  argumentsJson: string
  cacheMark?: CacheMark
}

/** What the tool answered; stands in a message of the user. */
export interface ToolResultPart {
  type: 'tool-result'
  callId: string
  /** The tool's name, looked up from the call by wires that need it. */
  name: string | undefined
  content: (TextPart | ImagePart)[]
  isError: boolean
  cacheMark?: CacheMark
}

/** What the assistant thought. Only the vendor that signed it can take it back. */
export interface ReasoningPart {
  type: 'reasoning'
  text: string
}

export type ContentPart = TextPart | ImagePart | ToolCallPart | ToolResultPart | ReasoningPart

/**
 * `system` is an instruction in mid-conversation; those before the first turn stand in `ChatRequest.system`. Images, texts and
 * tool results belong to the user; texts, calls and reasoning to the assistant. Neighbours may have one role: encoders merge
 * them where a vendor demands it.
 */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: ContentPart[]
}

export interface ToolDefinition {
  name: string
  description: string | undefined
  /** JSON Schema of the arguments, an object schema; as the client sent it. */
  parameters: Record<string, unknown>
  /** The provider shall hold the arguments to the schema. Undefined: the wire's own default. */
  strict: boolean | undefined
  cacheMark?: CacheMark
  /**
   * How the client's wire names this tool where that is more than a function: for that wire's answer encoder alone.
   * `custom` tools take one free text (here: the property `input`); a namespaced one was flattened into `name`.
   */
  origin?: { kind: 'custom' } | { kind: 'namespace'; namespace: string; name: string; isCustom?: boolean }
}

export type ToolChoice = { type: 'auto' } | { type: 'none' } | { type: 'required' } | { type: 'tool'; name: string }

/** How hard the model shall think, in ascending order. `none` switches thinking off. */
export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof efforts)[number]

export interface ReasoningRequest {
  /** Undefined where the client gave a budget, or only switched thinking on. */
  effort: Effort | undefined
  budgetTokens: number | undefined
  /** The client wants to see what was thought. */
  isShown: boolean
}

export type ResponseFormat =
  | { type: 'json' }
  | { type: 'json-schema'; name: string; schema: Record<string, unknown>; strict: boolean | undefined }

export interface ChatRequest {
  /** The vendor's model name, aliases already resolved. */
  model: string
  /** System and developer instructions before the first turn, in order. */
  system: TextPart[]
  messages: ChatMessage[]
  tools: ToolDefinition[]
  toolChoice: ToolChoice | undefined
  /** False: at most one call for each answer. */
  parallelToolCalls: boolean | undefined
  maxOutputTokens: number | undefined
  temperature: number | undefined
  topP: number | undefined
  topK: number | undefined
  stopSequences: string[]
  seed: number | undefined
  presencePenalty: number | undefined
  frequencyPenalty: number | undefined
  reasoning: ReasoningRequest | undefined
  responseFormat: ResponseFormat | undefined
  /** The client's own name for its user, for the vendor's abuse detection. */
  userId: string | undefined
  stream: boolean
  /** The client asked for usage in its stream, where its wire leaves it out otherwise: for that wire's answer encoder alone. */
  reportsUsage?: boolean
}

/** A request that asks for nothing special; decoders spread it. */
export const plainRequest: Omit<ChatRequest, 'model' | 'messages' | 'stream'> = Object.freeze({
  system: [],
  tools: [],
  toolChoice: undefined,
  parallelToolCalls: undefined,
  maxOutputTokens: undefined,
  temperature: undefined,
  topP: undefined,
  topK: undefined,
  stopSequences: [],
  seed: undefined,
  presencePenalty: undefined,
  frequencyPenalty: undefined,
  reasoning: undefined,
  responseFormat: undefined,
  userId: undefined,
})

/**
 * Why an answer ended. `tool-calls` whenever it ended in order to have tools called, whatever the wire calls it;
 * `refusal` is the model's own, `content-filter` the vendor's.
 */
export type FinishReason = 'stop' | 'stop-sequence' | 'length' | 'tool-calls' | 'content-filter' | 'refusal' | 'other'

/**
 * What an answer consists of, streamed or not. A plain JSON answer is the same events, collected. Text, reasoning and
 * calls come in the order in which they stand in the answer; a call is ended before anything else begins, so no two calls
 * are ever open (a decoder of a wire that interleaves them holds the later one back).
 */
export type ChatEvent =
  | { type: 'message-start'; id: string; model: string }
  | { type: 'text-delta'; text: string }
  | { type: 'reasoning-delta'; text: string }
  /** `id` as the vendor gave it, or made up by the decoder; never empty. */
  | { type: 'tool-call-start'; id: string; name: string }
  /** A piece of the arguments' JSON text. A call without arguments has one delta '{}'. */
  | { type: 'tool-call-delta'; argumentsJson: string }
  | { type: 'tool-call-end' }
  /** Cumulative: the latest replaces what came before. `isFinal`: these are the answer's last figures. */
  | { type: 'usage'; usage: Usage; raw: unknown; isFinal: boolean }
  /** `stopSequence` is the one that was hit, where the wire says which. */
  | { type: 'message-end'; reason: FinishReason; stopSequence?: string | undefined }
  /** The vendor reported an error inside the answer. Nothing follows. */
  | { type: 'failure'; failure: UpstreamFailure }
