// A client's Messages request → the canonical one (Anthropic Messages API, MessageCreateParams of both live versions). The
// conversation is read by decode-messages.ts, tools by decode-tools.ts.
import {
  plainRequest,
  type ChatRequest,
  type Effort,
  type ReasoningRequest,
  type TextPart,
  type ToolDefinition,
} from '../chat.ts'
import type { DecodedRequest } from '../protocol.ts'
import {
  invalidField,
  members,
  nameRest,
  notTranslatable,
  outputTokensMax,
  readCount,
  readNumber,
  readRecord,
  readStream,
  readText,
  requireMessages,
  restOf,
  type FieldHandling,
  type RequestBody,
} from '../request-fields.ts'
import { decodeMessages, decodeTexts, type Conversation } from './decode-messages.ts'
import { decodeToolChoice, decodeTools } from './decode-tools.ts'
import { readEffort } from './read-effort.ts'
import { markOf } from './read-mark.ts'

const readFields: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'tools',
  'tool_choice',
  'stop_sequences',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
  'cache_control',
])

const read = {
  metadata: members('user_id'),
  thinking: members('type budget_tokens display'),
  format: members('type schema'),
}

export const otherFields: Readonly<Record<string, FieldHandling>> = {
  // State, files and tools that live at the vendor, and where the data may be processed: an answer made without regard to
  // these is not the one that was asked for.
  container: 'refused',
  mcp_servers: 'refused',
  thread: 'refused',
  inference_geo: 'refused',
  betas: 'ignored',
  diagnostics: 'ignored',
  billing_policy: 'ignored',
  fallback_credit_token: 'ignored',
  workspace_id: 'ignored',
  user_profile_id: 'ignored',
}

export function decodeRequest(body: RequestBody, model: string): DecodedRequest {
  requireMessages(body)
  const dropped = restOf(body, readFields, otherFields)
  const conversation = decodeMessages(body['messages'], dropped)
  if (conversation.messages.length === 0) throw invalidField('messages', 'must say something')
  const tools = decodeAllTools(body['tools'], conversation, dropped)
  const { toolChoice, isParallel } = decodeToolChoice(body['tool_choice'], tools, dropped)
  const request: ChatRequest = {
    ...plainRequest,
    model,
    system: [...decodeSystem(body['system'], dropped), ...conversation.system],
    messages: conversation.messages,
    tools,
    toolChoice,
    parallelToolCalls: isParallel,
    maxOutputTokens: readMaxTokens(body),
    temperature: readNumber(body['temperature'], 'temperature'),
    topP: readNumber(body['top_p'], 'top_p'),
    topK: readNumber(body['top_k'], 'top_k'),
    stopSequences: readStops(body['stop_sequences']),
    ...decodeOutput(body, conversation.effort, dropped),
    userId: readUserId(body['metadata'], dropped),
    stream: readStream(body),
  }
  markEnd(request, body)
  return { request, dropped: [...new Set(dropped)] }
}

function decodeAllTools(
  value: unknown,
  { addedTools, removedTools }: Conversation,
  dropped: string[],
): ToolDefinition[] {
  const offered = decodeTools(value, 'tools', dropped)
  const added = decodeTools(addedTools, 'messages', dropped)
  const isNew = ({ name }: ToolDefinition) => !offered.some((tool) => tool.name === name)
  return [...offered, ...added.filter(isNew)].filter(({ name }) => !removedTools.has(name))
}

/** Without text there would be nothing to translate: a request of 0 tokens only warms the vendor's own cache. */
function readMaxTokens(body: RequestBody): number | undefined {
  if (body['max_tokens'] === 0) throw notTranslatable('max_tokens', '"max_tokens" of 0 cannot be passed on.')
  return readCount(body, 'max_tokens', outputTokensMax)
}

/** A line that one client puts before its instructions, for its vendor's accounting: other models would take it for one. */
const billingLine = 'x-anthropic-billing-header:'

function decodeSystem(system: unknown, dropped: string[]): TextPart[] {
  if (system === undefined || system === null) return []
  const texts = decodeTexts(system, 'system', dropped)
  return texts.filter(({ text }) => !text.startsWith(billingLine))
}

function readStops(value: unknown): string[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalidField('stop_sequences', 'must be an array')
  return (value as unknown[]).map((stop, index) => readText(stop, `stop_sequences[${index}]`))
}

function readUserId(value: unknown, dropped: string[]): string | undefined {
  if (value === undefined || value === null) return undefined
  const metadata = readRecord(value, 'metadata')
  nameRest(metadata, 'metadata', read.metadata, dropped)
  const userId = metadata['user_id'] ?? undefined
  return userId === undefined ? undefined : readText(userId, 'metadata.user_id')
}

type Output = Pick<ChatRequest, 'reasoning' | 'responseFormat'>

/** `turnEffort` is that of the latest instruction in mid-conversation, which counts for its turn. */
function decodeOutput(body: RequestBody, turnEffort: Effort | undefined, dropped: string[]): Output {
  const config = body['output_config'] ?? undefined
  const output = config === undefined ? {} : readRecord(config, 'output_config')
  const rest = restOf(output, new Set(['effort', 'format']), {})
  dropped.push(...rest.map((field) => `output_config.${field}`))
  const effort = turnEffort ?? readEffort(output, 'output_config')
  return {
    reasoning: decodeThinking(body['thinking'], effort, dropped),
    responseFormat:
      decodeFormat(output['format'], 'output_config.format', dropped) ??
      decodeFormat(body['output_format'], 'output_format', dropped),
  }
}

function decodeThinking(value: unknown, effort: Effort | undefined, dropped: string[]): ReasoningRequest | undefined {
  if (value === undefined || value === null) {
    return effort === undefined ? undefined : { effort, budgetTokens: undefined, isShown: false }
  }
  const thinking = readRecord(value, 'thinking')
  nameRest(thinking, 'thinking', read.thinking, dropped)
  const isShown = thinking['display'] !== 'omitted'
  switch (readText(thinking['type'], 'thinking.type')) {
    case 'disabled':
      return { effort: 'none', budgetTokens: undefined, isShown: false }
    case 'enabled':
      return { effort, budgetTokens: readBudget(thinking), isShown }
    case 'adaptive':
      return { effort, budgetTokens: undefined, isShown }
    case 'between_tools':
      // Some thinking, none before the first words: what others call little.
      return { effort: effort ?? 'low', budgetTokens: undefined, isShown }
    default:
      throw invalidField('thinking.type', 'must be one of adaptive, enabled, disabled, between_tools')
  }
}

function readBudget(thinking: RequestBody): number {
  const budget = readCount(thinking, 'budget_tokens', outputTokensMax)
  if (budget === undefined) throw invalidField('thinking.budget_tokens', 'is required')
  return budget
}

function decodeFormat(value: unknown, path: string, dropped: string[]): Output['responseFormat'] {
  if (value === undefined || value === null) return undefined
  const format = readRecord(value, path)
  nameRest(format, path, read.format, dropped)
  if (format['type'] !== 'json_schema') throw invalidField(`${path}.type`, 'must be json_schema')
  // Other vendors' strict modes ask more of a schema than this one (every property required): theirs is left to them.
  return {
    type: 'json-schema',
    name: 'answer',
    schema: readRecord(format['schema'], `${path}.schema`),
    strict: undefined,
  }
}

/** A mark on the request itself stands for its last block ("Automatic caching"). */
function markEnd(request: ChatRequest, body: RequestBody): void {
  const mark = markOf(body, '')
  const last = request.messages.at(-1)?.content.at(-1)
  if (mark !== undefined && last !== undefined && last.type !== 'reasoning') last.cacheMark ??= mark
}
