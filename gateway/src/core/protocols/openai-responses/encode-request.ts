// The canonical request as a Responses body, for requests that clients made in another protocol (OpenAI API reference, "Create a
// model response"). Nothing is stored: the conversation is the client's. The order of members is fixed: prompt caches compare
// beginnings.
import type { ChatRequest } from '../chat.ts'
import type { EncodedRequest, EncodeTarget } from '../protocol.ts'
import { CallIds } from './call-ids.ts'
import { encodeFormat } from './encode-format.ts'
import { encodeItems, instructionItem } from './encode-items.ts'
import { encodeThinking } from './encode-thinking.ts'
import { raisedMaximum } from './output-minimum.ts'
import { encodeToolChoice, encodeTools } from './encode-tools.ts'

/** "With a maximum length of 64 characters." */
const userIdCharsMax = 64

export function encodeRequest(request: ChatRequest, { traits, options }: EncodeTarget): EncodedRequest {
  const dropped = new Set<string>()
  const hasTools = request.tools.length > 0
  const thinking = encodeThinking(request, { traits, options }, dropped)
  const format = encodeFormat(request, traits.takesSchema, dropped)
  const isNoting = options.support?.mid_conversation_system === 'adapted'
  const told = format.instruction === undefined ? [] : [instructionItem(format.instruction)]
  const body = {
    model: request.model,
    instructions: encodeInstructions(request),
    tools: hasTools ? encodeTools(request.tools, traits.takesSchema, dropped) : undefined,
    tool_choice: encodeToolChoice(request, thinking.isConstant, dropped),
    parallel_tool_calls: hasTools ? request.parallelToolCalls : undefined,
    input: [...told, ...encodeItems(request.messages, isNoting, new CallIds())],
    max_output_tokens: request.maxOutputTokens === undefined ? undefined : raisedMaximum(request.maxOutputTokens),
    ...thinking.fields,
    text: format.field,
    temperature: request.temperature,
    top_p: request.topP,
    safety_identifier: encodeUser(request.userId, dropped),
    store: false,
    // Padding that hides the length of every delta: nobody but us reads this stream.
    ...(request.stream ? { stream: true, stream_options: { include_obfuscation: false } } : {}),
  }
  return { body: Buffer.from(JSON.stringify(body)), dropped: [...dropped] }
}

function encodeInstructions({ system }: ChatRequest): string | undefined {
  const texts = system.map(({ text }) => text).filter((text) => text !== '')
  return texts.length > 0 ? texts.join('\n\n') : undefined
}

function encodeUser(userId: string | undefined, dropped: Set<string>): string | undefined {
  if (userId === undefined || userId.length <= userIdCharsMax) return userId
  dropped.add('user')
  return undefined
}
