// Whether a valid request may be served: it must fit the model's context and the organisation's limits per minute.
// Computes its input usage on the way, because what the cache holds decides what counts towards a limit.
import type { SimulatedAccount } from './accounts.ts'
import type { Usage } from './ledger.ts'
import { cacheWrites, NO_USAGE } from './ledger.ts'
import type { Problem } from './problem.ts'
import type { CacheUse } from './prompt-cache.ts'
import { NO_CACHE_USE } from './prompt-cache.ts'
import { blockTokens, imageTokensOf } from './prompt.ts'
import type { Charge, Denial, LimitLevels } from './rate-limits.ts'
import type { SimulatorState } from './state.ts'
import type { Generation, Model, Vendor } from './vendor.ts'

export interface Admission {
  problem: Problem | null
  /** Output still to come. */
  usage: Usage
  cacheUse: CacheUse
  outputTokensMax: number
  levels(): LimitLevels
  /** Charges what was generated to the organisation, once it is known. */
  takeOutput(outputTokens: number): void
}

export function admit(
  state: SimulatorState,
  vendor: Vendor,
  account: SimulatedAccount,
  model: Model,
  generation: Generation,
): Admission {
  const nowMs = state.clock.now()
  const { blocks } = generation.prompt
  const inputTokens = blockTokens(blocks).reduce((sum, tokens) => sum + tokens, 0)
  const { purpose = 'answer', caching = vendor.caching } = generation
  const scope = cacheScope(vendor, account, model)
  const cacheUse = purpose === 'answer' ? state.cache.lookup(scope, caching, blocks, nowMs) : NO_CACHE_USE
  const { searches = { count: 0, tokens: 0 } } = generation.prompt
  const usage = {
    ...inputUsage(inputTokens, cacheUse),
    image: imageTokensOf(generation.prompt),
    ...(purpose === 'answer' ? { toolInput: searches.tokens, webSearches: searches.count } : {}),
  }
  // Counting has limits of its own with every vendor, far from those that are simulated here.
  const charges =
    purpose === 'count'
      ? []
      : chargesOf(state, vendor, account, usage, choicesMax(generation, generation.outputTokensMax))
  const pool = `${vendor.name}:${account.organisation}:${model.rateClass}`
  return {
    problem:
      sizeProblem(model, inputTokens, generation) ?? limitProblem(state.limits.admit(pool, charges, nowMs), model),
    usage,
    cacheUse,
    outputTokensMax: generation.outputTokensMax ?? model.outputTokensMax,
    levels: () => state.limits.levels(pool, charges, state.clock.now()),
    takeOutput(outputTokens) {
      const charge = charges.find(({ dimension }) => dimension === 'output-tokens')
      if (charge !== undefined) state.limits.take(pool, { ...charge, amount: outputTokens }, state.clock.now())
    },
  }
}

function cacheScope(vendor: Vendor, account: SimulatedAccount, model: Model): string {
  const workspace = vendor.cacheScope === 'workspace' ? (account.workspace ?? '') : ''
  return JSON.stringify([vendor.name, account.organisation, workspace, model.id])
}

/** Each of several choices may be as long as the cap. */
function choicesMax({ prompt }: Generation, outputTokensMax: number | null): number | null {
  return outputTokensMax === null ? null : outputTokensMax * (prompt.choices ?? 1)
}

function inputUsage(inputTokens: number, use: CacheUse): Usage {
  const { readTokens, writtenTokens } = use
  const classes = {
    ...NO_USAGE,
    cacheRead: readTokens,
    cacheWrite5m: writtenTokens['5m'],
    cacheWrite1h: writtenTokens['1h'],
    cacheWrite30m: writtenTokens['30m'],
    cacheWrite12h: writtenTokens['12h'],
  }
  return { ...classes, input: inputTokens - readTokens - cacheWrites(classes) }
}

function sizeProblem(model: Model, inputTokens: number, { outputTokensMax }: Generation): Problem | null {
  if (inputTokens > model.contextTokensMax) {
    return { kind: 'prompt-too-long', inputTokens, inputTokensMax: model.contextTokensMax }
  }
  if (outputTokensMax !== null && outputTokensMax > model.outputTokensMax) {
    const { id, outputTokensMax: modelMax } = model
    return { kind: 'output-cap-too-high', model: id, requested: outputTokensMax, outputTokensMax: modelMax }
  }
  return null
}

function limitProblem(denial: Denial | null, model: Model): Problem | null {
  if (denial === null) return null
  const { dimension, limit, used, requested, retryAfterMs } = denial
  const retryAfter = String(Math.max(1, Math.ceil(retryAfterMs / 1000)))
  return { kind: 'rate-limited', model: model.id, dimension, limit, used, requested, retryAfter }
}

function chargesOf(
  { accounts }: SimulatorState,
  vendor: Vendor,
  account: SimulatedAccount,
  usage: Usage,
  outputTokensMax: number | null,
): Charge[] {
  const charges: Charge[] = []
  const requests = accounts.limit(account, 'requestsPerMinute')
  const input = accounts.limit(account, 'inputTokensPerMinute')
  const output = accounts.limit(account, 'outputTokensPerMinute')
  const inputTokens = usage.input + cacheWrites(usage)
  const limited = inputTokens + (vendor.cacheReadsAreLimited ? usage.cacheRead : 0)
  if (requests !== null) charges.push({ dimension: 'requests', perMinute: requests, amount: 1 })
  if (vendor.tokenLimits === 'combined') {
    // "The maximum of max_tokens and the estimated number of tokens" of the prompt (OpenAI rate limits guide).
    const amount = Math.max(outputTokensMax ?? 0, limited)
    if (input !== null || output !== null) {
      charges.push({ dimension: 'tokens', perMinute: (input ?? 0) + (output ?? 0), amount })
    }
    return charges
  }
  if (input !== null) charges.push({ dimension: 'input-tokens', perMinute: input, amount: limited })
  if (output !== null && vendor.tokenLimits === 'separate') {
    charges.push({ dimension: 'output-tokens', perMinute: output, amount: 0 })
  }
  return charges
}
