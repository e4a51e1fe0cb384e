// The embeddings wire that OpenAI defined and DashScope's compatible mode also speaks: its request, and vectors that
// are a pure function of model and text, of unit length, so that equal texts are equal and others are not.
import type { Complaints } from './chat-wire/complaints.ts'
import { findNumberProblem } from './chat-wire/complaints.ts'
import { isRecord } from './json.ts'
import { wholeInput } from './ledger.ts'
import type { Problem } from './problem.ts'
import type { PromptBlock } from './prompt.ts'
import { createRandom } from './random.ts'
import type { Answer, Generation } from './vendor.ts'

/** Width of the vectors of a model of an operator's own naming. */
const UNKNOWN_WIDTH = 1024

export interface EmbeddingRules {
  inputsMax: number
  /** Width of the model's vectors; null for one that is not known to make any. */
  width(model: string): { dimensions: number; isShortenable: boolean } | null
  complaints: Complaints
  /** Rounds the answer out, as vendors differ in what stands beside the data. */
  envelope(answer: Answer, data: readonly object[], usage: object): object
}

/** A text, or a list of token ids, which counts as many tokens as it has. */
type Input = string | readonly number[]

export function readEmbeddings(body: unknown, rules: EmbeddingRules): Generation | Problem {
  const request = isRecord(body) ? body : {}
  const { model, input, encoding_format: encoding, dimensions } = request
  const { complaints } = rules
  if (model === undefined) return complaints.missing('model')
  if (typeof model !== 'string') return complaints.wrongType('model', 'a string', model)
  const inputs = readInputs(input)
  if (!Array.isArray(inputs)) return inputProblem(input, complaints)
  if (inputs.length > rules.inputsMax) return complaints.tooManyItems('input', rules.inputsMax, inputs.length)
  if (encoding !== undefined && encoding !== 'float' && encoding !== 'base64') {
    return complaints.wrongValue('encoding_format', encoding, ['float', 'base64'])
  }
  const width = rules.width(model)
  if (width !== null) {
    const problem = findNumberProblem(request, 'dimensions', [1, width.dimensions], complaints)
    if (problem !== null) return problem
    if (typeof dimensions === 'number' && !width.isShortenable) {
      return complaints.unfit('dimensions', 'This model does not support specifying dimensions.')
    }
  }
  const length = typeof dimensions === 'number' ? dimensions : (width?.dimensions ?? UNKNOWN_WIDTH)
  const vectors = () => inputs.map((text) => encode(vectorOf(model, text, length), encoding === 'base64'))
  return {
    model,
    streamed: false,
    purpose: 'embedding',
    prompt: { blocks: inputs.map(inputBlock), lastUserText: '' },
    outputTokensMax: null,
    streamContentType: 'application/json',
    body: (answer) => embeddingBody(answer, vectors(), rules),
    frames: () => [],
    errorFrame: () => '',
  }
}

function readInputs(input: unknown): Input[] | null {
  if (typeof input === 'string') return input === '' ? null : [input]
  if (!Array.isArray(input) || input.length === 0) return null
  if (input.every((entry) => typeof entry === 'number')) return [input]
  const isUsable = (entry: unknown) =>
    (typeof entry === 'string' && entry !== '') ||
    (Array.isArray(entry) && entry.length > 0 && entry.every((token) => typeof token === 'number'))
  return input.every(isUsable) ? (input as Input[]) : null
}

function inputProblem(input: unknown, complaints: Complaints): Problem {
  if (input === undefined) return complaints.missing('input')
  if (Array.isArray(input) && input.length === 0) return complaints.emptyArray('input')
  return complaints.unfit('input', "'$.input' is invalid. Please check the API reference: input must not be empty.")
}

function inputBlock(input: Input): PromptBlock {
  // Without a marker of a role: an embedding is billed for its text alone.
  if (typeof input === 'string') return { text: input, cacheFor: null }
  // Each full stop is one token; which ids they were is no matter for counting.
  return { text: '.'.repeat(input.length), cacheFor: null }
}

function vectorOf(model: string, input: Input, dimensions: number): Float32Array {
  const random = createRandom('embedding', model, typeof input === 'string' ? input : input.join(' '))
  const vector = Float32Array.from({ length: dimensions }, () => random.unit() * 2 - 1)
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}

function encode(vector: Float32Array, isBase64: boolean): string | number[] {
  return isBase64 ? Buffer.from(vector.buffer).toString('base64') : [...vector]
}

function embeddingBody(answer: Answer, vectors: readonly (string | number[])[], rules: EmbeddingRules): string {
  const promptTokens = wholeInput(answer.usage)
  const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }))
  const usage = answer.usageMissing ? {} : { usage: { prompt_tokens: promptTokens, total_tokens: promptTokens } }
  return JSON.stringify(rules.envelope(answer, data, usage))
}
