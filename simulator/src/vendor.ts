// What a vendor is to the simulator: names, models, limits and words. The exchange (exchange.ts) asks these
// properties and never a vendor's identity, so adding a wire or a vendor touches only its own folder and
// vendors/catalogue.ts.
import type { IncomingHttpHeaders } from 'node:http'
import type { SimulatedAccount } from './accounts.ts'
import type { AnswerPart, Choice, Finish } from './answer.ts'
import type { Usage } from './ledger.ts'
import type { Problem } from './problem.ts'
import type { CachePolicy } from './prompt-cache.ts'
import type { Prompt } from './prompt.ts'
import type { Random } from './random.ts'
import type { LimitLevels } from './rate-limits.ts'
import type { StoredDocuments } from './stored-documents.ts'
import type { VendorName } from './vendor-name.ts'

export interface Model {
  id: string
  /** Models of one class share the organisation's rate limits. */
  rateClass: string
  contextTokensMax: number
  outputTokensMax: number
}

export interface Reply {
  status: number
  headers: Record<string, string>
  body: string
}

/** What a reply can mention beside its content. */
export interface ReplyContext {
  requestId: string
  /** As it stands in the ledger; some errors are worded by endpoint. */
  endpoint: string
  account: SimulatedAccount | null
  nowMs: number
  processingMs: number
  /** Null until the request has been held against the organisation's limits. */
  levels: LimitLevels | null
}

export interface Answer {
  id: string
  createdAtMs: number
  model: string
  /** Of the first choice, as are `finish` and `stopSequence`: all that wires without several choices need. */
  parts: readonly AnswerPart[]
  finish: Finish
  stopSequence: string | null
  /** At least one. */
  choices: readonly Choice[]
  usage: Usage
  /** A fault: the vendor forgets to report usage. */
  usageMissing: boolean
  random: Random
}

/** One event of a stream as it goes over the wire. */
export interface Frame {
  text: string
  /** Generated for this frame or, where the wire hides them, before it; reasoning included. */
  outputTokens: number
  /** Those of `outputTokens` that were reasoning. */
  reasoningTokens?: number
  /** Leaves in the same write as the next frame, as vendors send their bookkeeping events. */
  joinsNext?: boolean
}

/** A request that passed the vendor's validation and knows how it wants to be answered. */
export interface Generation {
  model: string
  streamed: boolean
  prompt: Prompt
  /** `embedding` is billed for its input only; a `count` is free and outside the limits. An answer when left out. */
  purpose?: 'answer' | 'embedding' | 'count'
  /** Where the wire's ids are not the vendor's usual ones. */
  responseId?(random: Random): string
  /** Called once the answer is generated to its end, before its last byte leaves. */
  completed?(answer: Answer): void
  /** The caller's own cap; null means the model's. */
  outputTokensMax: number | null
  /** Where the model or the request caches otherwise than the vendor usually does. */
  caching?: CachePolicy
  streamContentType: string
  body(answer: Answer): string
  frames(answer: Answer): Iterable<Frame>
  /** An error inside a stream that began with status 200, `eventsBefore` events ago. */
  errorFrame(problem: Problem, context: ReplyContext, eventsBefore: number): string
}

export interface WireRequest {
  headers: IncomingHttpHeaders
  body: unknown
  /** The caller's; '' for a key that the vendor does not know. */
  organisation: string
  /** What that organisation has stored with the vendor. */
  stored: StoredDocuments
}

export type LookUp = { ok: true; body: string } | { ok: false; problem: Problem }

export type Reading = { ok: true; generation: Generation } | { ok: false; problem: Problem }

export type Endpoint =
  | { kind: 'models'; list(models: readonly Model[]): string }
  | { kind: 'model'; id: string; show(model: Model): string }
  /** Something the organisation stored before. */
  | { kind: 'stored'; find(stored: StoredDocuments): LookUp }
  | {
      kind: 'generation'
      /** As it stands in the ledger. */
      name: string
      /** What a fault script takes it for; `generation` when left out. */
      faultsAs?: 'embeddings' | 'count'
      /** Where the wire names the model in the path, it is known before the body is read. */
      pathModel: string | null
      read(request: WireRequest): Reading
      /** Wraps an error body; the one wire that needs it answers arrays. */
      wrapError?(body: string): string
    }

export interface Vendor {
  name: VendorName
  models: readonly Model[]
  /** Whether prefixes are cached by themselves, or only where the caller marked them. */
  caching: CachePolicy
  /** Who shares a prompt cache. */
  cacheScope: 'organisation' | 'workspace'
  /** Which buckets stand behind the account's limits per minute. */
  tokenLimits: 'combined' | 'separate' | 'input-only'
  /** Whether tokens read from the cache count towards the input limit. */
  cacheReadsAreLimited: boolean
  credential(headers: IncomingHttpHeaders, query: URLSearchParams): string | null
  /** What is wrong with the headers of an authenticated request, where the vendor insists on some. */
  headerProblem?(headers: IncomingHttpHeaders): Problem | null
  endpoint(method: string, path: string, query: URLSearchParams): Endpoint | null
  requestId(random: Random): string
  responseId(random: Random): string
  replyHeaders(context: ReplyContext): Record<string, string>
  refuse(problem: Problem, context: ReplyContext): Reply
  /** Errors beyond those of `Problem` that a fault script can ask for by name. */
  namedErrors?: Readonly<Record<string, (context: ReplyContext) => Reply>>
}

export function bearerToken(headers: IncomingHttpHeaders): string | null {
  return /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null
}

export function singleHeader(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null
}
