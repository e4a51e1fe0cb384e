// Composes an answer: what is said is a pure function of (seed, vendor, model, request content), never of the order in
// which requests arrive. It has parts (thoughts, text, tool calls) and is cut by stop sequences and the output cap. How
// it looks on the wire is the vendor's business.
import { findCalls, findEcho, findRefuse, findThink, findTokens } from './directives.ts'
import type { Prompt, Tool } from './prompt.ts'
import type { Random } from './random.ts'
import { createRandom } from './random.ts'
import { inventValue } from './schema-value.ts'
import { signThinking } from './thinking-signature.ts'
import { splitTokens } from './token-count.ts'
import { CHINESE_CHARACTERS, CHINESE_STOP, ENGLISH_STOP, ENGLISH_WORDS } from './vocabulary.ts'

/** Lengths are skewed to short answers, as chat traffic is; the longest keep a paced answer below half a minute. */
const DRAWN_TOKENS_MIN = 12
const DRAWN_TOKENS_SPREAD = 320
/** Thoughts are as long as those of a model that is asked little. */
const DRAWN_THINKING_MIN = 10
const DRAWN_THINKING_SPREAD = 120
/** Share of sentences in Chinese. */
const CHINESE_SHARE = 0.3
const SENTENCE_TOKENS_MIN = 5
const SENTENCE_TOKENS_MAX = 16
/** How much of a tool's result an answer quotes: enough to recognise it. */
const QUOTED_CHARACTERS_MAX = 400
/** More choices than any vendor gives are no use to anybody (OpenAI API reference, `n`). */
const CHOICES_MAX = 128
const CALL_ID_LENGTH = 24
const REFUSAL = "I'm sorry, but I can't help with that."

/** Time to first token and speed of generation, in the range that hosted models show. */
const FIRST_TOKEN_MS_MIN = 250
const FIRST_TOKEN_MS_MAX = 900
const TOKENS_PER_SECOND_MIN = 45
const TOKENS_PER_SECOND_MAX = 140

/** Tokens of a part join to its text; a tool call's are those of its arguments. All of them are billed as output. */
export type AnswerPart =
  | { kind: 'text'; tokens: readonly string[] }
  | { kind: 'thinking'; tokens: readonly string[]; signature: string }
  /** `id` is unique and without the prefix that each wire puts before it. */
  | { kind: 'tool-call'; id: string; name: string; argumentsJson: string; tokens: readonly string[] }

/** `length`: the output cap cut it; `content-filter`: it declined. A stop sequence is a `stop`. */
export type Finish = 'stop' | 'length' | 'tool-calls' | 'content-filter'

export interface Choice {
  parts: readonly AnswerPart[]
  finish: Finish
  /** The one that ended it, of those the caller gave. */
  stopSequence: string | null
}

export interface Composition {
  /** At least one. */
  choices: readonly Choice[]
  firstTokenMs: number
  perTokenMs: number
  /** For whatever else of this answer is drawn: how its tokens group into events, how its bytes into writes. */
  random: Random
}

export interface AnswerRequest {
  seed: number
  vendor: string
  model: string
  prompt: Prompt
  /** Of each choice. */
  outputTokensMax: number
}

export function composeAnswer(request: AnswerRequest): Composition {
  const { seed, vendor, model, prompt } = request
  const content = prompt.blocks.map((block) => block.text)
  const random = createRandom(seed, vendor, model, ...content)
  const firstTokenMs = random.integer(FIRST_TOKEN_MS_MIN, FIRST_TOKEN_MS_MAX)
  const perTokenMs = 1000 / random.integer(TOKENS_PER_SECOND_MIN, TOKENS_PER_SECOND_MAX)
  const choices = [composeChoice(request, random)]
  for (let index = 1; index < Math.min(prompt.choices ?? 1, CHOICES_MAX); index += 1) {
    choices.push(composeChoice(request, createRandom(seed, vendor, model, 'choice', index, ...content)))
  }
  return { choices, firstTokenMs, perTokenMs, random }
}

/** Tokens of all parts, or of those of one kind. */
export function partTokens(choices: readonly Choice[], kind?: AnswerPart['kind']): number {
  const parts = choices.flatMap((choice) => choice.parts).filter((part) => kind === undefined || part.kind === kind)
  return parts.reduce((sum, part) => sum + part.tokens.length, 0)
}

export function partText(part: AnswerPart): string {
  return part.tokens.join('')
}

function composeChoice({ prompt, outputTokensMax }: AnswerRequest, random: Random): Choice {
  if (findRefuse(prompt)) {
    const parts: AnswerPart[] = [{ kind: 'text', tokens: splitTokens(REFUSAL) }]
    return cutAtCap({ parts, finish: 'content-filter', stopSequence: null }, outputTokensMax)
  }
  const thinking = composeThinking(prompt, random)
  const calls = composeCalls(prompt, random)
  const text = composeText(prompt, calls.length > 0, outputTokensMax, random)
  const stopped = cutAtStop(text, prompt.stops ?? [])
  const said: AnswerPart[] = stopped.tokens.length === 0 ? [] : [{ kind: 'text', tokens: stopped.tokens }]
  // What would have followed the stop sequence is never generated.
  const called = stopped.stopSequence === null ? calls : []
  const finish = called.length > 0 ? 'tool-calls' : 'stop'
  const parts = [...thinking, ...said, ...called]
  const beside =
    prompt.thinking?.isBesideCap === true ? thinking.reduce((sum, { tokens }) => sum + tokens.length, 0) : 0
  return cutAtCap({ parts, finish, stopSequence: stopped.stopSequence }, outputTokensMax + beside)
}

function composeThinking(prompt: Prompt, random: Random): AnswerPart[] {
  if (prompt.thinking === undefined) return []
  const { wanted, tokensMax } = prompt.thinking
  const asked = findThink(prompt)
  if (asked === null && !wanted) return []
  const drawn = asked ?? DRAWN_THINKING_MIN + Math.floor(DRAWN_THINKING_SPREAD * random.unit() ** 2)
  const tokens = writeTokens(Math.min(drawn, tokensMax ?? drawn), random)
  if (tokens.length === 0) return []
  return [{ kind: 'thinking', tokens, signature: signThinking(tokens.join(''), random) }]
}

/** The calls that directives ask for, of tools on offer; else one, where the caller's choice of tools demands it. */
function composeCalls(prompt: Prompt, random: Random): AnswerPart[] {
  const { tools = [], toolChoice = 'auto', parallelCalls = true } = prompt
  if (toolChoice === 'none') return []
  const allowed = typeof toolChoice === 'string' ? tools : tools.filter(({ name }) => toolChoice.includes(name))
  const wanted = findCalls(prompt).flatMap((call) => {
    const tool = allowed.find(({ name }) => name === call.name)
    return tool === undefined ? [] : [{ tool, given: call.arguments }]
  })
  const first = allowed[random.integer(0, Math.max(0, allowed.length - 1))]
  if (wanted.length === 0 && toolChoice !== 'auto' && first !== undefined) wanted.push({ tool: first, given: null })
  return wanted.slice(0, parallelCalls ? wanted.length : 1).map(({ tool, given }) => composeCall(tool, given, random))
}

function composeCall({ name, schema }: Tool, given: object | null, random: Random): AnswerPart {
  const id = random.alphanumeric(CALL_ID_LENGTH)
  const invented = () =>
    schema === null ? writeTokens(DRAWN_TOKENS_MIN, random).join('') : inventValue(schema, random)
  // A tool that takes a text is given it as `input`.
  const asked = schema === null && given !== null && 'input' in given ? String(given.input) : given
  const value = asked ?? invented()
  const argumentsJson = typeof value === 'string' ? value : JSON.stringify(value)
  return { kind: 'tool-call', id, name, argumentsJson, tokens: splitTokens(argumentsJson) }
}

/** Never more than the cap can let through, so that a huge `[[tokens:N]]` costs nothing; one more shows the cut. */
function composeText(prompt: Prompt, hasCalls: boolean, outputTokensMax: number, random: Random): readonly string[] {
  const echo = findEcho(prompt)
  if (echo !== null) return splitTokens(echo)
  const asked = findTokens(prompt)
  // A model that calls a tool says something besides only where it was asked to.
  if (hasCalls && asked === null) return []
  if (prompt.outputSchema !== undefined) return splitTokens(JSON.stringify(inventValue(prompt.outputSchema, random)))
  const results = prompt.toolResults ?? []
  if (results.length > 0 && asked === null) return splitTokens(quoteResults(results.map(({ text }) => text)))
  const wanted = asked ?? DRAWN_TOKENS_MIN + Math.floor(DRAWN_TOKENS_SPREAD * random.unit() ** 2)
  return writeTokens(Math.min(wanted, outputTokensMax + 1), random)
}

function quoteResults(results: readonly string[]): string {
  const quoted = results.map((text) => Array.from(text).slice(0, QUOTED_CHARACTERS_MAX).join(''))
  return results.length === 1 ? `The tool answered: ${quoted[0]}` : `The tools answered: ${quoted.join(' | ')}`
}

/** The text up to the first stop sequence, which itself is not part of the answer. */
function cutAtStop(
  tokens: readonly string[],
  stops: readonly string[],
): { tokens: readonly string[]; stopSequence: string | null } {
  if (stops.length === 0) return { tokens, stopSequence: null }
  const text = tokens.join('')
  let end = Infinity
  let stopSequence: string | null = null
  for (const stop of stops) {
    const at = stop === '' ? -1 : text.indexOf(stop)
    if (at < 0 || at >= end) continue
    end = at
    stopSequence = stop
  }
  return stopSequence === null ? { tokens, stopSequence } : { tokens: splitTokens(text.slice(0, end)), stopSequence }
}

function cutAtCap(choice: Choice, outputTokensMax: number): Choice {
  let left = outputTokensMax
  const parts: AnswerPart[] = []
  for (const part of choice.parts) {
    if (part.tokens.length <= left) parts.push(part)
    else if (left > 0) parts.push(cutPart(part, left))
    if (part.tokens.length > left) return { parts, finish: 'length', stopSequence: null }
    left -= part.tokens.length
  }
  return { ...choice, parts }
}

function cutPart(part: AnswerPart, length: number): AnswerPart {
  const tokens = part.tokens.slice(0, length)
  const text = tokens.join('')
  if (part.kind === 'tool-call') return { ...part, tokens, argumentsJson: text }
  if (part.kind === 'text') return { ...part, tokens }
  return { ...part, tokens, signature: signThinking(text, createRandom('cut thinking', text)) }
}

function writeTokens(length: number, random: Random): string[] {
  const tokens: string[] = []
  while (tokens.length < length) {
    const chinese = random.unit() < CHINESE_SHARE
    const sentenceTokens = random.integer(SENTENCE_TOKENS_MIN, SENTENCE_TOKENS_MAX)
    const words = chinese ? CHINESE_CHARACTERS : ENGLISH_WORDS
    for (let word = 1; word < sentenceTokens && tokens.length < length; word += 1) {
      const text = words[random.integer(0, words.length - 1)] ?? ''
      tokens.push(chinese || tokens.length === 0 ? text : ` ${text}`)
    }
    if (tokens.length < length) tokens.push(chinese ? CHINESE_STOP : ENGLISH_STOP)
  }
  return tokens
}
