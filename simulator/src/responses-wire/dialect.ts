// What is asked of a vendor that speaks the Responses wire: what its models allow, its ids and words, and what its
// documents carry besides. The wire itself (items, events, stored responses) is the same for all of them.
import type { IncomingHttpHeaders } from 'node:http'
import type { Complaints } from '../chat-wire/complaints.ts'
import type { JsonRecord } from '../json.ts'
import type { Problem } from '../problem.ts'
import type { CachePolicy } from '../prompt-cache.ts'
import type { CacheLife, Prompt } from '../prompt.ts'
import type { Random } from '../random.ts'
import type { Answer, ReplyContext } from '../vendor.ts'

export interface ResponsesDialect {
  complaints: Complaints
  defaultModel: string
  /** The least `max_output_tokens` the vendor takes. */
  outputTokensMin: number
  /** What the model does not take though the wire has it. */
  findModelProblem(request: JsonRecord, model: string): Problem | null
  /** Null where the model cannot think, or was told not to. */
  thinking(request: JsonRecord, model: string): Prompt['thinking'] | null
  caching(request: JsonRecord, model: string, headers: IncomingHttpHeaders): CachePolicy
  cacheLife(part: JsonRecord): CacheLife | null
  imageTokens(detail: unknown): number
  responseId(random: Random): string
  /** `prefix` is the item's kind, such as `msg`. */
  itemId(prefix: string, random: Random): string
  hasObfuscation: boolean
  /** Whether reasoning is told without being asked for. */
  alwaysSummarises: boolean
  usage(answer: Answer): object
  /** Fields of a response that only this vendor has, or has otherwise. */
  extraFields(request: JsonRecord, model: string): object
  /** Whether messages say if they are the last word (`phase`). */
  hasPhases(model: string): boolean
  /** `code` and `message`, as they stand in `response.error`. */
  failure(problem: Problem, context: ReplyContext): { code: string; message: string }
  /** The `error` of an error event. */
  errorBody(problem: Problem, context: ReplyContext): object
}

/** A valid request with everything that its answer has to repeat. */
export interface ResponsesRequest {
  model: string
  streamed: boolean
  outputTokensMax: number | null
  prompt: Prompt
  tools: ReadonlyMap<string, CallShape>
  /** The whole conversation so far as items, for a response that is continued. */
  conversation: readonly JsonRecord[]
  /** This request's own items. */
  input: readonly JsonRecord[]
  wantsSummary: boolean
  wantsEncrypted: boolean
  isStored: boolean
  /** Reasoning of another organisation, which is left out of the prompt (`input_transformations`). */
  removedReasoning: readonly string[]
  organisation: string
  fields: JsonRecord
}

/** How a call of a tool is written. */
export interface CallShape {
  kind: 'function' | 'custom'
  namespace: string | null
}
