// The canonical request as a Messages body, for requests that clients made in another protocol (Anthropic Messages API). Sent
// under the older of the two live versions, which knows every field used here. The order of members is fixed: the vendor's
// prompt cache compares beginnings.
import type { ChatRequest, TextPart } from '../chat.ts'
import type { EncodedRequest, EncodeTarget } from '../protocol.ts'
import { limitMarks } from './cache-marks.ts'
import { closeSchema } from './close-schema.ts'
import { encodeMessages, encodeText } from './encode-messages.ts'
import { encodeThinking } from './encode-thinking.ts'
import { encodeToolChoice, encodeTools, withCalledTools } from './encode-tools.ts'

/** The wire demands a maximum. Every model of the last years can write this much. */
const maxTokensDefault = 4096
/** The wire's scale ends at 1, others' at 2. */
const temperatureMax = 1
/** The wire wants an opaque identifier, a UUID or a hash: what is longer is none, and is not worth a refusal. */
const userIdCharsMax = 256

export function encodeRequest(request: ChatRequest, { traits }: EncodeTarget): EncodedRequest {
  const dropped = new Set<string>()
  const bounded = limitMarks(withCalledTools(request))
  const maxTokens = request.maxOutputTokens ?? traits.outputTokensMax ?? maxTokensDefault
  const thinking = encodeThinking(bounded, traits, maxTokens, dropped)
  const format = encodeFormat(bounded, traits.takesSchema, dropped)
  const system = [...bounded.system, ...format.instructions].filter(({ text }) => text.trim() !== '').map(encodeText)
  const tools = encodeTools(bounded.tools, traits.takesSchema, dropped)
  const outputConfig = { ...thinking.config, ...format.config }
  const body = {
    model: request.model,
    max_tokens: maxTokens,
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: encodeToolChoice(bounded, thinking, dropped),
    system: system.length > 0 ? system : undefined,
    messages: encodeMessages(bounded.messages),
    thinking: thinking.thinking,
    output_config: Object.keys(outputConfig).length > 0 ? outputConfig : undefined,
    ...encodeSampling(bounded, thinking.isOn, dropped),
    stop_sequences: encodeStops(bounded.stopSequences, dropped),
    metadata: encodeUser(bounded.userId, dropped),
    stream: request.stream ? true : undefined,
  }
  return { body: Buffer.from(JSON.stringify(body)), dropped: [...dropped] }
}

interface Format {
  config: object
  instructions: TextPart[]
}

function encodeFormat({ responseFormat }: ChatRequest, takesSchema: boolean, dropped: Set<string>): Format {
  if (responseFormat === undefined) return { config: {}, instructions: [] }
  if (responseFormat.type === 'json') return { config: {}, instructions: [instruction('a JSON object')] }
  const { schema } = responseFormat
  if (takesSchema) return { config: { format: { type: 'json_schema', schema: closeSchema(schema) } }, instructions: [] }
  // The schema is still told, but nothing holds the model to it.
  dropped.add('json_schema')
  return { config: {}, instructions: [instruction(`JSON that fits this JSON schema: ${JSON.stringify(schema)}`)] }
}

function instruction(what: string): TextPart {
  return { type: 'text', text: `Answer with ${what} and nothing else: no explanation, no code fence.` }
}

type Sampling = Pick<ChatRequest, 'temperature' | 'topP' | 'topK'>

/**
 * Thinking leaves no choice of temperature and top_k ("Extended thinking", "Feature compatibility"), and models since 4.1 take
 * temperature or top_p, not both: the temperature is what most clients mean.
 */
function encodeSampling({ temperature, topP, topK }: Sampling, isThinking: boolean, dropped: Set<string>): object {
  const warm = isThinking ? undefined : temperature
  const nucleus = isThinking || warm !== undefined ? undefined : topP
  const top = isThinking ? undefined : topK
  if (warm !== temperature || (warm ?? 0) > temperatureMax) dropped.add('temperature')
  if (nucleus !== topP) dropped.add('top_p')
  if (top !== topK) dropped.add('top_k')
  return { temperature: warm === undefined ? undefined : Math.min(warm, temperatureMax), top_p: nucleus, top_k: top }
}

function encodeStops(stopSequences: readonly string[], dropped: Set<string>): string[] | undefined {
  // "Each stop sequence must contain non-whitespace."
  const stops = stopSequences.filter((stop) => stop.trim() !== '')
  if (stops.length < stopSequences.length) dropped.add('stop')
  return stops.length > 0 ? stops : undefined
}

function encodeUser(userId: string | undefined, dropped: Set<string>): object | undefined {
  if (userId === undefined) return undefined
  if (userId.length <= userIdCharsMax) return { user_id: userId }
  dropped.add('user')
  return undefined
}
