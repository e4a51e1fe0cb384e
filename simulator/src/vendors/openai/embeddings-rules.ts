// OpenAI's embeddings: at most 2,048 inputs, and only of the models made for it (API reference, "Create embeddings").
import type { EmbeddingRules } from '../../embeddings.ts'
import { readEmbeddings } from '../../embeddings.ts'
import type { Reading, WireRequest } from '../../vendor.ts'
import { OPENAI_COMPLAINTS } from './errors.ts'
import { EMBEDDING_WIDTHS, OPENAI_MODELS } from './models.ts'

const RULES: EmbeddingRules = {
  inputsMax: 2048,
  width: (model) => EMBEDDING_WIDTHS[model] ?? null,
  complaints: OPENAI_COMPLAINTS,
  envelope: (answer, data, usage) => ({ object: 'list', data, model: answer.model, ...usage }),
}

export function readOpenAiEmbeddings({ body }: WireRequest): Reading {
  const generation = readEmbeddings(body, RULES)
  if ('kind' in generation) return { ok: false, problem: generation }
  const { model } = generation
  if (EMBEDDING_WIDTHS[model] !== undefined || !OPENAI_MODELS.some(({ id }) => id === model)) {
    return { ok: true, generation }
  }
  const message = 'You are not allowed to generate embeddings from this model'
  return { ok: false, problem: { kind: 'invalid-request', status: 403, message } }
}
