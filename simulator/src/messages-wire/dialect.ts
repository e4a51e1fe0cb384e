// What is asked of a vendor that speaks the Messages wire: what its models allow, and how strict it is. The wire itself
// (request, answer, stream) is the same for all of them.
import type { IncomingHttpHeaders } from 'node:http'
import { singleHeader } from '../vendor.ts'
import type { Problem } from '../problem.ts'
import type { ReplyContext } from '../vendor.ts'

export type ThinkingType = 'enabled' | 'adaptive' | 'disabled' | 'between_tools'

export interface ModelRules {
  /** Which `thinking.type` values the model takes; anything else is a 400. */
  thinking: ReadonlySet<ThinkingType>
  /** The model does not think, and a wish that it shall changes nothing. */
  ignoresThinking?: boolean
  /** False where temperature, top_p and top_k may only keep their defaults. */
  sampling: boolean
  /** True where temperature and top_p exclude each other. */
  samplingIsExclusive: boolean
  /** Whether a conversation may end with the beginning of the answer. */
  prefill: boolean
  /** Whether tool_choice `any` and `tool` are accepted. */
  forcedTools: boolean
  efforts: ReadonlySet<string>
  structuredOutput: boolean
  /** Whether thinking text is returned when the request does not say; the signature always is. */
  showsThinking: boolean
}

export interface MessagesDialect {
  rules(model: string): ModelRules
  /** Anthropic refuses fields it does not know unless a beta is announced; compatible servers ignore them. */
  refusesExtras: boolean
  /** Whether message_start tells the input tokens. Compatible servers tell them only at the end. */
  tellsInputFirst: boolean
  /** Whether a mark may ask for an hour; elsewhere every mark is one of five minutes. */
  cachesForAnHour: boolean
  errorBody(problem: Problem, context: ReplyContext): object
}

/** What the headers decide: the API version and the betas. */
export interface MessagesTerms {
  /** Version 2026-10-21: fields that 2023-06-01 accepted are refused, and answers name every field. */
  isNewer: boolean
  betas: string
}

const NEWER_VERSION = '2026-10-21'

export function readTerms(headers: IncomingHttpHeaders): MessagesTerms {
  return {
    isNewer: singleHeader(headers['anthropic-version']) === NEWER_VERSION,
    betas: singleHeader(headers['anthropic-beta']) ?? '',
  }
}
