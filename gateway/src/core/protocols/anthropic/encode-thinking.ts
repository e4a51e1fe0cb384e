// How hard to think, in the form that the model takes: an adaptive thinker with an effort, or a budget of tokens (Anthropic
// guides "Adaptive thinking", "Extended thinking", "Effort").
import type { ChatMessage, ChatRequest, Effort, ReasoningRequest } from '../chat.ts'
import type { ModelTraits } from '../model-traits.ts'
import { budgetOf, effortOf, nearestEffort } from '../reasoning-effort.ts'

/** "budget_tokens: at least 1,024 and less than max_tokens". */
const budgetTokensMin = 1024
/** The rest of the maximum is for the answer itself, which would otherwise end before it begins. */
const budgetShareMax = 0.8

export interface EncodedThinking {
  thinking: object | undefined
  /** Members of `output_config`. */
  config: { effort?: Effort }
  /** The model will think: sampling is fixed then. */
  isOn: boolean
  /** Thinking cannot be switched off for this model. */
  isConstant: boolean
}

export function encodeThinking(
  request: ChatRequest,
  traits: ModelTraits,
  maxTokens: number,
  dropped: Set<string>,
): EncodedThinking {
  const accepted = traits.efforts.filter((effort) => effort !== 'none')
  const isConstant = traits.reasoning === 'adaptive' && traits.thinksAlways === true
  const off: EncodedThinking = { thinking: undefined, config: {}, isOn: isConstant, isConstant }
  const { reasoning } = request
  if (reasoning === undefined) return off
  if (reasoning.effort === 'none' && !isConstant) {
    return traits.reasoning === 'adaptive' ? { ...off, thinking: { type: 'disabled' } } : off
  }
  if (traits.reasoning === 'adaptive') return adaptive(reasoning, accepted, isConstant, request, dropped)
  if (traits.reasoning !== 'budget') return off
  const tokensMax = Math.floor(maxTokens * budgetShareMax)
  if (tokensMax <= budgetTokensMin || isForced(request) || isAmidTools(request.messages)) {
    dropped.add('reasoning')
    return off
  }
  const budget = budgetOf(reasoning, budgetTokensMin, tokensMax)
  return { ...off, thinking: { type: 'enabled', budget_tokens: budget }, isOn: true }
}

function adaptive(
  reasoning: ReasoningRequest,
  accepted: readonly Effort[],
  isConstant: boolean,
  request: ChatRequest,
  dropped: Set<string>,
): EncodedThinking {
  // A bare wish to think leaves the effort to the model.
  const isBare = reasoning.effort === undefined && reasoning.budgetTokens === undefined
  const effort = isBare ? undefined : nearestEffort(effortOf(reasoning), accepted)
  const config = effort === undefined ? {} : { effort }
  if (isForced(request) && !isConstant) {
    dropped.add('reasoning')
    return { thinking: undefined, config, isOn: false, isConstant }
  }
  const display = reasoning.isShown ? 'summarized' : 'omitted'
  return { thinking: { type: 'adaptive', display }, config, isOn: true, isConstant }
}

/** "Thinking may not be enabled when tool_choice forces tool use": the call was insisted on, so the thinking yields. */
function isForced({ toolChoice, tools }: ChatRequest): boolean {
  return tools.length > 0 && (toolChoice?.type === 'required' || toolChoice?.type === 'tool')
}

/**
 * Whether the model is to go on from a tool's result. With a budget its turn must then begin with the signed thoughts that led
 * to the call, and a conversation from another wire has none.
 */
function isAmidTools(messages: readonly ChatMessage[]): boolean {
  const lastTurn = messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1)
  return lastTurn.some(({ content }) => content.some(({ type }) => type === 'tool-result'))
}
