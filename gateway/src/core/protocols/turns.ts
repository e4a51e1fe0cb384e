// Conversations for wires that know two roles in strict alternation and an instruction only at the top: neighbours of one role
// become one turn, and an instruction in mid-conversation becomes a note in the user's turn.
import type { ChatMessage, ContentPart } from './chat.ts'

export interface Turn {
  role: 'user' | 'assistant'
  content: ContentPart[]
}

/** There must be a turn, and the first must be the user's: this stands in its place where the client has none. */
export const openingText = '(The conversation begins.)'

/** Turns that alternate and begin with the user's. Empty texts are left out, and turns that hold nothing else. */
export function alternateTurns(messages: readonly ChatMessage[]): Turn[] {
  const turns: Turn[] = []
  for (const message of messages) {
    const content = message.content.filter((part) => part.type !== 'text' || part.text.trim() !== '')
    if (content.length === 0) continue
    const role = message.role === 'system' ? 'user' : message.role
    const parts = message.role === 'system' ? content.map(asReminder) : content
    const last = turns.at(-1)
    if (last?.role === role) last.content.push(...parts)
    else turns.push({ role, content: [...parts] })
  }
  if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [{ type: 'text', text: openingText }] })
  return turns
}

function asReminder(part: ContentPart): ContentPart {
  return part.type === 'text' ? { ...part, text: `<system-reminder>\n${part.text}\n</system-reminder>` } : part
}
