// The facts of a generateContent request that routing and quota need: the model and whether to stream stand in its address,
// the maxima in `generationConfig`, in either spelling.
import { matchModelAddress, requireModel } from '../model-address.ts'
import type { RequestFacts, RequestTarget } from '../protocol.ts'
import { invalidField, outputTokensMax, readCount, readRecord, type RequestBody } from '../request-fields.ts'
import { numericOf, spellingsOf } from './proto-json.ts'
import { tierOf } from './usage.ts'

/** "candidateCount … 1 to 8" (Gemini API reference, "GenerationConfig"). */
export const candidatesMax = 8

/** A stream is one JSON array unless server-sent events are asked for. */
export function matchAddress(path: string, query: string): RequestTarget | undefined {
  const address = matchModelAddress(path)
  if (address?.action === 'generateContent') return { model: address.model, stream: false }
  if (address?.action !== 'streamGenerateContent') return undefined
  const parameters = new URLSearchParams(query)
  const form = parameters.get('alt') ?? parameters.get('$alt')
  return { model: address.model, stream: true, isArrayStream: form !== 'sse' }
}

export function inspectRequest(body: RequestBody, target: RequestTarget): RequestFacts {
  const model = requireModel(target)
  requireContents(body)
  const configs = spellingsOf(body, 'generationConfig').map((config) => readRecord(config, 'generationConfig'))
  return {
    model,
    stream: target.stream === true,
    maxOutputTokens: largest(configs, 'maxOutputTokens', outputTokensMax),
    choices: largest(configs, 'candidateCount', candidatesMax) ?? 1,
    serviceTier: spellingsOf(body, 'serviceTier').map(tierOf)[0],
  }
}

/** Of two spellings it is not known which one the provider honours, so the larger one bounds the answer. */
function largest(configs: readonly RequestBody[], name: string, max: number): number | undefined {
  let found: number | undefined
  for (const value of configs.flatMap((config) => spellingsOf(config, name))) {
    const count = readCount({ [name]: numericOf(value) }, name, max)
    if (count !== undefined) found = Math.max(found ?? 0, count)
  }
  return found
}

export function requireContents(body: RequestBody): void {
  const contents = body['contents'] ?? undefined
  const isGiven = Array.isArray(contents) ? contents.length > 0 : typeof contents === 'object'
  if (!isGiven) throw invalidField('contents', 'must be a non-empty array')
}
