// How hard to think, in the form that the model takes: an effort (OpenAI API reference, `reasoning_effort`), or a switch with a
// budget (Model Studio, "Deep thinking").
import type { ChatRequest, ReasoningRequest } from '../chat.ts'
import type { ModelTraits } from '../model-traits.ts'
import { budgetOf, effortOf, nearestEffort } from '../reasoning-effort.ts'

/** The shortest of the longest chains of thought that models with a switch have: a larger budget is the same as none. */
const budgetTokensMax = 30_720

export interface EncodedThinking {
  fields: { reasoning_effort?: string; enable_thinking?: boolean; thinking_budget?: number }
  /** The model has a switch, and it cannot be turned off. */
  isConstant: boolean
}

export function encodeThinking(request: ChatRequest, traits: ModelTraits, dropped: Set<string>): EncodedThinking {
  const { reasoning } = request
  if (traits.reasoning === 'switch') return encodeSwitch(request, traits, dropped)
  // A bare wish to think is what these models do anyway.
  if (reasoning === undefined || isBare(reasoning)) return { fields: {}, isConstant: false }
  const wanted = effortOf(reasoning)
  const effort = traits.reasoning === 'effort' ? nearestEffort(wanted, traits.efforts) : undefined
  if (effort === undefined && wanted !== 'none') dropped.add('reasoning')
  return { fields: effort === undefined ? {} : { reasoning_effort: effort }, isConstant: false }
}

function encodeSwitch(request: ChatRequest, traits: ModelTraits, dropped: Set<string>): EncodedThinking {
  const { reasoning } = request
  const isConstant = traits.thinksAlways === true
  if (!isConstant && (reasoning?.effort === 'none' || excludesThinking(request))) {
    if (reasoning !== undefined && reasoning.effort !== 'none') dropped.add('reasoning')
    return { fields: { enable_thinking: false }, isConstant }
  }
  if (reasoning === undefined || reasoning.effort === 'none') return { fields: {}, isConstant }
  const on = isConstant ? {} : { enable_thinking: true }
  const budget = isBare(reasoning) ? budgetTokensMax : budgetOf(reasoning, 1, budgetTokensMax + 1)
  return { fields: { ...on, ...(budget < budgetTokensMax && { thinking_budget: budget }) }, isConstant }
}

/**
 * A call that is insisted on, and an answer in JSON, are refused while thinking ("tool_choice … in thinking mode", "Json mode
 * response is not supported when enable_thinking is true"), and some models think unless they are told not to.
 */
function excludesThinking({ tools, toolChoice, responseFormat }: ChatRequest): boolean {
  const isForced = tools.length > 0 && (toolChoice?.type === 'required' || toolChoice?.type === 'tool')
  return isForced || responseFormat !== undefined
}

function isBare({ effort, budgetTokens }: ReasoningRequest): boolean {
  return effort === undefined && budgetTokens === undefined
}
