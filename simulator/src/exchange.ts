// One request as far as it has come, and the three ways it can end without an answer of its own: reply, refusal, entry
// in the books. serve.ts tells the story; fault-effects.ts ends it in unpleasant ways.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SimulatedAccount } from './accounts.ts'
import type { Admission } from './admission.ts'
import { findTag } from './directives.ts'
import type { Fault } from './fault-script.ts'
import type { Outcome, Usage } from './ledger.ts'
import { NO_USAGE } from './ledger.ts'
import type { Problem } from './problem.ts'
import type { Random } from './random.ts'
import { createRandom } from './random.ts'
import type { SimulatorState } from './state.ts'
import type { Generation, Reply, ReplyContext, Vendor } from './vendor.ts'

export interface Arrival {
  state: SimulatorState
  vendor: Vendor
  request: IncomingMessage
  response: ServerResponse
  method: string
  /** Without the vendor's prefix and without the query. */
  path: string
  query: URLSearchParams
  /** Aborts when the client leaves before the answer is complete. */
  gone: AbortSignal
}

export interface Exchange extends Arrival {
  startedAtMs: number
  requestId: string
  responseId: string
  key: string | null
  account: SimulatedAccount | null
  fault: Fault | null
  /** Draws the ids of this exchange. */
  random: Random
  /** The endpoint's name in the ledger. */
  endpoint: string
  model: string | undefined
  generation: Generation | null
  admission: Admission | null
  /** Wraps error bodies on the wire that needs it. */
  wrapError(body: string): string
}

export function openExchange(arrival: Arrival): Exchange {
  const { state, vendor, request, query } = arrival
  // Ids differ from exchange to exchange and from run to run, as a vendor's do: books of two runs can be merged.
  const random = createRandom(state.seed, 'exchange', state.startedAtMs, state.nextExchange())
  const key = vendor.credential(request.headers, query)
  return {
    ...arrival,
    startedAtMs: state.clock.now(),
    requestId: vendor.requestId(random),
    responseId: vendor.responseId(random),
    key,
    account: key === null ? null : state.accounts.find(vendor.name, key),
    fault: null,
    random,
    endpoint: '',
    model: undefined,
    generation: null,
    admission: null,
    wrapError: (body) => body,
  }
}

export function replyContext(exchange: Exchange): ReplyContext {
  const nowMs = exchange.state.clock.now()
  return {
    requestId: exchange.requestId,
    endpoint: exchange.endpoint,
    account: exchange.account,
    nowMs,
    processingMs: Math.round(nowMs - exchange.startedAtMs),
    levels: exchange.admission?.levels() ?? null,
  }
}

/** `status` overrides the vendor's own, where a fault script asks for one in particular. */
export function refuse(exchange: Exchange, problem: Problem, status?: number): void {
  const reply = exchange.vendor.refuse(problem, replyContext(exchange))
  respond(exchange, { ...reply, status: status ?? reply.status, body: exchange.wrapError(reply.body) })
}

export function respond(exchange: Exchange, reply: Reply): void {
  const { response, vendor, request } = exchange
  if (reply.status >= 400) bill(exchange, reply.status, 'error', null)
  const bytes = Buffer.from(reply.body)
  response.writeHead(reply.status, {
    ...vendor.replyHeaders(replyContext(exchange)),
    ...reply.headers,
    'content-length': bytes.length,
    // A body that was not read to its end would be taken for the next request.
    ...(request.complete ? {} : { connection: 'close' }),
  })
  response.end(bytes)
}

/**
 * Writes the request into the books. `outputTokens` null: the vendor had not begun to answer, and nobody pays. Once it
 * has, the input is billed in full and the output as far as it was generated. Listing models is not booked.
 */
export function bill(
  exchange: Exchange,
  status: number,
  outcome: Outcome,
  outputTokens: number | null,
  reasoningTokens = 0,
): void {
  const { state, vendor, account, generation, admission, fault } = exchange
  if (exchange.method !== 'POST') return
  const tag = generation === null ? null : findTag(generation.prompt)
  // A count is free of charge, and its answer is not of the class that bills are made of.
  const begun = generation?.purpose === 'count' ? null : outputTokens
  const usage: Usage = { ...(begun === null || admission === null ? NO_USAGE : admission.usage) }
  usage.output = begun ?? 0
  usage.reasoning = Math.min(reasoningTokens, usage.output)
  if (outputTokens !== null) admission?.takeOutput(outputTokens)
  state.ledger.write({
    vendor: vendor.name,
    keyLast4: exchange.key?.slice(-4) ?? '',
    account: account?.name ?? account?.organisation ?? '',
    organisation: account?.organisation ?? '',
    ...(account?.workspace === undefined ? {} : { workspace: account.workspace }),
    endpoint: exchange.endpoint,
    model: exchange.model ?? '',
    responseId: outputTokens === null ? '' : exchange.responseId,
    requestId: exchange.requestId,
    status,
    streamed: generation?.streamed ?? false,
    ...(tag === null ? {} : { tag }),
    ...(fault === null ? {} : { fault: fault.kind }),
    usage,
    outcome,
    billed: begun !== null,
    startedAt: exchange.startedAtMs,
    endedAt: state.clock.now(),
  })
}
