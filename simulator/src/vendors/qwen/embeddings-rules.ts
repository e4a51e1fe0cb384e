// DashScope's embeddings in compatible mode: few rows at a time, and widths from a list (Model Studio, "OpenAI compatible
// - Embedding").
import type { EmbeddingRules } from '../../embeddings.ts'
import { readEmbeddings } from '../../embeddings.ts'
import { isRecord } from '../../json.ts'
import type { Reading, WireRequest } from '../../vendor.ts'
import { algorithmRefusal, QWEN_COMPLAINTS } from './errors.ts'
import { embeddingWidths, QWEN_MODELS } from './models.ts'

const ROWS_MAX = 10

const RULES: EmbeddingRules = {
  inputsMax: ROWS_MAX,
  width(model) {
    const widths = embeddingWidths(model)
    return widths === null ? null : { dimensions: Math.max(...widths), isShortenable: widths.length > 1 }
  },
  complaints: QWEN_COMPLAINTS,
  envelope: (answer, data, usage) => ({ data, model: answer.model, object: 'list', ...usage, id: answer.id }),
}

export function readQwenEmbeddings({ body }: WireRequest): Reading {
  const request = isRecord(body) ? body : {}
  const widths = embeddingWidths(String(request['model']))
  // The width without asking is the first of the list, which is not always the greatest.
  const generation = readEmbeddings({ ...request, dimensions: request['dimensions'] ?? defaultWidth(widths) }, RULES)
  if ('kind' in generation) return { ok: false, problem: generation }
  const { model } = generation
  if (widths === null && QWEN_MODELS.some(({ id }) => id === model)) {
    return { ok: false, problem: { kind: 'unknown-model', model, method: '' } }
  }
  const { dimensions } = request
  if (widths !== null && typeof dimensions === 'number' && !widths.includes(dimensions)) {
    return { ok: false, problem: algorithmRefusal(`Value error, ${dimensions} is not one of ${widths.join(', ')}`) }
  }
  return { ok: true, generation }
}

function defaultWidth(widths: readonly number[] | null): number | undefined {
  return widths === null || widths.length === 1 ? undefined : widths[0]
}
