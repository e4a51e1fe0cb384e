// A prompt in the one shape that all wires are read into: an ordered list of blocks, which is what tokens are counted
// and cached by, and what the answer has to know: the user's last words, tools and their results, the form wanted.
// The wire readers build it; directives.ts says what its text can ask for.
import { createHash } from 'node:crypto'
import type { JsonRecord } from './json.ts'
import { countTokens, splitTokens } from './token-count.ts'

/** Five minutes and an hour are Anthropic's and DashScope's, the other two OpenAI's. */
export type CacheLife = '5m' | '1h' | '30m' | '12h'

export interface PromptBlock {
  /** Begins with a marker of its role, so that the same words of user and assistant are different prefixes. */
  text: string
  /** Where the caller marked the prefix up to and including this block for caching. */
  cacheFor: CacheLife | null
  /** An image costs what its vendor's rule says, whatever the length of its bytes. */
  imageTokens?: number
}

export interface Tool {
  name: string
  /** JSON Schema of the arguments; null for a tool that takes free text. */
  schema: JsonRecord | null
}

export interface ToolResult {
  callId: string
  text: string
}

export interface Prompt {
  blocks: readonly PromptBlock[]
  /** What the user wrote since the assistant's last turn and the last tool result (turn-log.ts). */
  lastUserText: string
  /** None when left out. */
  tools?: readonly Tool[]
  /** `required` is any of them, a list any of those; `auto` when left out. */
  toolChoice?: 'auto' | 'none' | 'required' | readonly string[]
  /** Whether one answer may call several tools; it may when left out. */
  parallelCalls?: boolean
  /** Results that came since the assistant's last turn: what the answer is to speak of. */
  toolResults?: readonly ToolResult[]
  /** Left out: the answer cannot think. */
  thinking?: Thinking
  /** JSON Schema the text of the answer must fit; `{}` is any JSON object. */
  outputSchema?: JsonRecord
  stops?: readonly string[]
  /** How many independent answers; one when left out. */
  choices?: number
  /** Web searches that the vendor makes by itself while it answers, and the tokens that their results add. */
  searches?: { count: number; tokens: number }
}

export interface Thinking {
  /** Otherwise it thinks only at `[[think:N]]`. */
  wanted: boolean
  tokensMax: number | null
  /** Where the output cap is for what follows the thoughts. */
  isBesideCap?: boolean
}

export function promptBlock(role: string, text: string, cacheFor: CacheLife | null = null): PromptBlock {
  return { text: `<${role}>${text}`, cacheFor }
}

/** `source` is the picture's data or address: another picture is another prefix. */
export function imageBlock(
  role: string,
  source: string,
  imageTokens: number,
  cacheFor: CacheLife | null = null,
): PromptBlock {
  const digest = createHash('sha256').update(source).digest('hex')
  return { text: `<${role}><image ${digest}>`, cacheFor, imageTokens }
}

/** A field the simulator does not understand still costs the tokens of its JSON text. */
export function unknownFieldBlocks(body: Record<string, unknown>, known: ReadonlySet<string>): PromptBlock[] {
  return Object.keys(body)
    .filter((name) => !known.has(name))
    .map((name) => promptBlock(name, JSON.stringify(body[name])))
}

export function blockTokens(blocks: readonly PromptBlock[]): number[] {
  return blocks.map(({ text, imageTokens }) => imageTokens ?? countTokens(text))
}

/** The tokens of a block one by one; an image's are its digest and as many blanks as it costs besides. */
export function blockPieces({ text, imageTokens }: PromptBlock): string[] {
  if (imageTokens === undefined) return splitTokens(text)
  return imageTokens === 0 ? [] : [text, ...Array.from({ length: imageTokens - 1 }, () => ' ')]
}

/** Tokens of all images in the prompt; part of its input tokens. */
export function imageTokensOf({ blocks }: Prompt): number {
  return blocks.reduce((sum, { imageTokens = 0 }) => sum + imageTokens, 0)
}
