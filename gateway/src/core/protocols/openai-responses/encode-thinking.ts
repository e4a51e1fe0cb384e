// How hard to think, in the form that the model takes: an effort with or without a summary of what was thought (OpenAI API
// reference, `reasoning`), or a switch with a budget (Model Studio, "Deep thinking").
import type { ChatRequest, ReasoningRequest } from '../chat.ts'
import type { ModelTraits } from '../model-traits.ts'
import type { EncodeTarget } from '../protocol.ts'
import { budgetOf, effortOf, nearestEffort } from '../reasoning-effort.ts'

/** The shortest of the longest chains of thought that models with a switch have: a larger budget is the same as none. */
const budgetTokensMax = 30_720

export interface EncodedThinking {
  fields: { reasoning?: object; enable_thinking?: boolean; thinking_budget?: number }
  /** The model has a switch, and it cannot be turned off. */
  isConstant: boolean
}

export function encodeThinking(
  request: ChatRequest,
  { traits, options }: EncodeTarget,
  dropped: Set<string>,
): EncodedThinking {
  const { reasoning } = request
  if (traits.reasoning === 'switch') return encodeSwitch(request, traits, dropped)
  if (reasoning === undefined) return { fields: {}, isConstant: false }
  const wanted = effortOf(reasoning)
  const accepted = traits.reasoning === 'effort' ? traits.efforts : []
  // A bare wish to think is what these models do anyway.
  const effort = isBare(reasoning) ? undefined : nearestEffort(wanted, accepted)
  if (effort === undefined && wanted !== 'none' && !isBare(reasoning)) dropped.add('reasoning')
  const mayAsk = traits.reasoning === 'effort' && options.refusesSummaries !== true
  const isShown = reasoning.isShown && mayAsk && effort !== 'none'
  const isEmpty = effort === undefined && !isShown
  const field = { effort, summary: isShown ? 'auto' : undefined }
  return { fields: isEmpty ? {} : { reasoning: field }, isConstant: false }
}

function encodeSwitch(request: ChatRequest, traits: ModelTraits, dropped: Set<string>): EncodedThinking {
  const { reasoning } = request
  const isConstant = traits.thinksAlways === true
  if (!isConstant && (reasoning?.effort === 'none' || excludesThinking(request))) {
    if (reasoning !== undefined && reasoning.effort !== 'none') dropped.add('reasoning')
    return { fields: { enable_thinking: false }, isConstant }
  }
  if (reasoning === undefined || reasoning.effort === 'none') return { fields: {}, isConstant }
  const budget = isBare(reasoning) ? budgetTokensMax : budgetOf(reasoning, 1, budgetTokensMax + 1)
  const on = isConstant ? {} : { enable_thinking: true }
  return { fields: { ...on, ...(budget < budgetTokensMax && { thinking_budget: budget }) }, isConstant }
}

/** A call that is insisted on, and an answer in JSON, are refused while such a model thinks. */
function excludesThinking({ tools, toolChoice, responseFormat }: ChatRequest): boolean {
  const isForced = tools.length > 0 && (toolChoice?.type === 'required' || toolChoice?.type === 'tool')
  return isForced || responseFormat !== undefined
}

function isBare({ effort, budgetTokens }: ReasoningRequest): boolean {
  return effort === undefined && budgetTokens === undefined
}
