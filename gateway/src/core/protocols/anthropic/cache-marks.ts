// Which prefixes the vendor shall keep in its prompt cache (Anthropic "Prompt caching"). The client's marks are kept, at most as
// many as the vendor accepts. Clients of wires that cache by themselves set none: theirs are set here where a conversation will
// go on, since writing costs a quarter more than reading plainly and pays off only when the prefix comes again.
import type { CacheMark, ChatMessage, ChatRequest, ContentPart, TextPart, ToolDefinition } from '../chat.ts'

/** "Up to 4 cache breakpoints." */
const marksMax = 4

type Markable = TextPart | ToolDefinition | Exclude<ContentPart, { type: 'reasoning' }>

/** The request with marks that the vendor accepts. */
export function limitMarks(request: ChatRequest): ChatRequest {
  const copy = copyOf(request)
  const entries = inPromptOrder(copy)
  const markedOnes = entries.filter(({ cacheMark }) => cacheMark !== undefined)
  if (markedOnes.length === 0) setOwnMarks(copy)
  // Each mark covers all that stands before it, so the last ones say most.
  for (const entry of markedOnes.slice(0, -marksMax)) delete entry.cacheMark
  keepOrder(markedOnes.slice(-marksMax))
  return copy
}

/** Parts and tools are copied because marks are written into them; a mark inside a tool's result becomes the result's own. */
function copyOf(request: ChatRequest): ChatRequest {
  const messages = request.messages.map((message): ChatMessage => ({
    ...message,
    content: message.content.map(copyPart),
  }))
  return {
    ...request,
    system: request.system.map((part) => ({ ...part })),
    tools: request.tools.map((tool) => ({ ...tool })),
    messages,
  }
}

function copyPart(part: ContentPart): ContentPart {
  if (part.type !== 'tool-result') return { ...part }
  const mark = part.cacheMark ?? part.content.findLast(({ cacheMark }) => cacheMark !== undefined)?.cacheMark
  const content = part.content.map((inner) => {
    const copy = { ...inner }
    delete copy.cacheMark
    return copy
  })
  return mark === undefined ? { ...part, content } : { ...part, content, cacheMark: mark }
}

function inPromptOrder({ tools, system, messages }: ChatRequest): Markable[] {
  return [...tools, ...system.filter(isMarkable), ...messages.flatMap(({ content }) => content.filter(isMarkable))]
}

/** What is not sent cannot carry a mark: thoughts, and empty texts. */
function isMarkable(part: ContentPart): part is Exclude<ContentPart, { type: 'reasoning' }> {
  return part.type === 'text' ? part.text.trim() !== '' : part.type !== 'reasoning'
}

/** "Cache entries with longer TTL must appear before shorter TTLs": a long one behind a short one is shortened. */
function keepOrder(entries: readonly Markable[]): void {
  let mark: CacheMark = '1h'
  for (const entry of entries) {
    if (entry.cacheMark === '5m') mark = '5m'
    else entry.cacheMark = mark
  }
}

/**
 * One mark behind tools and instructions, which many conversations share, and one at the end of the user's last turn, which the
 * next request finds again. A single question without tools gets none.
 */
function setOwnMarks({ tools, system, messages }: ChatRequest): void {
  const goesOn = tools.length > 0 || messages.some(({ role }) => role === 'assistant')
  if (!goesOn) return
  const head = system.findLast(isMarkable) ?? tools.at(-1)
  if (head !== undefined) head.cacheMark = '5m'
  const lastTurn = messages.findLast(({ role, content }) => role === 'user' && content.some(isMarkable))
  const end = lastTurn?.content.findLast(isMarkable)
  if (end !== undefined) end.cacheMark = '5m'
}
