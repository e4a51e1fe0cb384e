// How hard a model shall think, from one vendor's scale to another's: words, token budgets, and what a model accepts of them.
import { efforts, type Effort, type ReasoningRequest } from './chat.ts'

/** Tokens of thinking that a word stands for: the budgets that the vendors' own tables and clients give these words. */
const budgets: Readonly<Record<Effort, number>> = Object.freeze({
  none: 0,
  minimal: 1024,
  low: 4096,
  medium: 10_000,
  high: 24_576,
  xhigh: 32_768,
  max: 63_999,
})

/** The effort that was asked for, in words; a bare wish to think is `medium`. */
export function effortOf({ effort, budgetTokens }: ReasoningRequest): Effort {
  if (effort !== undefined) return effort
  if (budgetTokens === undefined) return 'medium'
  return efforts.find((word) => budgetTokens <= budgets[word]) ?? 'max'
}

/** The budget that was asked for, in tokens, below `tokensMax` (exclusive) and at least `tokensMin` where it is not 0. */
export function budgetOf(request: ReasoningRequest, tokensMin: number, tokensMax: number): number {
  const wanted = request.budgetTokens ?? budgets[effortOf(request)]
  return wanted === 0 ? 0 : Math.max(tokensMin, Math.min(wanted, tokensMax - 1))
}

/** The accepted effort that comes nearest, the weaker one of two; undefined when none is accepted. */
export function nearestEffort(wanted: Effort, accepted: readonly Effort[]): Effort | undefined {
  const at = efforts.indexOf(wanted)
  const distance = (effort: Effort) => Math.abs(efforts.indexOf(effort) - at)
  let nearest: Effort | undefined
  for (const effort of accepted) if (nearest === undefined || distance(effort) < distance(nearest)) nearest = effort
  return nearest
}
