// DashScope's own way of the Responses wire (Model Studio, "OpenAI compatible - Responses"): plain ids, fewer fields, a
// usage with a billing detail, and the session cache that a header switches on.
import type { IncomingHttpHeaders } from 'node:http'
import { cacheWrites, wholeInput } from '../../ledger.ts'
import type { CachePolicy } from '../../prompt-cache.ts'
import type { ResponsesDialect } from '../../responses-wire/dialect.ts'
import type { Answer } from '../../vendor.ts'
import { singleHeader } from '../../vendor.ts'
import { explicitCache } from './chat-usage.ts'
import { explicitLife, QWEN_PARTS } from './chat-rules.ts'
import { QWEN_COMPLAINTS, qwenErrorBody, qwenFailure } from './errors.ts'
import { embeddingWidths } from './models.ts'
import { responsesThinking } from './thinking.ts'

export const QWEN_RESPONSES: ResponsesDialect = {
  complaints: QWEN_COMPLAINTS,
  defaultModel: 'qwen3.7-plus',
  outputTokensMin: 1,
  findModelProblem: (_request, model) =>
    embeddingWidths(model) === null ? null : { kind: 'unknown-model', model, method: '' },
  thinking: (request, model) => responsesThinking(model, request),
  caching: (_request, _model, headers) => sessionCache(headers),
  cacheLife: explicitLife,
  imageTokens: QWEN_PARTS.imageTokens,
  responseId: (random) => random.uuid(),
  itemId: (prefix, random) => `${prefix}_${random.uuid()}`,
  hasObfuscation: false,
  alwaysSummarises: true,
  usage,
  extraFields: (request) => ({
    instructions: request['instructions'] ?? null,
    metadata: request['metadata'] ?? {},
    previous_response_id: request['previous_response_id'] ?? null,
  }),
  hasPhases: () => false,
  failure: qwenFailure,
  errorBody: qwenErrorBody,
}

/** "Session cache": bills like an explicit cache, without any mark in the request. */
function sessionCache(headers: IncomingHttpHeaders): CachePolicy {
  return singleHeader(headers['x-dashscope-session-cache']) === 'enable' ? { billedLife: '5m' } : 'automatic'
}

function usage({ usage: spent }: Answer): object {
  const inputTokens = wholeInput(spent)
  const written = cacheWrites(spent)
  const totals = {
    input_tokens: inputTokens,
    output_tokens: spent.output,
    total_tokens: inputTokens + spent.output,
  }
  const cached = { cached_tokens: spent.cacheRead, ...explicitCache(written) }
  const detail = {
    ...totals,
    ...(written > 0 ? { prompt_tokens_details: cached } : {}),
    x_billing_type: 'response_api',
  }
  return {
    ...totals,
    input_tokens_details: { cached_tokens: spent.cacheRead },
    output_tokens_details: { reasoning_tokens: spent.reasoning },
    x_details: [detail],
  }
}
