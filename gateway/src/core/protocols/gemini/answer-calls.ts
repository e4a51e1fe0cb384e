// Calls and results as this wire demands them: the turn behind one with calls holds exactly one result for each, and no result is
// without its call ("Function calling"). Other wires are less strict, and clients cut their conversations.
import type { ContentPart, TextPart, ToolCallPart, ToolResultPart } from '../chat.ts'
import type { Turn } from '../turns.ts'

/** For a call that the client never answered, as after an interruption. */
const noResultText = '(There is no result of this call.)'

export function answerCalls(turns: readonly Turn[]): Turn[] {
  const answered: Turn[] = []
  let open: ToolCallPart[] = []
  for (const turn of turns) {
    answered.push(turn.role === 'user' ? answer(open, turn) : turn)
    open = turn.role === 'assistant' ? turn.content.filter((part) => part.type === 'tool-call') : []
  }
  if (open.length > 0) answered.push(answer(open, { role: 'user', content: [] }))
  return answered
}

/** Results in the order of their calls, before what else the user says. */
function answer(calls: readonly ToolCallPart[], turn: Turn): Turn {
  const results = new Map<string, ToolResultPart>()
  const others: ContentPart[] = []
  for (const part of turn.content) {
    if (part.type !== 'tool-result') others.push(part)
    else if (calls.some(({ id }) => id === part.callId) && !results.has(part.callId)) results.set(part.callId, part)
    else others.push(...asContent(part))
  }
  const first = calls.map(({ id, name }): ToolResultPart => {
    const result = results.get(id)
    return result === undefined ? missing(id, name) : { ...result, name }
  })
  return { role: 'user', content: [...first, ...others] }
}

function missing(callId: string, name: string): ToolResultPart {
  return { type: 'tool-result', callId, name, content: [{ type: 'text', text: noResultText }], isError: true }
}

/** What a tool answered to a call that is no longer in the conversation. */
function asContent({ name, content }: ToolResultPart): ContentPart[] {
  const heading: TextPart = { type: 'text', text: `Result of ${name ?? 'a tool'}:` }
  return [heading, ...content]
}
