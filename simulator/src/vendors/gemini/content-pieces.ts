// An answer cut into what Gemini sends at a time: a few large pieces of text, each function call whole. The same pieces
// in one are the answer that is not streamed. Where signatures stand is here (guide "Thought signatures").
import type { AnswerPart, Choice } from '../../answer.ts'
import { partText } from '../../answer.ts'
import { isRecord, parseJson } from '../../json.ts'
import type { Random } from '../../random.ts'
import { signThinking } from '../../thinking-signature.ts'

/** Tokens in one chunk: Gemini sends few and large ones. */
const CHUNK_TOKENS_MIN = 8
const CHUNK_TOKENS_MAX = 40

export interface ContentForm {
  showsThoughts: boolean
  /** The third generation signs what it says and numbers its calls; before it, only calls after thinking are signed. */
  isThirdGeneration: boolean
}

export interface ContentPiece {
  parts: object[]
  /** Text and calls of this piece. */
  candidates: number
  /** Thoughts of this piece or, where they are hidden, before it. */
  thoughts: number
}

/** Whole parts of one choice, in order. */
export function wholeParts(choice: Choice, form: ContentForm, random: Random): object[] {
  return cutPieces(choice, form, random, (tokens) => [tokens]).flatMap(({ parts }) => parts)
}

export function streamPieces(choice: Choice, form: ContentForm, random: Random): ContentPiece[] {
  const pieces = cutPieces(choice, form, random, (tokens) => groups(tokens, random))
  // The signature of a text comes behind it, on a part without words.
  const last = pieces.at(-1)
  const part = last?.parts.at(-1)
  if (last === undefined || !isRecord(part) || part['text'] === undefined || part['thoughtSignature'] === undefined) {
    return pieces
  }
  const { thoughtSignature, ...rest } = part
  last.parts = [rest]
  return [...pieces, { parts: [{ text: '', thoughtSignature }], candidates: 0, thoughts: 0 }]
}

function cutPieces(
  choice: Choice,
  form: ContentForm,
  random: Random,
  cut: (tokens: readonly string[]) => readonly (readonly string[])[],
): ContentPiece[] {
  const pieces: ContentPiece[] = []
  let hidden = 0
  const push = (parts: object[], candidates: number, thoughts: number) => {
    pieces.push({ parts, candidates, thoughts: thoughts + hidden })
    hidden = 0
  }
  const signature = signatureOf(choice, form, random)
  const firstCall = choice.parts.find(({ kind }) => kind === 'tool-call')
  const lastText = firstCall === undefined ? choice.parts.findLast(({ kind }) => kind === 'text') : undefined
  for (const part of choice.parts) {
    if (part.kind === 'tool-call') {
      const call = callPart(part, form)
      // Cut short by the cap, a call is no JSON and is not shown; its tokens are billed all the same.
      push(call === null ? [] : [part === firstCall ? { ...call, ...signature } : call], part.tokens.length, 0)
      continue
    }
    if (part.kind === 'thinking' && !form.showsThoughts) {
      hidden += part.tokens.length
      continue
    }
    const cuts = cut(part.tokens)
    for (const [index, tokens] of cuts.entries()) {
      const isEnd = form.isThirdGeneration && part === lastText && index === cuts.length - 1
      const text = { text: tokens.join(''), ...(part.kind === 'thinking' ? { thought: true } : {}) }
      const isThought = part.kind === 'thinking'
      push([isEnd ? { ...text, ...signature } : text], isThought ? 0 : tokens.length, isThought ? tokens.length : 0)
    }
  }
  if (pieces.length === 0 || hidden > 0) push([], 0, 0)
  return pieces
}

function signatureOf(choice: Choice, form: ContentForm, random: Random): object {
  const thought = choice.parts.find((part) => part.kind === 'thinking')
  if (thought !== undefined) return { thoughtSignature: thought.signature }
  return form.isThirdGeneration ? { thoughtSignature: signThinking('', random) } : {}
}

function callPart(part: Extract<AnswerPart, { kind: 'tool-call' }>, form: ContentForm): object | null {
  const args = parseJson(partText(part))
  if (!isRecord(args)) return null
  const id = form.isThirdGeneration ? { id: part.id.slice(0, 12).toLowerCase() } : {}
  return { functionCall: { ...id, name: part.name, args } }
}

function groups(tokens: readonly string[], random: Random): readonly string[][] {
  const cuts: string[][] = []
  for (let start = 0; start < tokens.length;) {
    const group = tokens.slice(start, start + random.integer(CHUNK_TOKENS_MIN, CHUNK_TOKENS_MAX))
    cuts.push(group)
    start += group.length
  }
  return cuts
}
