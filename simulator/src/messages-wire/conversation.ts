// The rules of a conversation as a whole: whose turn it is, calls and their results, thinking within a tool loop, the
// beginning of an answer at the end. Messages of one role in a row are one turn, as the API combines them; the places
// in its errors are those of the messages as sent. Blocks by themselves are checked in content-blocks.ts.
import type { JsonRecord } from '../json.ts'
import { isRecord } from '../json.ts'
import type { Problem } from '../problem.ts'
import type { BlockRules } from './content-blocks.ts'
import { findBlockProblem, findCitations } from './content-blocks.ts'
import type { MessagesTerms, ModelRules } from './dialect.ts'
import { firstProblem, invalid, required, wrongType } from './refusal.ts'

const MESSAGES_MAX = 100_000
const THINKING_TYPES = ['thinking', 'redacted_thinking']

interface Placed {
  block: JsonRecord
  message: number
  place: string
}

interface Turn {
  role: 'user' | 'assistant'
  blocks: Placed[]
}

/** A string is short for one text block, so a content has at least the length it shows. */
export function contentBlocks(content: unknown): JsonRecord[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return Array.isArray(content) ? content.filter(isRecord) : []
}

export function findMessagesProblem(messages: unknown, terms: MessagesTerms, rules: BlockRules): Problem | null {
  if (!Array.isArray(messages)) return wrongType('messages', 'list')
  if (messages.length === 0) return invalid('messages: at least one message is required')
  if (messages.length > MESSAGES_MAX) return invalid(`messages: List should have at most ${MESSAGES_MAX} items`)
  const problem = firstProblem(messages, (message: unknown, index) =>
    findMessageProblem(message, index, index === messages.length - 1, terms, rules),
  )
  if (problem !== null) return problem
  return (messages[0] as JsonRecord)['role'] === 'assistant'
    ? invalid('messages: first message must use the "user" role')
    : null
}

function findMessageProblem(
  message: unknown,
  index: number,
  isLast: boolean,
  terms: MessagesTerms,
  rules: BlockRules,
): Problem | null {
  const place = `messages.${index}`
  if (!isRecord(message)) return wrongType(place, 'dictionary')
  const { role, content } = message
  if (role === undefined) return required(`${place}.role`)
  // System turns in mid-conversation are a beta, announced by a header of that name, and belong to the newer version.
  if (role === 'system' && !terms.isNewer && !terms.betas.includes('mid-conversation')) {
    return invalid(`messages: Unexpected role "system". The Messages API accepts a top-level \`system\` parameter.`)
  }
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    return invalid(`${place}.role: Input should be 'user' or 'assistant'`)
  }
  if (content === undefined) return required(`${place}.content`)
  if (typeof content !== 'string' && !Array.isArray(content)) return wrongType(`${place}.content`, 'list')
  if (content.length === 0 && !(isLast && role === 'assistant')) {
    return invalid(`${place}: all messages must have non-empty content except for the optional final assistant message`)
  }
  if (typeof content === 'string') return null
  return firstProblem(content, (block: unknown, at) => {
    const inside = `${place}.content.${at}`
    const wrong = findBlockProblem(block, role, inside, rules)
    return wrong ?? (role === 'user' && terms.isNewer ? findCitations(block, inside) : null)
  })
}

/** Without the system's: an instruction between a call and its result does not part the two. */
function turnsOf(messages: readonly JsonRecord[]): Turn[] {
  const turns: Turn[] = []
  for (const [message, { role, content }] of messages.entries()) {
    if (role !== 'user' && role !== 'assistant') continue
    const blocks = contentBlocks(content).map((block, at) => ({
      block,
      message,
      place: `messages.${message}.content.${at}`,
    }))
    const last = turns.at(-1)
    if (last !== undefined && last.role === role) last.blocks.push(...blocks)
    else turns.push({ role, blocks })
  }
  return turns
}

/** Expects messages that passed `findMessagesProblem`. */
export function findConversationProblem(
  messages: readonly JsonRecord[],
  rules: ModelRules,
  thinking: JsonRecord | null,
): Problem | null {
  const turns = turnsOf(messages)
  return (
    firstProblem(turns, (turn, index) => {
      if (turn.role === 'user') return findOrphan(turn, turns[index - 1])
      return findUnanswered(turn, turns[index + 1]) ?? findThinkingAtEnd(turn)
    }) ??
    (thinking?.['type'] === 'enabled' ? findThoughtlessLoop(turns) : null) ??
    findPrefillProblem(messages, rules)
  )
}

function isType(type: string): (placed: Placed) => boolean {
  return ({ block }) => block['type'] === type
}

/** Results stand at the head of the user's turn; behind other content they are not found. */
function leadingResults(turn: Turn | undefined): Placed[] {
  if (turn?.role !== 'user') return []
  const end = turn.blocks.findIndex(({ block }) => block['type'] !== 'tool_result')
  return end < 0 ? turn.blocks : turn.blocks.slice(0, end)
}

function findUnanswered(turn: Turn, next: Turn | undefined): Problem | null {
  const calls = turn.blocks.filter(isType('tool_use'))
  const ids = calls.map(({ block }) => String(block['id']))
  if (new Set(ids).size < ids.length) return invalid('messages: `tool_use` ids must be unique')
  const answered = leadingResults(next).map(({ block }) => block['tool_use_id'])
  const open = ids.filter((id) => !answered.includes(id))
  if (open.length === 0) return null
  const { message } = calls.find(({ block }) => block['id'] === open[0]) as Placed
  return invalid(
    `messages.${message}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ` +
      `${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  )
}

function findOrphan(turn: Turn, previous: Turn | undefined): Problem | null {
  const calls = previous?.blocks.filter(isType('tool_use')).map(({ block }) => block['id']) ?? []
  const seen: unknown[] = []
  return firstProblem(turn.blocks.filter(isType('tool_result')), ({ block, place }) => {
    const id = block['tool_use_id']
    if (!calls.includes(id)) {
      return invalid(
        `${place}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${String(id)}. ` +
          'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
      )
    }
    if (seen.includes(id)) {
      return invalid(
        `${place}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${String(id)}`,
      )
    }
    seen.push(id)
    return null
  })
}

function findThinkingAtEnd(turn: Turn): Problem | null {
  const last = turn.blocks.at(-1)
  if (last === undefined || !THINKING_TYPES.includes(String(last.block['type']))) return null
  return invalid(
    `messages.${last.message}: The final block in an assistant message cannot be \`${String(last.block['type'])}\`.`,
  )
}

/**
 * With a thinking budget, the answer that opened the running tool loop must still begin with its thoughts. Adaptive
 * thinking does not ask for that, nor does a loop that is over.
 */
function findThoughtlessLoop(turns: readonly Turn[]): Problem | null {
  let opening: Turn | null = null
  for (let index = turns.length - 1; index > 0; index -= 2) {
    const turn = turns[index]
    const call = turns[index - 1]
    if (turn?.role !== 'user' || !turn.blocks.some(isType('tool_result')) || call?.role !== 'assistant') break
    opening = call
  }
  const first = opening?.blocks[0]
  if (first === undefined || THINKING_TYPES.includes(String(first.block['type']))) return null
  return invalid(
    `${first.place}.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${String(first.block['type'])}\`. ` +
      'When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the ' +
      'lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous ' +
      'turns. To avoid this requirement, disable `thinking`. Please consult our documentation at ' +
      'https://docs.claude.com/en/docs/build-with-claude/extended-thinking',
  )
}

function findPrefillProblem(messages: readonly JsonRecord[], rules: ModelRules): Problem | null {
  const last = messages.at(-1)
  if (last?.['role'] !== 'assistant') return null
  const block = contentBlocks(last['content']).at(-1)
  // A paused turn of server tools is sent back as it is, to be continued.
  const isPaused = block !== undefined && /^server_tool_use$|_tool_result$/.test(String(block['type']))
  if (!rules.prefill && !isPaused) {
    return invalid(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    )
  }
  return block?.['type'] === 'text' && /\s$/.test(String(block['text']))
    ? invalid('messages: final assistant content cannot end with trailing whitespace')
    : null
}
