// Reads a valid Messages request into the prompt: what is counted and cached, and what the answer must know. The order
// is that of the prompt cache: tools, system, messages.
import { createHash } from 'node:crypto'
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'
import type { CacheLife, Prompt, PromptBlock, Tool } from '../prompt.ts'
import { imageBlock, promptBlock, unknownFieldBlocks } from '../prompt.ts'
import type { TurnLog } from '../turn-log.ts'
import { createTurnLog } from '../turn-log.ts'
import { contentBlocks } from './conversation.ts'
import type { MessagesTerms, ModelRules } from './dialect.ts'
import { imageTokens } from './image-tokens.ts'
import { thinkingWanted } from './steering-rules.ts'
import { isCustomTool } from './tool-rules.ts'
import { searchesOf } from './web-search.ts'

/** A page of a PDF costs "1,500–3,000 tokens per page" (PDF support guide); the simulator sees one page. */
const PDF_TOKENS = 2000
/** Client tools of the vendor's own design: what they take is not part of the request. */
const FIXED_TOOL = /^(?:bash|text_editor|memory|computer)_\d+$/

/** Fields that steer the answer without being part of the prompt. Any other field counts as input. */
const STEERING_FIELDS: ReadonlySet<string> = new Set(
  (
    'model messages system tools max_tokens stream temperature top_p top_k stop_sequences metadata service_tier ' +
    'thinking tool_choice output_config output_format context_management container cache_control inference_geo speed ' +
    'diagnostics betas thread'
  ).split(' '),
)

export function readPrompt(request: JsonRecord, rules: ModelRules, terms: MessagesTerms): Prompt {
  const messages = request['messages'] as JsonRecord[]
  const tools = offeredTools(request, messages)
  const log = createTurnLog()
  const blocks = [
    ...tools.map((tool) => block('tool', tool)),
    ...contentBlocks(request['system']).map((item) => block('system', item)),
    ...messages.flatMap((message) => messageBlocks(message, log)),
  ]
  const last = blocks.at(-1)
  // A mark on the request itself stands for its last block (automatic caching in the prompt caching guide).
  const life = lifeOf(request)
  if (last !== undefined && life !== null) last.cacheFor ??= life
  blocks.push(...unknownFieldBlocks(request, STEERING_FIELDS))
  const ending = log.ending()
  const schema = outputSchema(request)
  const thinking = readThinking(request, rules, terms, ending.toolResults.length > 0)
  return {
    blocks,
    ...ending,
    tools: tools.flatMap(callableTool),
    ...readChoice(request['tool_choice']),
    ...(thinking === null ? {} : { thinking }),
    ...(schema === null ? {} : { outputSchema: schema }),
    stops: Array.isArray(request['stop_sequences']) ? (request['stop_sequences'] as string[]) : [],
    ...searchesOf(request, ending.lastUserText),
  }
}

/** A deferred tool is no part of the prompt until a tool search has brought it up by a reference. */
function offeredTools(request: JsonRecord, messages: readonly JsonRecord[]): JsonRecord[] {
  const tools = Array.isArray(request['tools']) ? request['tools'].filter(isRecord) : []
  if (tools.every((tool) => tool['defer_loading'] !== true)) return tools
  const found = new Set<unknown>()
  for (const message of messages) {
    for (const item of contentBlocks(message['content'])) {
      for (const inner of contentBlocks(item['content'])) found.add(inner['tool_name'])
    }
  }
  return tools.filter((tool) => tool['defer_loading'] !== true || found.has(tool['name']))
}

function callableTool(tool: JsonRecord): Tool[] {
  const name = String(tool['name'])
  if (isCustomTool(tool)) return [{ name, schema: tool['input_schema'] as JsonRecord }]
  return FIXED_TOOL.test(String(tool['type'])) ? [{ name, schema: { type: 'object' } }] : []
}

function messageBlocks({ role, content }: JsonRecord, log: TurnLog): PromptBlock[] {
  if (role === 'assistant') log.assistant()
  return contentBlocks(content).flatMap((item) => {
    if (role === 'user' && item['type'] === 'text') log.user(String(item['text']))
    if (item['type'] === 'tool_result') log.toolResult(String(item['tool_use_id']), resultText(item))
    return contentPrompt(String(role), item)
  })
}

function resultText({ content }: JsonRecord): string {
  const texts = contentBlocks(content).map((item) => (typeof item['text'] === 'string' ? item['text'] : ''))
  return texts.filter((text) => text !== '').join('\n')
}

function contentPrompt(role: string, item: JsonRecord): PromptBlock[] {
  const life = lifeOf(item)
  switch (item['type']) {
    case 'image':
      return [imageBlock(role, JSON.stringify(item['source']), imageTokens(item['source']), life)]
    case 'document':
      return documentPrompt(role, item, life)
    // The signature vouches for the thought and costs nothing.
    case 'thinking':
      return [promptBlock(role, String(item['thinking']))]
    case 'redacted_thinking':
      return []
    case 'tool_result': {
      const inner = contentBlocks(item['content'])
      const images = inner.filter(({ type }) => type === 'image').flatMap((image) => contentPrompt(role, image))
      const texts = inner.filter(({ type }) => type !== 'image')
      return [...images, block(role, { ...item, content: texts })]
    }
    default:
      return [block(role, item)]
  }
}

function documentPrompt(role: string, item: JsonRecord, life: CacheLife | null): PromptBlock[] {
  const source = item['source'] as JsonRecord
  const heading = [item['title'], item['context']].filter((text) => typeof text === 'string').join('\n')
  if (source['type'] === 'text') return [promptBlock(role, `${heading}\n${String(source['data'])}`, life)]
  if (source['type'] === 'content') {
    const inner = contentBlocks(source['content']).flatMap((part) => contentPrompt(role, part))
    return [...inner, promptBlock(role, heading, life)]
  }
  const digest = createHash('sha256').update(JSON.stringify(source)).digest('hex')
  return [promptBlock(role, `${heading}\n${digest}${' page'.repeat(PDF_TOKENS)}`, life)]
}

/** The mark is no part of the prefix: moving it must not lose the cache. */
function block(role: string, item: JsonRecord): PromptBlock {
  if (item['type'] === 'text') return promptBlock(role, String(item['text']), lifeOf(item))
  const { cache_control: _, ...rest } = item
  return promptBlock(role, JSON.stringify(rest), lifeOf(item))
}

function lifeOf(record: JsonRecord): CacheLife | null {
  const control = record['cache_control']
  if (!isRecord(control)) return null
  return control['ttl'] === '1h' ? '1h' : '5m'
}

function readChoice(choice: unknown): Pick<Prompt, 'toolChoice' | 'parallelCalls'> {
  if (!isRecord(choice)) return {}
  const parallel = choice['disable_parallel_tool_use'] === true ? { parallelCalls: false } : {}
  switch (choice['type']) {
    case 'none':
      return { toolChoice: 'none' }
    case 'any':
      return { toolChoice: 'required', ...parallel }
    case 'tool':
      return { toolChoice: [String(choice['name'])], ...parallel }
    default:
      return parallel
  }
}

/** Null where the answer cannot think. */
function readThinking(
  request: JsonRecord,
  rules: ModelRules,
  terms: MessagesTerms,
  isAmidTools: boolean,
): NonNullable<Prompt['thinking']> | null {
  if (rules.ignoresThinking === true) return null
  const wanted = thinkingWanted(request)
  const isAlwaysOn = rules.thinking.has('adaptive') && !rules.thinking.has('disabled')
  if (wanted !== true) return wanted === null && isAlwaysOn ? { wanted: false, tokensMax: null } : null
  const { type, budget_tokens: budget } = request['thinking'] as JsonRecord
  if (type === 'adaptive') return { wanted: true, tokensMax: null }
  // With a budget the model thinks before its first call, and between calls only where that beta is announced.
  const isInterleaved = terms.betas.includes('interleaved-thinking')
  return { wanted: !isAmidTools || isInterleaved, tokensMax: budget as number }
}

function outputSchema(request: JsonRecord): JsonRecord | null {
  const config = request['output_config']
  const format = (isRecord(config) ? config['format'] : null) ?? request['output_format']
  return isRecord(format) && isRecord(format['schema']) ? format['schema'] : null
}
