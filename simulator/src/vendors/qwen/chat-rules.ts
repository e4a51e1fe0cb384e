// What DashScope's Chat Completions refuses that the wire allows, and how it caches: explicitly where the caller marks
// content with `cache_control`, else by itself, never both (Model Studio, "Context cache").
import type { PartRules } from '../../chat-wire/chat-messages.ts'
import type { ChatRequest } from '../../chat-wire/chat-request.ts'
import { findRefuse } from '../../directives.ts'
import type { JsonRecord } from '../../json.ts'
import { isRecord, parseJson } from '../../json.ts'
import type { Problem } from '../../problem.ts'
import type { CacheLife, Prompt } from '../../prompt.ts'
import { algorithmRefusal, dataInspection } from './errors.ts'
import { embeddingWidths } from './models.ts'
import { findThinkingProblem } from './thinking.ts'

/** API reference, `n`: 1 to 4, and only 1 beside tools. */
const CHOICES_MAX = 4

/**
 * A picture costs (height × width) / (28 × 28) + 2 tokens; without looking at its size it is taken for one of 1024 × 1024
 * (Model Studio, "Visual understanding").
 */
const IMAGE_TOKENS = 1371

export const QWEN_PARTS: PartRules = {
  imageTokens: () => IMAGE_TOKENS,
  cacheLife: explicitLife,
}

export function explicitLife({ cache_control: control }: JsonRecord): CacheLife | null {
  return isRecord(control) && control['type'] === 'ephemeral' ? '5m' : null
}

export function isCachedExplicitly({ blocks }: Prompt): boolean {
  return blocks.some(({ cacheFor }) => cacheFor !== null)
}

export function findChatProblem({ model, prompt, fields }: ChatRequest): Problem | null {
  if (embeddingWidths(model) !== null) {
    return { kind: 'unknown-model', model, method: '' }
  }
  const { choices = 1, tools = [] } = prompt
  if (choices > CHOICES_MAX || (choices > 1 && tools.length > 0)) {
    return algorithmRefusal(`Range of n should be [1, ${tools.length > 0 ? 1 : CHOICES_MAX}]`)
  }
  return (
    findArgumentsProblem(fields['messages'] as readonly JsonRecord[]) ??
    findThinkingProblem(model, fields) ??
    (findRefuse(prompt) ? dataInspection('Input data may contain inappropriate content.') : null)
  )
}

/** Calls that come back must carry the JSON that the model once wrote. */
function findArgumentsProblem(messages: readonly JsonRecord[]): Problem | null {
  for (const { tool_calls: calls } of messages) {
    for (const call of Array.isArray(calls) ? calls : []) {
      const called: unknown = isRecord(call) ? call['function'] : null
      if (isRecord(called) && parseJson(String(called['arguments'])) === null) {
        return algorithmRefusal('The "function.arguments" parameter of the code model must be in JSON format.')
      }
    }
  }
  return null
}
