// Bugs of the kind that has cost other gateways money, each as a small change of our own code, with the tests that have to notice.
// Sources: published failures of LiteLLM, new-api, sub2api and others, by their issue numbers.
import type { PlantedBug } from './planted-bug.ts'

const core = 'gateway/src/core'
const dataplane = 'gateway/src/dataplane'
const usage = 'gateway/src/controlplane/usage'
const tests = 'gateway/test/dataplane'

export const moneyBugs: readonly PlantedBug[] = [
  {
    what: 'requests that run are not counted before they end: a thousand pass together (litellm#34732)',
    file: `${core}/quota/ledger.ts`,
    text: 'posted + pending + required > amount',
    becomes: 'posted + required > amount',
    tests: [`${core}/quota/ledger.test.ts`],
  },
  {
    what: 'what is held is never given back (litellm#27639)',
    file: `${core}/quota/ledger.ts`,
    text: 'window.pending -= amountOf(reservation.held, limit.metric)',
    becomes: 'window.pending -= 0',
    tests: [`${core}/quota/ledger.test.ts`],
  },
  {
    what: 'what was reserved is posted in place of what was used (litellm#36926)',
    file: `${core}/quota/ledger.ts`,
    text: 'if (actual) window.posted += amountOf(actual, limit.metric)',
    becomes: 'if (actual) window.posted += amountOf(reservation.held, limit.metric)',
    tests: [`${core}/quota/ledger.test.ts`],
  },
  {
    what: 'what a provider bills beyond the reservation is hidden',
    file: `${core}/quota/ledger.ts`,
    text: 'const isOver = actual.tokens > held.tokens || actual.costNanoUsd > held.costNanoUsd',
    becomes: 'const isOver = false as boolean',
    tests: [`${core}/quota/ledger.test.ts`],
  },
  {
    what: 'a limit that blocks lets pass what costs nothing',
    file: `${core}/quota/ledger.ts`,
    text: 'if (amount === 0 || isRefused) {',
    becomes: 'if (isRefused) {',
    tests: [`${core}/quota/ledger.test.ts`],
  },
  {
    what: 'a threshold is told at each request behind it',
    file: `${core}/quota/ledger.ts`,
    text: 'window.thresholdsTold = told + 1',
    becomes: 'window.thresholdsTold = 0',
    tests: [`${core}/quota/ledger.test.ts`],
  },
  {
    what: 'days begin at midnight in London',
    file: `${core}/quota/window.ts`,
    text: 'const wallMs = wallClockMs(timeZone, nowMs)',
    becomes: "const wallMs = wallClockMs('UTC', nowMs)",
    tests: [`${core}/quota/window.test.ts`],
  },
  {
    what: 'the day on which the clock changes has 24 hours',
    file: `${core}/quota/window.ts`,
    text: 'if (wallClockMs(timeZone, candidate) >= dateMs) return candidate',
    becomes: 'if (candidate > 0) return candidate',
    tests: [`${core}/quota/window.test.ts`],
  },
  {
    what: 'each of several answers is held as if it were one',
    file: `${core}/quota/bound.ts`,
    text: 'const outputTokens = input.outputTokensMax * input.choices',
    becomes: 'const outputTokens = input.outputTokensMax',
    tests: [`${core}/quota/bound.test.ts`],
  },
  {
    what: 'costs are rounded down',
    file: `${core}/pricing/cost.ts`,
    text: 'return Math.floor((sum + picoUsdPerNanoUsd / 2) / picoUsdPerNanoUsd)',
    becomes: 'return Math.floor(sum / picoUsdPerNanoUsd)',
    tests: [`${core}/pricing/cost.test.ts`],
  },
  {
    what: 'the discount is forgotten',
    file: `${core}/pricing/cost.ts`,
    text: 'exact *= BigInt(basisPointsWhole - discountBasisPoints)',
    becomes: 'exact *= BigInt(basisPointsWhole)',
    tests: [`${core}/pricing/cost.test.ts`],
  },
  {
    what: 'a long context leaves cached tokens at the usual price (litellm#16377)',
    file: `${core}/pricing/cost.ts`,
    text: '[usage.cacheReadTokens, rates.cacheRead],',
    becomes: '[usage.cacheReadTokens, schedule.cacheRead],',
    tests: [`${core}/pricing/golden-costs.test.ts`],
  },
  {
    what: 'the threshold of a long context is met a token too late (new-api#6064)',
    file: `${core}/pricing/cost.ts`,
    text: 'schedule.longContext.findLast(({ aboveInputTokens }) => inputTokens > aboveInputTokens)',
    becomes: 'schedule.longContext.findLast(({ aboveInputTokens }) => inputTokens > aboveInputTokens + 1)',
    tests: [`${core}/pricing/golden-costs.test.ts`],
  },
  {
    what: 'cached tokens are plain input as well (litellm#14849)',
    file: `${core}/protocols/gemini/usage.ts`,
    text: 'const inputTokens = prompt - cacheReadTokens',
    becomes: 'const inputTokens = prompt',
    tests: [`${core}/pricing/golden-costs.test.ts`],
  },
  {
    what: 'what was thought beside the candidates is free',
    file: `${core}/protocols/gemini/usage.ts`,
    text: "tokenCount(tokenCount(raw['candidatesTokenCount']) + thoughts)",
    becomes: "tokenCount(tokenCount(raw['candidatesTokenCount']))",
    tests: [`${core}/pricing/golden-costs.test.ts`],
  },
  {
    what: 'cached tokens are free (sub2api#1303)',
    file: `${core}/protocols/anthropic/usage.ts`,
    text: "cacheReadTokens: tokenCount(raw['cache_read_input_tokens']),",
    becomes: 'cacheReadTokens: 0,',
    tests: [`${core}/pricing/golden-costs.test.ts`],
  },
  {
    what: 'both lives of a written cache are billed where they contradict each other (sub2api#6125)',
    file: `${core}/protocols/anthropic/usage.ts`,
    text: 'cacheWrite5mTokens: written - cacheWrite1hTokens,',
    becomes: 'cacheWrite5mTokens: split.of5m,',
    tests: [`${core}/pricing/golden-costs.test.ts`],
  },
  {
    what: 'a damaged record is believed',
    file: `${core}/journal/frame.ts`,
    text: 'if (type === undefined || checksum !== crc32(content)) return',
    becomes: 'if (type === undefined) return',
    tests: [`${core}/journal/frame.test.ts`, `${tests}/journal.test.ts`],
  },
  {
    what: 'attempts that a crash has cut leave no row (litellm#35531)',
    file: `${usage}/journal-reader.ts`,
    text: 'this.#open.set(`${requestId}-${attempt}`, { segment: this.#position.segment, requestId, attempt, payload })',
    becomes: 'if (requestId === "") this.#open.clear()',
    tests: [`${tests}/kill.test.ts`],
  },
  {
    what: 'a batch whose commit was in doubt is counted twice (litellm#33872)',
    file: `${usage}/settle-queries.ts`,
    text: 'return rows.filter((row) => fresh.delete(`${row.requestId}-${row.attempt}`))',
    becomes: 'return fresh.size < 0 ? [] : [...rows]',
    tests: [`${tests}/settle.test.ts`],
  },
  {
    what: 'an answer that broke off is free (new-api#5235)',
    file: `${dataplane}/settle.ts`,
    text: 'return { ...estimated(source, attempted), raw: source.rawUsage }',
    becomes: "return { usage: noUsage, source: 'none', raw: undefined }",
    tests: [`${tests}/faulted-load.test.ts`],
  },
  {
    what: 'the pages of a broken provider are billed as answers (new-api#5287)',
    file: `${dataplane}/relay.ts`,
    text: "      case 'failing':\n      case 'done':\n        return undefined\n",
    becomes:
      "      case 'failing':\n      case 'done':\n        return { ...nothingSeen, outputBytes: this.#heldBytes }\n",
    tests: [`${tests}/faulted-load.test.ts`],
  },
  {
    what: 'a client that leaves makes its answer free (litellm#13245)',
    file: `${dataplane}/relay.ts`,
    text: 'const drainMaxMs = 120_000',
    becomes: 'const drainMaxMs = 0',
    tests: [`${tests}/faulted-load.test.ts`],
  },
  {
    what: 'a key that was answered can be spent again',
    file: `${core}/idempotency/idempotency-keys.ts`,
    text: 'if (original) original.ended = ended',
    becomes: 'if (original && ended) this.#originals.delete(keyHash)',
    tests: [`${core}/idempotency/idempotency-keys.test.ts`],
  },
]
