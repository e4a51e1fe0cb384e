// How hard to think, as this wire says it: a level for the newer models, a budget of tokens for those before ("Thinking").
import type { ChatRequest, Effort, ReasoningRequest } from '../chat.ts'
import type { ModelTraits } from '../model-traits.ts'
import { budgetOf, effortOf, nearestEffort } from '../reasoning-effort.ts'

/** The least budget that all models of the wire take, and the most (exclusive), in tokens. */
const budgetTokensMin = 512
const budgetTokensMax = 24_577
/** The model decides for itself. */
const dynamicBudget = -1

export interface Thinking {
  config: object | undefined
  /** The model has no way to be told. */
  isDropped: boolean
}

const unsaid: Thinking = Object.freeze({ config: undefined, isDropped: false })

export function encodeThinking({ reasoning }: ChatRequest, traits: ModelTraits): Thinking {
  if (reasoning === undefined || traits.reasoning === 'none') return unsaid
  const shown = reasoning.isShown ? { includeThoughts: true } : {}
  if (traits.reasoning === 'budget') {
    return { config: { ...shown, thinkingBudget: budget(reasoning, traits.efforts) }, isDropped: false }
  }
  if (!isSaid(reasoning)) return { config: reasoning.isShown ? shown : undefined, isDropped: false }
  const levels = traits.efforts.filter((effort) => effort !== 'none')
  const level = nearestEffort(effortOf(reasoning), levels)
  if (level === undefined) return { config: undefined, isDropped: effortOf(reasoning) !== 'none' }
  return { config: { ...shown, thinkingLevel: level.toUpperCase() }, isDropped: false }
}

/** Where thinking cannot be switched off, a little comes nearest. */
function budget(reasoning: ReasoningRequest, efforts: readonly Effort[]): number {
  if (!isSaid(reasoning)) return dynamicBudget
  const tokens = budgetOf(reasoning, budgetTokensMin, budgetTokensMax)
  return tokens === 0 && !efforts.includes('none') ? budgetTokensMin : tokens
}

function isSaid({ effort, budgetTokens }: ReasoningRequest): boolean {
  return effort !== undefined || budgetTokens !== undefined
}
