// The canonical request as a Chat Completions body, for requests that clients made in another protocol (OpenAI API reference,
// "Create chat completion"). What only some vendors of the wire know is written where the model's traits or the vendor's options
// ask for it. The order of members is fixed: prompt caches compare beginnings.
import type { ChatRequest } from '../chat.ts'
import type { EncodedRequest, EncodeTarget } from '../protocol.ts'
import { CallIds } from './call-ids.ts'
import { encodeFormat } from './encode-format.ts'
import { encodeMessages, encodeSystem, keepLastMarks } from './encode-messages.ts'
import { encodeThinking } from './encode-thinking.ts'
import { encodeToolChoice, encodeTools } from './encode-tools.ts'

/** "Up to 4 sequences." */
const stopsMax = 4
/** "The IDs should be a string that uniquely identifies each user, with a maximum length of 64 characters." */
const userIdCharsMax = 64

export function encodeRequest(request: ChatRequest, { traits, options }: EncodeTarget): EncodedRequest {
  const dropped = new Set<string>()
  const hasTools = request.tools.length > 0
  const thinking = encodeThinking(request, traits, dropped)
  const format = encodeFormat(request, traits.takesSchema, dropped)
  const isNoting = options.support?.mid_conversation_system === 'adapted'
  const messages = [
    ...encodeSystem([...request.system, ...format.instructions]),
    ...encodeMessages(request.messages, isNoting, new CallIds()),
  ]
  keepLastMarks(messages)
  // Tools stand before all messages: a mark in these covers them.
  if (request.tools.some(({ cacheMark }) => cacheMark !== undefined) && !hasMark(messages)) dropped.add('cache_marks')
  const maximumField = options.usesOlderMaximumField === true ? 'max_tokens' : 'max_completion_tokens'
  const body = {
    model: request.model,
    tools: hasTools ? encodeTools(request.tools, traits.takesSchema, dropped) : undefined,
    tool_choice: encodeToolChoice(request, thinking.isConstant, dropped),
    parallel_tool_calls: hasTools ? request.parallelToolCalls : undefined,
    messages,
    [maximumField]: request.maxOutputTokens,
    ...thinking.fields,
    response_format: format.field,
    temperature: request.temperature,
    top_p: request.topP,
    top_k: request.topK,
    stop: encodeStops(request.stopSequences, dropped),
    seed: request.seed,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
    user: encodeUser(request.userId, dropped),
    // Without `include_usage` a stream reports no usage at all.
    ...(request.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  }
  return { body: Buffer.from(JSON.stringify(body)), dropped: [...dropped] }
}

function hasMark(messages: readonly { content: unknown }[]): boolean {
  return messages.some(
    ({ content }) => Array.isArray(content) && content.some((part: object) => 'cache_control' in part),
  )
}

function encodeStops(stopSequences: readonly string[], dropped: Set<string>): string[] | undefined {
  const stops = stopSequences.filter((stop) => stop !== '').slice(0, stopsMax)
  if (stops.length < stopSequences.length) dropped.add('stop')
  return stops.length > 0 ? stops : undefined
}

function encodeUser(userId: string | undefined, dropped: Set<string>): string | undefined {
  if (userId === undefined || userId.length <= userIdCharsMax) return userId
  dropped.add('user')
  return undefined
}
