// Reads the bodies of generateContent and countTokens: names and types first (proto-json.ts), then meaning. The order
// is the service's: what its front end cannot parse never reaches the model.
import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'
import { wholeInput } from '../../ledger.ts'
import type { Problem } from '../../problem.ts'
import type { Reading } from '../../vendor.ts'
import { findConfigProblem, invalid } from './config-rules.ts'
import type { GeminiStreaming } from './generate-answer.ts'
import { geminiGeneration } from './generate-answer.ts'
import { geminiModel } from './models.ts'
import type { Shape } from './proto-json.ts'
import { readProto } from './proto-json.ts'
import { contentsOf } from './read-prompt.ts'
import { COUNT_REQUEST, GENERATE_REQUEST } from './request-shape.ts'
import { findToolsProblem, functionDeclarations } from './tool-rules.ts'
import { findContentsProblem } from './turn-rules.ts'
import { modality } from './usage-metadata.ts'

/** The message of a body, or the problem that keeps it from being one. */
export function readBody(body: unknown, shape: Shape): JsonRecord | Problem {
  const reading = readProto(isRecord(body) ? body : {}, shape)
  return reading.ok ? reading.message : invalid(reading.complaints.join('\n'))
}

/** A message of these requests has no field of that name. */
export function isProblem(value: JsonRecord | Problem): value is Problem {
  return 'kind' in value
}

export function readGenerate(body: unknown, id: string, streaming: GeminiStreaming): Reading {
  const request = readBody(body, GENERATE_REQUEST)
  if (isProblem(request)) return { ok: false, problem: request }
  const problem = findGenerateProblem(request, id)
  if (problem !== null) return { ok: false, problem }
  return { ok: true, generation: geminiGeneration(id, geminiModel(id), request, streaming) }
}

/** Contents alone, or a whole request as it would be generated from: with instructions and tools. */
export function readCountTokens(body: unknown, id: string): Reading {
  const request = readBody(body, COUNT_REQUEST)
  if (isProblem(request)) return { ok: false, problem: request }
  const inner = request['generateContentRequest']
  if (isRecord(inner) && request['contents'] !== undefined) {
    return { ok: false, problem: invalid('contents and generate_content_request are mutually exclusive.') }
  }
  const counted = isRecord(inner) ? inner : { contents: request['contents'] }
  const problem = findGenerateProblem(counted, id)
  if (problem !== null) return { ok: false, problem }
  const generation = geminiGeneration(id, geminiModel(id), counted, 'none')
  return {
    ok: true,
    generation: {
      ...generation,
      purpose: 'count',
      outputTokensMax: null,
      body({ usage }) {
        const total = wholeInput(usage)
        const details = [...modality('TEXT', total - usage.image), ...modality('IMAGE', usage.image)]
        return `${JSON.stringify({ totalTokens: total, promptTokensDetails: details }, null, 2)}\n`
      },
    },
  }
}

function findGenerateProblem(request: JsonRecord, id: string): Problem | null {
  const model = geminiModel(id)
  const contents = contentsOf(request)
  if (request['cachedContent'] !== undefined) {
    // There is no way to create one here, so whichever is named does not exist.
    return { kind: 'invalid-request', status: 403, message: 'CachedContent not found (or permission denied)' }
  }
  if (contents.length === 0) return invalid('* GenerateContentRequest.contents: contents is not specified\n')
  const config = isRecord(request['generationConfig']) ? request['generationConfig'] : {}
  return (
    findConfigProblem(config, model, functionDeclarations(request).length > 0) ??
    findToolsProblem(request, model) ??
    findContentsProblem(contents, model)
  )
}
