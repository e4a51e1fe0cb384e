// Composes an answer: what is said is a pure function of (seed, vendor, model, request content), never of the order in
// which requests arrive. How it looks on the wire is the vendor's business.
import type { Prompt } from './prompt.ts'
import { findEcho, findTokens } from './prompt.ts'
import type { Random } from './random.ts'
import { createRandom } from './random.ts'
import { splitTokens } from './token-count.ts'
import { CHINESE_CHARACTERS, CHINESE_STOP, ENGLISH_STOP, ENGLISH_WORDS } from './vocabulary.ts'

/** Lengths are skewed to short answers, as chat traffic is; the longest keep a paced answer below half a minute. */
const DRAWN_TOKENS_MIN = 12
const DRAWN_TOKENS_SPREAD = 320
/** Share of sentences in Chinese. */
const CHINESE_SHARE = 0.3
const SENTENCE_TOKENS_MIN = 5
const SENTENCE_TOKENS_MAX = 16

/** Time to first token and speed of generation, in the range that hosted models show. */
const FIRST_TOKEN_MS_MIN = 250
const FIRST_TOKEN_MS_MAX = 900
const TOKENS_PER_SECOND_MIN = 45
const TOKENS_PER_SECOND_MAX = 140

export interface Composition {
  tokens: readonly string[]
  /** `length` when the output cap cut it. */
  finish: 'stop' | 'length'
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
  outputTokensMax: number
}

export function composeAnswer(request: AnswerRequest): Composition {
  const { seed, vendor, model, prompt, outputTokensMax } = request
  const random = createRandom(seed, vendor, model, ...prompt.blocks.map((block) => block.text))
  const firstTokenMs = random.integer(FIRST_TOKEN_MS_MIN, FIRST_TOKEN_MS_MAX)
  const perTokenMs = 1000 / random.integer(TOKENS_PER_SECOND_MIN, TOKENS_PER_SECOND_MAX)
  const echo = findEcho(prompt)
  const wanted = echo === null ? wantedTokens(prompt, random) : splitTokens(echo).length
  const length = Math.min(wanted, outputTokensMax)
  const tokens = echo === null ? writeTokens(length, random) : splitTokens(echo).slice(0, length)
  return { tokens, finish: wanted > outputTokensMax ? 'length' : 'stop', firstTokenMs, perTokenMs, random }
}

function wantedTokens(prompt: Prompt, random: Random): number {
  return findTokens(prompt) ?? DRAWN_TOKENS_MIN + Math.floor(DRAWN_TOKENS_SPREAD * random.unit() ** 2)
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
