// OpenAI's own way of the Responses wire: which fields its documents repeat, its ids, usage and failures (API reference,
// "The response object"; recordings of the live API where that is silent).
import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'
import { cacheWrites, wholeInput } from '../../ledger.ts'
import type { Answer } from '../../vendor.ts'
import type { ResponsesDialect } from '../../responses-wire/dialect.ts'
import { OPENAI_COMPLAINTS, openAiErrorBody, openAiFailure } from './errors.ts'
import { effortOf, findResponsesModelProblem, thinkingOf } from './model-rules.ts'
import { abilitiesOf } from './models.ts'
import { breakpointLife, cachePolicyOf, imageTokensOf } from './prompt-caching.ts'
import { servedTier } from './service-tier.ts'

/** API reference: "minimum 16". */
const OUTPUT_TOKENS_MIN = 16

export const OPENAI_RESPONSES: ResponsesDialect = {
  complaints: OPENAI_COMPLAINTS,
  defaultModel: 'gpt-5.6-sol',
  outputTokensMin: OUTPUT_TOKENS_MIN,
  findModelProblem: (request, model) => findResponsesModelProblem(request, model, effortIn(request)),
  thinking: (request, model) => thinkingOf(model, effortIn(request)),
  caching: (request, model) => cachePolicyOf(model, request),
  cacheLife: breakpointLife,
  imageTokens: imageTokensOf,
  responseId: (random) => `resp_${random.hex(50)}`,
  itemId: (prefix, random) => `${prefix}_${random.hex(50)}`,
  hasObfuscation: true,
  alwaysSummarises: false,
  usage,
  extraFields,
  hasPhases: (model) => abilitiesOf(model).billsCacheWrites,
  failure: openAiFailure,
  errorBody: openAiErrorBody,
}

function effortIn({ reasoning }: JsonRecord): unknown {
  return isRecord(reasoning) ? reasoning['effort'] : undefined
}

function usage({ usage: spent, model }: Answer): object {
  const inputTokens = wholeInput(spent)
  const isBilled = abilitiesOf(model).billsCacheWrites && cacheWrites(spent) > 0
  const lives = { ttl_30m_tokens: spent.cacheWrite30m, ttl_12h_tokens: spent.cacheWrite12h }
  return {
    input_tokens: inputTokens,
    input_tokens_details: {
      cache_write_tokens: cacheWrites(spent),
      cached_tokens: spent.cacheRead,
      ...(isBilled ? { cache_write_tokens_details: lives } : {}),
    },
    output_tokens: spent.output,
    output_tokens_details: { reasoning_tokens: spent.reasoning },
    total_tokens: inputTokens + spent.output,
  }
}

function extraFields(request: JsonRecord, model: string): object {
  const { reasoning, text } = request
  const reasons = abilitiesOf(model).efforts.length > 0
  const summary = isRecord(reasoning) ? (reasoning['summary'] ?? reasoning['generate_summary'] ?? null) : null
  const given = (field: string, otherwise: unknown = null) => ({ [field]: request[field] ?? otherwise })
  return {
    background: false,
    completed_at: null,
    ...given('instructions'),
    ...given('max_output_tokens'),
    ...given('max_tool_calls'),
    moderation: null,
    ...given('previous_response_id'),
    ...given('prompt_cache_key'),
    ...given('prompt_cache_retention'),
    reasoning: { effort: reasons ? effortOf(model, effortIn(request)) : null, summary },
    ...given('safety_identifier'),
    service_tier: servedTier(request['service_tier']),
    ...given('temperature', 1),
    text: { format: { type: 'text' }, verbosity: 'medium', ...(isRecord(text) ? text : {}) },
    tool_usage: TOOL_USAGE,
    top_logprobs: 0,
    ...given('top_p', 1),
    ...given('truncation', 'disabled'),
    ...(request['user'] === undefined ? {} : given('user')),
    ...given('metadata', {}),
  }
}

const NO_IMAGES = { image_tokens: 0, text_tokens: 0 }

/** The vendor's own tools are tolerated and never used. */
const TOOL_USAGE = {
  image_gen: {
    input_tokens: 0,
    input_tokens_details: NO_IMAGES,
    output_tokens: 0,
    output_tokens_details: NO_IMAGES,
    total_tokens: 0,
  },
  web_search: { num_requests: 0 },
}
