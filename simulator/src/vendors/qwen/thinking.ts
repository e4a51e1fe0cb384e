// When Qwen models think, and what they refuse while they do (Model Studio, "Deep thinking"): `enable_thinking` and
// `thinking_budget` on Chat, `reasoning.effort` on Responses. Thoughts do not count towards the output cap.
import type { JsonRecord } from '../../json.ts'
import { isRecord } from '../../json.ts'
import type { Problem } from '../../problem.ts'
import type { Thinking } from '../../prompt.ts'
import { algorithmRefusal } from './errors.ts'
import { abilitiesOf } from './models.ts'

/** Null where the model cannot think or was told not to. */
export function thinkingOf(
  model: string,
  { enable_thinking: asked, thinking_budget: budget }: JsonRecord,
): Thinking | null {
  const { thinking, thinkingTokensMax } = abilitiesOf(model)
  const isOn = thinking === 'always' || (thinking !== 'never' && (asked ?? thinking === 'switched on') === true)
  if (!isOn) return null
  const tokensMax = typeof budget === 'number' ? Math.min(budget, thinkingTokensMax) : thinkingTokensMax
  return { wanted: true, tokensMax, isBesideCap: true }
}

/** The Responses wire has an effort instead of a switch; `enable_thinking` is read there too. */
export function responsesThinking(model: string, request: JsonRecord): Thinking | null {
  const { reasoning } = request
  const effort = isRecord(reasoning) ? (reasoning['effort'] ?? null) : null
  if (effort === null) return thinkingOf(model, request)
  return thinkingOf(model, { ...request, enable_thinking: effort !== 'none' && effort !== 'minimal' })
}

export function findThinkingProblem(model: string, request: JsonRecord): Problem | null {
  if (thinkingOf(model, request) === null) return null
  const { tool_choice: choice, response_format: format, stream } = request
  if (stream !== true && abilitiesOf(model).thinksOnlyStreamed) {
    return algorithmRefusal('parameter.enable_thinking must be set to false for non-streaming calls')
  }
  if (choice === 'required' || isRecord(choice)) {
    const words = 'The tool_choice parameter does not support being set to required or object in thinking mode'
    return algorithmRefusal(words)
  }
  if (isRecord(format) && format['type'] === 'json_object') {
    return algorithmRefusal('Json mode response is not supported when enable_thinking is true')
  }
  return null
}
