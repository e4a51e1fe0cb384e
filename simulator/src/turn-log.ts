// Follows a conversation while a wire's reader walks through it, and knows at the end what is still to be answered:
// the user's words and the tool results since the assistant last spoke.
import type { ToolResult } from './prompt.ts'

export interface TurnLog {
  /** One text the user wrote; several in a row are one turn, as agents send their context in messages of its own. */
  user(text: string): void
  assistant(): void
  /** What the user wrote before it has been dealt with by the call that it is the result of. */
  toolResult(callId: string, text: string): void
  ending(): { lastUserText: string; toolResults: readonly ToolResult[] }
}

export function createTurnLog(): TurnLog {
  let texts: string[] = []
  let toolResults: ToolResult[] = []
  return {
    user(text) {
      texts.push(text)
    },
    assistant() {
      texts = []
      toolResults = []
    },
    toolResult(callId, text) {
      texts = []
      toolResults.push({ callId, text })
    },
    ending: () => ({ lastUserText: texts.join('\n'), toolResults }),
  }
}
