// Gemini's embeddings: embedContent for one text, batchEmbedContents for many. Vectors are made from the text alone, so
// the same text has the same vector in every request; only those of full length are of length one, as with the vendor.
import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'
import { wholeInput } from '../../ledger.ts'
import type { Problem } from '../../problem.ts'
import type { PromptBlock } from '../../prompt.ts'
import { promptBlock } from '../../prompt.ts'
import { createRandom } from '../../random.ts'
import type { Answer, Reading } from '../../vendor.ts'
import { invalid } from './config-rules.ts'
import { isProblem, readBody } from './generate-request.ts'
import { BATCH_EMBED_REQUEST, EMBED_REQUEST } from './request-shape.ts'
import { partsOf } from './turn-rules.ts'

/** "Output dimension size: flexible, supports 128–3072" (Embeddings guide). */
const DIMENSIONS_MAX = 3072
const BATCH_MAX = 100

interface Wanted {
  text: string
  dimensions: number
}

export function readEmbed(body: unknown, id: string): Reading {
  const request = readBody(body, EMBED_REQUEST)
  if (isProblem(request)) return { ok: false, problem: request }
  const problem = findEmbedProblem(request, '* EmbedContentRequest', id)
  if (problem !== null) return { ok: false, problem }
  const wanted = readWanted(request)
  return embedding(id, [wanted], (answer) => ({ embedding: { values: vector(id, wanted) }, ...usageOf(answer, id) }))
}

export function readBatchEmbed(body: unknown, id: string): Reading {
  const batch = readBody(body, BATCH_EMBED_REQUEST)
  if (isProblem(batch)) return { ok: false, problem: batch }
  const problem = findBatchProblem(batch, id)
  if (problem !== null) return { ok: false, problem }
  const wanted = requestsOf(batch).map(readWanted)
  return embedding(id, wanted, (answer) => ({
    embeddings: wanted.map((one) => ({ values: vector(id, one) })),
    ...usageOf(answer, id),
  }))
}

function findBatchProblem(batch: JsonRecord, id: string): Problem | null {
  const requests = requestsOf(batch)
  if (requests.length === 0) return invalid('* BatchEmbedContentsRequest.requests: must not be empty.\n')
  if (requests.length > BATCH_MAX) {
    return invalid(`* BatchEmbedContentsRequest.requests: at most ${BATCH_MAX} requests can be in one batch\n`)
  }
  for (const [index, request] of requests.entries()) {
    const place = `* BatchEmbedContentsRequest.requests[${index}]`
    if (request['model'] === undefined) return invalid(`${place}.model: model is not specified\n`)
    const problem = findEmbedProblem(request, place, id)
    if (problem !== null) return problem
  }
  return null
}

function findEmbedProblem(request: JsonRecord, place: string, id: string): Problem | null {
  const { model, outputDimensionality: dimensions } = request
  if (model !== undefined && model !== `models/${id}`) {
    return invalid(`${place}.model: model must match the model of the path, models/${id}\n`)
  }
  if (partsOf(request['content']).length === 0) return invalid(`${place}.content: content is not specified\n`)
  if (typeof dimensions !== 'number' || (dimensions >= 1 && dimensions <= DIMENSIONS_MAX)) return null
  return invalid(`${place}.output_dimensionality: must be between 1 and ${DIMENSIONS_MAX}\n`)
}

function requestsOf(batch: JsonRecord): JsonRecord[] {
  return Array.isArray(batch['requests']) ? batch['requests'].filter(isRecord) : []
}

function readWanted(request: JsonRecord): Wanted {
  const { content, outputDimensionality: dimensions = DIMENSIONS_MAX } = request
  const texts = partsOf(content).map((part) => (typeof part['text'] === 'string' ? part['text'] : JSON.stringify(part)))
  return { text: texts.join('\n'), dimensions: dimensions as number }
}

function embedding(id: string, wanted: readonly Wanted[], body: (answer: Answer) => object): Reading {
  const blocks: PromptBlock[] = wanted.map(({ text }) => promptBlock('text', text))
  return {
    ok: true,
    generation: {
      model: id,
      purpose: 'embedding',
      streamed: false,
      prompt: { blocks, lastUserText: '' },
      outputTokensMax: null,
      streamContentType: '',
      body: (answer) => `${JSON.stringify(body(answer))}\n`,
      frames: () => [],
      errorFrame: () => '',
    },
  }
}

/** Only the second generation reports what it read. */
function usageOf(answer: Answer, id: string): object {
  if (!id.startsWith('gemini-embedding-2') || answer.usageMissing) return {}
  const promptTokenCount = wholeInput(answer.usage)
  const promptTokenDetails = [{ modality: 'TEXT', tokenCount: promptTokenCount }]
  return { usageMetadata: { promptTokenCount, promptTokenDetails, totalTokenCount: promptTokenCount } }
}

function vector(id: string, { text, dimensions }: Wanted): number[] {
  const random = createRandom('embedding', id, text)
  const values = Array.from({ length: DIMENSIONS_MAX }, () => 2 * random.unit() - 1)
  const length = Math.hypot(...values)
  return values.slice(0, dimensions).map((value) => value / length)
}
