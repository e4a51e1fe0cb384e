// What a prompt can ask of the simulator in so many words. Directives are obeyed in the texts that the user wrote since
// the assistant's last turn, so an agent may put its own texts around them and an old one never fires again:
//   [[echo:TEXT]] the answer is exactly TEXT · [[tokens:N]] it is N tokens long · [[think:N]] it thinks for N tokens
//   [[tool:NAME]], [[tool:NAME {"json":"arguments"}]] it calls that tool, several of them in parallel · [[refuse]]
//   it declines · [[search:N]] the vendor searches the web N times, where the request offers it that tool.
//   [[tag:XYZ]], anywhere in the prompt, marks the ledger's entry.
import type { JsonRecord } from './json.ts'
import { isRecord, parseJson } from './json.ts'
import type { Prompt } from './prompt.ts'

/** A call the prompt asks for; without arguments the simulator invents some that fit the tool's schema. */
export interface WantedCall {
  name: string
  arguments: JsonRecord | null
}

/** The latest `[[tag:XYZ]]` of the whole prompt, because a conversation carries its older turns along. */
export function findTag(prompt: Prompt): string | null {
  let tag: string | null = null
  for (const block of prompt.blocks) {
    for (const match of block.text.matchAll(/\[\[tag:([^\]]+)\]\]/g)) tag = match[1] ?? null
  }
  return tag
}

export function findEcho({ lastUserText }: Prompt): string | null {
  return [...lastUserText.matchAll(/\[\[echo:([\s\S]*?)\]\]/g)].at(-1)?.[1] ?? null
}

export function findTokens(prompt: Prompt): number | null {
  return findCount(prompt, 'tokens')
}

export function findThink(prompt: Prompt): number | null {
  return findCount(prompt, 'think')
}

export function findSearches(prompt: Prompt): number {
  return findCount(prompt, 'search') ?? 0
}

export function findRefuse({ lastUserText }: Prompt): boolean {
  return lastUserText.includes('[[refuse]]')
}

/** In the order of the text; a directive whose arguments are no JSON object is none. */
export function findCalls({ lastUserText }: Prompt): WantedCall[] {
  const calls: WantedCall[] = []
  for (const match of lastUserText.matchAll(/\[\[tool:([\w.:/-]+)\s*(?=\]\]|\{)/g)) {
    const name = match[1] ?? ''
    const rest = lastUserText.slice(match.index + match[0].length)
    if (rest.startsWith(']]')) calls.push({ name, arguments: null })
    else {
      const given = leadingObject(rest)
      if (given !== null) calls.push({ name, arguments: given })
    }
  }
  return calls
}

/** Nested arrays may end in `]]` themselves, so the end is where the text up to it is an object. */
function leadingObject(text: string): JsonRecord | null {
  for (const match of text.matchAll(/\}\s*\]\]/g)) {
    const value = parseJson(text.slice(0, match.index + 1))
    if (isRecord(value)) return value
  }
  return null
}

function findCount({ lastUserText }: Prompt, name: string): number | null {
  const digits = [...lastUserText.matchAll(new RegExp(`\\[\\[${name}:(\\d{1,7})\\]\\]`, 'g'))].at(-1)?.[1]
  return digits === undefined ? null : Number(digits)
}
