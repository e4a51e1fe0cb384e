// A prompt in the one shape that all wires are read into: an ordered list of blocks, and the directives in its text.
// Token counting and the prompt cache see only this; the wire readers below vendors/ build it.
import { countTokens } from './token-count.ts'

export type CacheLife = '5m' | '1h'

export interface PromptBlock {
  /** Begins with a marker of its role, so that the same words of user and assistant are different prefixes. */
  text: string
  /** Where the caller marked the prefix up to and including this block for caching. */
  cacheFor: CacheLife | null
}

export interface Prompt {
  blocks: readonly PromptBlock[]
  lastUserText: string
}

export function promptBlock(role: string, text: string, cacheFor: CacheLife | null = null): PromptBlock {
  return { text: `<${role}>${text}`, cacheFor }
}

/** A field the simulator does not understand still costs the tokens of its JSON text. */
export function unknownFieldBlocks(body: Record<string, unknown>, known: ReadonlySet<string>): PromptBlock[] {
  return Object.keys(body)
    .filter((name) => !known.has(name))
    .map((name) => promptBlock(name, JSON.stringify(body[name])))
}

export function blockTokens(blocks: readonly PromptBlock[]): number[] {
  return blocks.map((block) => countTokens(block.text))
}

/** `[[tag:XYZ]]` anywhere in the prompt; the latest wins, because a conversation carries its older turns along. */
export function findTag(prompt: Prompt): string | null {
  let tag: string | null = null
  for (const block of prompt.blocks) {
    for (const match of block.text.matchAll(/\[\[tag:([^\]]+)\]\]/g)) tag = match[1] ?? null
  }
  return tag
}

/** `[[echo:TEXT]]` in the last user message: the answer is exactly TEXT. */
export function findEcho(prompt: Prompt): string | null {
  return /\[\[echo:([\s\S]*?)\]\]/.exec(prompt.lastUserText)?.[1] ?? null
}

/** `[[tokens:N]]` in the last user message: the answer is N tokens long. */
export function findTokens(prompt: Prompt): number | null {
  const digits = /\[\[tokens:(\d{1,7})\]\]/.exec(prompt.lastUserText)?.[1]
  return digits === undefined ? null : Number(digits)
}
