// A client's own Messages request, made ready for native pass-through: the very bytes, but for a model's alias, a lower maximum
// and the thoughts of translated answers, which are spliced. The wire always reports usage, so metering needs nothing.
import { findMember, removeMember, replaceMember, scanObject } from '../json-scan.ts'
import { asRecords, parseRecord, type JsonRecord } from '../lenient-json.ts'
import { NativeStream } from '../native-stream.ts'
import type { AdaptedRequest, RequestChanges, RequestFacts } from '../protocol.ts'
import { createListener } from './listen.ts'
import { stripThinking } from './strip-thinking.ts'

/** "budget_tokens: at least 1,024 and less than max_tokens". */
const budgetTokensMin = 1024

export function adaptRequest(body: Buffer, _facts: RequestFacts, changes: RequestChanges): AdaptedRequest {
  const { model, maxOutputTokens } = changes
  const stripped = stripThinking(body)
  let adapted = stripped.isLoopOpen ? withoutThinkingBudget(stripped.body) : stripped.body
  if (model !== undefined) adapted = replaceMember(adapted, 'model', JSON.stringify(model)) ?? adapted
  if (maxOutputTokens !== undefined) adapted = withMaximum(adapted, maxOutputTokens)
  return { body: adapted, createTransform: () => new NativeStream(createListener()) }
}

/** A budget that no longer fits below the maximum would be refused: it is lowered with it. */
function withMaximum(body: Buffer, maxTokens: number): Buffer {
  const lowered = replaceMember(body, 'max_tokens', String(maxTokens)) ?? body
  const thinking = thinkingWithBudget(lowered)
  if (thinking === undefined || Number(thinking['budget_tokens']) < maxTokens) return lowered
  if (maxTokens <= budgetTokensMin) return withoutThinkingBudget(lowered)
  return replaceMember(lowered, 'thinking', JSON.stringify({ ...thinking, budget_tokens: maxTokens - 1 })) ?? lowered
}

/**
 * With a budget, a turn that goes on from a tool's result must begin with the vendor's own thoughts; where another vendor
 * has begun it there are none, and it is finished without thinking. Models that decide for themselves demand nothing.
 */
function withoutThinkingBudget(body: Buffer): Buffer {
  if (thinkingWithBudget(body) === undefined) return body
  const plain = replaceMember(body, 'thinking', '{"type":"disabled"}') ?? body
  const edits = asRecords(memberOf(plain, 'context_management')?.['edits'])
  // Clearing thoughts is refused where there is no thinking.
  const clears = edits.some(({ type }) => typeof type === 'string' && type.startsWith('clear_thinking'))
  return clears ? (removeMember(plain, 'context_management') ?? plain) : plain
}

function thinkingWithBudget(body: Buffer): JsonRecord | undefined {
  const thinking = memberOf(body, 'thinking')
  return thinking?.['type'] === 'enabled' ? thinking : undefined
}

function memberOf(body: Buffer, key: string): JsonRecord | undefined {
  const scan = scanObject(body)
  const member = scan && findMember(scan, key)
  return member && parseRecord(body, member.valueStart, member.valueEnd)
}
